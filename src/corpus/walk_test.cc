// Which files are tests (rule 1 of docs/rooms/corpus.md).
#include "corpus/walk.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "corpus/testing/corpus_fixture.h"

namespace ward::corpus {
namespace {

using testing::CorpusTest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class WalkTest : public CorpusTest {
 protected:
  std::vector<std::string> found() {
    const auto out = find_json_files(files_, directory_);
    EXPECT_TRUE(out.ok());
    std::vector<std::string> paths;
    for (const FoundFile& each : *out) {
      paths.push_back(each.path + (each.error ? ": " + each.error->message() : ""));
    }
    return paths;
  }
};

TEST_F(WalkTest, PathsComeInTheOrderOfTheirBytes) {
  for (const char* name : {"b.json", "B.json", "a/z.json", "a.json", "a-b/x.json", "10.json",
                           "9.json", "\xc3\xa9.json", "z/y/x.json"}) {
    write(name, "{}");
  }
  EXPECT_THAT(found(), ElementsAre("10.json", "9.json", "B.json", "a-b/x.json", "a.json",
                                   "a/z.json", "b.json", "z/y/x.json", "\xc3\xa9.json"));
}

TEST_F(WalkTest, OtherNamesAreNoCandidates) {
  for (const char* name : {"a.entities.json", "b.JSON", "c.json.bak", "djson", "e.cedar"}) {
    write(name, "{");
  }
  EXPECT_THAT(found(), ElementsAre());
}

TEST_F(WalkTest, LinksAreNotFollowed) {
  write("real/a.json", "{}");
  std::filesystem::create_directory_symlink(path("real"), path("linked"));
  std::filesystem::create_directory_symlink(path("."), path("real/loop"));
  std::filesystem::create_symlink(path("real/a.json"), path("b.json"));
  EXPECT_THAT(found(), ElementsAre("real/a.json"));
}

TEST_F(WalkTest, TheDirectoryItselfMayBeALink) {
  write("real/a.json", "{}");
  std::filesystem::create_directory_symlink(path("real"), path("linked"));
  const auto out = find_json_files(files_, path("linked"));
  ASSERT_TRUE(out.ok()) << out.error().text();
  EXPECT_EQ(out->size(), 1u);
}

TEST_F(WalkTest, WhatCannotBeReadIsNotPassedOver) {
  write("closed/a.json", "{}");
  files_.paths.insert(path("closed"));
  ASSERT_EQ(::mkfifo(path("pipe.json").c_str(), 0600), 0);
  std::filesystem::create_directory(path("folder.json"));
  EXPECT_THAT(found(),
              ElementsAre(HasSubstr("closed: list"), "pipe.json: expected a regular file"));
}

TEST_F(WalkTest, ADirectoryThatCannotBeListedIsAnError) {
  EXPECT_EQ(find_json_files(files_, path("nope")).error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(find_json_files(files_, path("p.cedar")).ok());
}

}  // namespace
}  // namespace ward::corpus
