#include "os/file_identity.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "os/file_io.h"

namespace ward::os {
namespace {

namespace fs = std::filesystem;

class FileIdentityTest : public ::testing::Test {
 protected:
  FileIdentityTest() {
    std::string name = fs::temp_directory_path() / "ward_identity_XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~FileIdentityTest() override { fs::remove_all(directory_); }
  Fd create(const std::string& name) {
    return open_file(directory_ / name, O_RDWR | O_CREAT, 0600).value();
  }

  fs::path directory_;
};

TEST_F(FileIdentityTest, PathAndDescriptorOfOneFileAgree) {
  const Fd file = create("a");
  EXPECT_EQ(identify_file(file).value(), identify_file(directory_ / "a").value());
  fs::create_symlink(directory_ / "a", directory_ / "link");
  EXPECT_EQ(identify_file(file).value(), identify_file(directory_ / "link").value());
}

TEST_F(FileIdentityTest, OpenFileKnowsItsPathAndThatItIsGone) {
  const Fd file = create("a");
  EXPECT_EQ(path_of(file).value(), fs::canonical(directory_ / "a"));
  fs::rename(directory_ / "a", directory_ / "b");
  EXPECT_EQ(path_of(file).value(), fs::canonical(directory_ / "b"));
  const std::string gone = fs::canonical(directory_ / "b").string() + " (deleted)";
  fs::remove(directory_ / "b");
  EXPECT_EQ(path_of(file).value(), gone);
  EXPECT_EQ(read_link(directory_ / "b").error().code(), ErrorCode::kNotFound);
}

TEST_F(FileIdentityTest, FileOfTheSameNameAndContentIsAnother) {
  const Fd old = create("a");
  fs::remove(directory_ / "a");
  const Fd file = create("a");
  EXPECT_FALSE(identify_file(old).value().is_same_file(identify_file(file).value()));
}

TEST_F(FileIdentityTest, WriteOfTheSameSizeWithTheOldTimesIsSeen) {
  const Fd file = create("a");
  ASSERT_TRUE(write_all(file.get(), as_bytes("one"), "a").ok());
  const FileIdentity before = identify_file(file).value();
  const auto modified = fs::last_write_time(directory_ / "a");
  FileIdentity after = before;
  // The clock of the file system may tick as rarely as 100 times a second.
  for (int i = 0; i < 10'000 && after.changed_ns == before.changed_ns; ++i) {
    ASSERT_TRUE(write_all_at(file.get(), 0, as_bytes("two"), "a").ok());
    fs::last_write_time(directory_ / "a", modified);
    after = identify_file(file).value();
  }
  EXPECT_NE(before, after);
  EXPECT_TRUE(before.is_same_file(after));
}

TEST_F(FileIdentityTest, NoFileIsNotFound) {
  const auto missing = identify_file(directory_ / "missing");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace ward::os
