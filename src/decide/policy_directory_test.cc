#include "decide/policy_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "os/testing/memory_file_system.h"

namespace ward::decide {
namespace {

using testing::HasSubstr;

class PolicyDirectoryTest : public testing::Test {
 protected:
  PolicyDirectoryTest() { EXPECT_TRUE(files_.create_directory("/p", 0700).ok()); }
  void write(const std::string& name, std::string_view text) {
    EXPECT_TRUE(files_.write_file("/p/" + name, as_bytes(text), 0600).ok());
  }
  std::string error() {
    const auto read = read_policy_directory(files_, "/p");
    return read.ok() ? "" : read.error().text();
  }
  os::testing::MemoryFileSystem files_;
};

TEST_F(PolicyDirectoryTest, FilesComeSortedAndDotFilesDoNot) {
  write("b.cedar", "b");
  write("a.test.json", "a");
  write("actions.json", "[]");
  write("c.cedarschema", "");
  write(".b.cedar.swp", "x");
  const auto read = read_policy_directory(files_, "/p");
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(
      *read,
      (std::vector<world::PolicyFile>{
          {"a.test.json", "a"}, {"actions.json", "[]"}, {"b.cedar", "b"}, {"c.cedarschema", ""}}));
}

TEST_F(PolicyDirectoryTest, AMisspeltNameIsNotPassedOver) {
  write("forbids.ceder", "forbid(principal, action, resource);");
  EXPECT_THAT(error(), HasSubstr("forbids.ceder"));
}

TEST_F(PolicyDirectoryTest, BytesThatAreNoTextAreRefused) {
  write("a.cedar", "\xff");
  EXPECT_THAT(error(), HasSubstr("UTF-8"));
}

TEST_F(PolicyDirectoryTest, AnAbsentDirectoryIsAnErrorAndNoEmptySet) {
  EXPECT_FALSE(read_policy_directory(files_, "/nowhere").ok());
}

TEST_F(PolicyDirectoryTest, AllTogetherHaveABound) {
  const std::string text(3'500'000, ' ');
  for (const char* name : {"a.cedar", "b.cedar", "c.cedar", "d.cedar"}) write(name, text);
  EXPECT_TRUE(read_policy_directory(files_, "/p").ok());
  write("e.cedar", text);
  EXPECT_THAT(error(), HasSubstr("resource_exhausted"));
}

}  // namespace
}  // namespace ward::decide
