// One suite for both file systems, so that what holds in a fault test holds on the disk.
#include "os/file_system.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "os/testing/memory_file_system.h"

namespace ward::os {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = ::testing::TempDir() + "ward-os-XXXXXX";
    WARD_CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class FileSystemTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) {
      files_ = std::make_unique<SystemFileSystem>();
      root_ = directory_.path();
    } else {
      files_ = std::make_unique<testing::MemoryFileSystem>();
      root_ = "/state";
      ASSERT_TRUE(files_->create_directory(root_, 0700).ok());
    }
  }

  std::string at(const std::string& name) const { return root_ + "/" + name; }

  TemporaryDirectory directory_;
  std::unique_ptr<FileSystem> files_;
  std::string root_;
};

INSTANTIATE_TEST_SUITE_P(Both, FileSystemTest, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "System" : "Memory"; });

TEST_P(FileSystemTest, ALazyFileIsReadAtOnceAndReplacesAnother) {
  ASSERT_TRUE(files_->write_file_lazily(at("tile"), as_bytes("first"), 0600).ok());
  ASSERT_TRUE(files_->write_file_lazily(at("tile"), as_bytes("second"), 0640).ok());
  EXPECT_EQ(as_text(*files_->read_file(at("tile"), 100)), "second");
  EXPECT_EQ((*files_->status(at("tile")))->mode, mode_t{0640});
  EXPECT_TRUE(files_->sync_all(root_).ok());
  EXPECT_EQ(files_->write_file_lazily(at("none/tile"), {}, 0600).error().code(),
            ErrorCode::kNotFound);
  EXPECT_FALSE(files_->sync_all(at("none")).ok());
  EXPECT_THAT(*files_->list_directory(root_, 10), ElementsAre("tile"));
}

TEST_P(FileSystemTest, WritesLazilyWithTheModeWhateverTheUmask) {
  const mode_t before = ::umask(077);
  EXPECT_TRUE(files_->write_file_lazily(at("new"), as_bytes("first"), 0640).ok());
  EXPECT_TRUE(files_->write_file_lazily(at("new"), as_bytes("second"), 0644).ok());
  EXPECT_TRUE(files_->write_file_lazily(at("other"), as_bytes("x"), 0640).ok());
  ::umask(before);
  EXPECT_EQ((*files_->status(at("new")))->mode, mode_t{0644});
  EXPECT_EQ((*files_->status(at("other")))->mode, mode_t{0640});
  // A name that is taken by no file is not written through.
  ASSERT_TRUE(files_->create_directory(at("folder"), 0700).ok());
  EXPECT_FALSE(files_->write_file_lazily(at("folder"), as_bytes("x"), 0640).ok());
  EXPECT_THAT(*files_->list_directory(root_, 10), ElementsAre("folder", "new", "other"));
}

TEST_P(FileSystemTest, WritesWholeFilesWithTheModeAndReplacesThem) {
  ASSERT_TRUE(files_->write_file(at("key"), as_bytes("one"), 0640).ok());
  ASSERT_TRUE(files_->write_file(at("key"), as_bytes("second"), 0600).ok());
  EXPECT_EQ(files_->read_file(at("key"), 6).value(), to_bytes("second"));
  const FileStatus status = files_->status(at("key")).value().value();
  EXPECT_EQ(status.kind, FileKind::kRegular);
  EXPECT_EQ(status.mode, mode_t{0600});
  EXPECT_EQ(status.size, 6U);
  EXPECT_THAT(files_->list_directory(root_, 10).value(), ElementsAre("key"));
}

TEST_P(FileSystemTest, ReadsNoMoreThanTheBound) {
  ASSERT_TRUE(files_->write_file(at("f"), as_bytes("12345"), 0600).ok());
  const auto read = files_->read_file(at("f"), 4);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_THAT(read.error().message(), HasSubstr(at("f")));
  EXPECT_EQ(files_->read_range(at("f"), 1, 3).value(), to_bytes("234"));
  EXPECT_EQ(files_->read_range(at("f"), 3, 9).value(), to_bytes("45"));
  EXPECT_TRUE(files_->read_range(at("f"), 9, 9).value().empty());
}

TEST_P(FileSystemTest, NamesThePathOfWhatIsMissing) {
  const auto read = files_->read_file(at("none"), 10);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error(),
            make_error(ErrorCode::kNotFound, "open `{}`: no such file or directory", at("none")));
  EXPECT_EQ(files_->status(at("none")).value(), std::nullopt);
  EXPECT_EQ(files_->remove(at("none")).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_->write_file(at("no/such"), as_bytes("x"), 0600).error().code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(files_->rename(at("none"), at("x")).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_->list_directory(at("none"), 1).error().code(), ErrorCode::kNotFound);
}

TEST_P(FileSystemTest, AppendsCarryOnAfterReopening) {
  {
    auto file = files_->open_append(at("log"), 0600).value();
    ASSERT_TRUE(file->append(as_bytes("abc")).ok());
    ASSERT_TRUE(file->append(as_bytes("def")).ok());
    ASSERT_TRUE(file->sync().ok());
    EXPECT_EQ(file->size(), 6U);
  }
  auto file = files_->open_append(at("log"), 0600).value();
  EXPECT_EQ(file->size(), 6U);
  ASSERT_TRUE(file->truncate(4).ok());
  ASSERT_TRUE(file->append(as_bytes("X")).ok());
  EXPECT_EQ(files_->read_file(at("log"), 100).value(), to_bytes("abcdX"));
}

TEST_P(FileSystemTest, DirectoriesAreMadeOnceAndListedSortedWithinTheBound) {
  ASSERT_TRUE(files_->create_directory(at("d"), 0700).ok());
  ASSERT_TRUE(files_->create_directory(at("d"), 0700).ok());
  EXPECT_EQ(files_->status(at("d")).value()->mode, mode_t{0700});
  for (const std::string name : {"b", "c", "a"}) {
    ASSERT_TRUE(files_->write_file(at("d/" + name), {}, 0600).ok());
  }
  EXPECT_THAT(files_->list_directory(at("d"), 3).value(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(files_->list_directory(at("d"), 2).error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(files_->remove(at("d")).error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(files_->create_directory(at("d/a"), 0700).error().code(), ErrorCode::kAlreadyExists);
  ASSERT_TRUE(files_->rename(at("d/a"), at("d/b")).ok());
  ASSERT_TRUE(files_->sync_directory(at("d")).ok());
  EXPECT_THAT(files_->list_directory(at("d"), 3).value(), ElementsAre("b", "c"));
}

TEST_P(FileSystemTest, ALockHasOneHolder) {
  auto first = files_->lock(at("lock"));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(files_->lock(at("lock")).error(),
            make_error(ErrorCode::kUnavailable, "another process holds `{}`", at("lock")));
  first->reset();
  EXPECT_TRUE(files_->lock(at("lock")).ok());
}

TEST_P(FileSystemTest, PrivateFilesMustHaveAPrivateMode) {
  ASSERT_TRUE(files_->write_file(at("key"), as_bytes("secret"), 0600).ok());
  EXPECT_EQ(as_text(files_->read_private_file(at("key"), 6).value().view()), "secret");
  EXPECT_EQ(files_->read_private_file(at("key"), 5).error().code(), ErrorCode::kResourceExhausted);
  for (const mode_t mode : {0640U, 0604U, 0644U, 0610U, 0602U}) {
    ASSERT_TRUE(files_->write_file(at("key"), as_bytes("secret"), mode).ok());
    const auto read = files_->read_private_file(at("key"), 6);
    ASSERT_FALSE(read.ok()) << std::oct << mode;
    EXPECT_EQ(read.error().code(), ErrorCode::kPermissionDenied);
    EXPECT_THAT(read.error().message(),
                HasSubstr(fmt::format("expected mode 0600 or stricter, got {:04o}", mode)));
  }
  EXPECT_EQ(files_->read_private_file(root_, 6).error().code(), ErrorCode::kFailedPrecondition);
}

TEST(CheckPrivate, RefusesAnotherOwnerButRoot) {
  const FileStatus foreign{.kind = FileKind::kRegular, .size = 1, .mode = 0600, .uid = 1001};
  EXPECT_EQ(check_private("k", foreign, 1000).error().code(), ErrorCode::kPermissionDenied);
  EXPECT_TRUE(check_private("k", foreign, 1001).ok());
  const FileStatus roots{.kind = FileKind::kRegular, .size = 1, .mode = 0400, .uid = 0};
  EXPECT_TRUE(check_private("k", roots, 1000).ok());
}

TEST(ParentDirectory, IsThePathBeforeTheLastSlash) {
  EXPECT_EQ(parent_directory("a/b/c"), "a/b");
  EXPECT_EQ(parent_directory("c"), ".");
  EXPECT_EQ(parent_directory("/c"), "/");
}

TEST(FileSystem, ATemporaryNameIsTold) {
  EXPECT_EQ(final_path_of_temporary("a/b.tmp-123"), "a/b");
  EXPECT_EQ(final_path_of_temporary("a.tmp-1.tmp-2"), "a.tmp-1");
  for (const std::string_view path : {"a/b", "a.tmp-", "a.tmp-1x", "a.tmp-1/b", "a.tmp1"})
    EXPECT_FALSE(final_path_of_temporary(path)) << path;
}

// A tmpfs of the given options, where this process may mount one.
class SmallDisk {
 public:
  explicit SmallDisk(const char* options)
      : is_mounted_(::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, options) == 0) {}
  ~SmallDisk() {
    if (is_mounted_) ::umount(directory_.path().c_str());
  }
  bool is_mounted() const { return is_mounted_; }
  const std::string& path() const { return directory_.path(); }

 private:
  TemporaryDirectory directory_;
  bool is_mounted_;
};

TEST(SystemFileSystem, AFullDiskIsAClearErrorAndLosesNothing) {
  const SmallDisk disk("size=64k");
  if (!disk.is_mounted()) GTEST_SKIP() << "may not mount a tmpfs";
  SystemFileSystem files;
  ASSERT_TRUE(files.write_file(disk.path() + "/kept", as_bytes("kept"), 0600).ok());
  auto log = files.open_append(disk.path() + "/log", 0600).value();
  ASSERT_TRUE(log->append(Bytes(10'000, 'a')).ok());
  const auto full = log->append(Bytes(1'000'000, 'b'));
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error(), make_error(ErrorCode::kResourceExhausted,
                                     "write `{}/log`: no space left on device", disk.path()));
  EXPECT_EQ(log->size(), 10'000U);
  EXPECT_EQ(files.read_file(disk.path() + "/log", 1 << 20).value(), Bytes(10'000, 'a'));
  ASSERT_TRUE(log->append(as_bytes("c")).ok());
  const auto replaced = files.write_file(disk.path() + "/kept", Bytes(1'000'000, 'x'), 0600);
  EXPECT_EQ(replaced.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(files.read_file(disk.path() + "/kept", 10).value(), to_bytes("kept"));
  EXPECT_THAT(files.list_directory(disk.path(), 10).value(), ElementsAre("kept", "log"));
}

TEST(SystemFileSystem, AReadOnlyDiskIsAClearError) {
  const SmallDisk disk("size=64k");
  if (!disk.is_mounted()) GTEST_SKIP() << "may not mount a tmpfs";
  SystemFileSystem files;
  ASSERT_TRUE(files.write_file(disk.path() + "/f", as_bytes("x"), 0600).ok());
  ASSERT_EQ(::mount("", disk.path().c_str(), "", MS_REMOUNT | MS_RDONLY, nullptr), 0);
  const auto written = files.write_file(disk.path() + "/f", as_bytes("y"), 0600);
  EXPECT_EQ(written.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(written.error().message(), HasSubstr("read-only file system"));
  EXPECT_EQ(files.open_append(disk.path() + "/f", 0600).error().code(),
            ErrorCode::kFailedPrecondition);
  EXPECT_EQ(files.read_file(disk.path() + "/f", 1).value(), to_bytes("x"));
}

TEST(SystemFileSystem, KeyFilesThatAreNoFilesDoNotBlock) {
  const TemporaryDirectory directory;
  ASSERT_EQ(::mkfifo((directory.path() + "/fifo").c_str(), 0600), 0);
  const SystemFileSystem files;
  EXPECT_EQ(files.read_private_file(directory.path() + "/fifo", 10).error().code(),
            ErrorCode::kFailedPrecondition);
}

TEST(SystemFileSystem, ModesAreExactWhateverTheUmask) {
  const TemporaryDirectory directory;
  SystemFileSystem files;
  const mode_t before = ::umask(0077);
  ASSERT_TRUE(files.write_file(directory.path() + "/f", {}, 0644).ok());
  ASSERT_TRUE(files.create_directory(directory.path() + "/d", 0755).ok());
  ::umask(before);
  EXPECT_EQ(files.status(directory.path() + "/f").value()->mode, mode_t{0644});
  EXPECT_EQ(files.status(directory.path() + "/d").value()->mode, mode_t{0755});
}

TEST(SystemFileSystem, SeesALinkAsALink) {
  const TemporaryDirectory directory;
  ASSERT_EQ(::symlink("/nowhere", (directory.path() + "/l").c_str()), 0);
  const SystemFileSystem files;
  EXPECT_EQ(files.status(directory.path() + "/l").value()->kind, FileKind::kSymlink);
}

}  // namespace
}  // namespace ward::os
