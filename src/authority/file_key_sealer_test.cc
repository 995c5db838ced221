#include "authority/file_key_sealer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <thread>

#include "authority/testing/key_sealer_suite.h"
#include "os/testing/memory_file_system.h"

namespace ward::authority {
namespace {

namespace fs = std::filesystem;
using os::testing::FileOperation;
using os::testing::MemoryFileSystem;

// Keys in memory.
class FileMaker {
 public:
  FileMaker()
      : sealer_(FileKeySealer::open(files_, "kek", random_).value()),
        other_(FileKeySealer::open(files_, "other", random_).value()) {}
  const KeySealer& sealer() { return *sealer_; }
  const KeySealer& other_sealer() { return *other_; }

 private:
  MemoryFileSystem files_;
  SeededRandom random_{1};
  std::unique_ptr<FileKeySealer> sealer_;
  std::unique_ptr<FileKeySealer> other_;
};

using namespace ward::authority::testing;  // the macro names what the suite declared
INSTANTIATE_TYPED_TEST_SUITE_P(File, KeySealerSuite, FileMaker);

// A real directory of mode 0700, removed at the end.
class FileKeySealerOnDisk : public ::testing::Test {
 protected:
  FileKeySealerOnDisk() {
    std::string name = fs::temp_directory_path() / "ward_sealer_XXXXXX";
    directory_ = ::mkdtemp(name.data());
    path_ = directory_ / "kek";
  }
  ~FileKeySealerOnDisk() override { fs::remove_all(directory_); }

  Result<std::unique_ptr<FileKeySealer>> open() {
    return FileKeySealer::open(files_, path_, random_);
  }
  ErrorCode open_error() {
    const auto opened = open();
    EXPECT_FALSE(opened.ok());
    return opened.ok() ? ErrorCode::kUnknown : opened.error().code();
  }

  os::SystemFileSystem files_;
  SeededRandom random_{7};
  fs::path directory_;
  fs::path path_;
};

TEST_F(FileKeySealerOnDisk, MakesAPrivateKeyOnceAndReadsItAfterwards) {
  const std::string id = open().value()->key_id();
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_EQ(status.st_size, 32);
  const auto again = open().value();
  EXPECT_EQ(again->key_id(), id);
  const SecretBytes secret(Bytes(40, 1));
  const Bytes sealed = again->seal(secret, {}).value();
  EXPECT_TRUE(open().value()->unseal(sealed, {}).ok());
}

TEST_F(FileKeySealerOnDisk, RefusesAKeyThatOthersMayRead) {
  ASSERT_TRUE(open().ok());
  for (const mode_t mode : {0640u, 0604u, 0660u, 0666u}) {
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    EXPECT_EQ(open_error(), ErrorCode::kPermissionDenied) << mode;
  }
}

TEST_F(FileKeySealerOnDisk, RefusesAKeyOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "NEEDS ROOT: a file of another user";
  ASSERT_TRUE(open().ok());
  ASSERT_EQ(::chown(path_.c_str(), 65534, 65534), 0);
  EXPECT_EQ(open_error(), ErrorCode::kPermissionDenied);
}

TEST_F(FileKeySealerOnDisk, RefusesADirectoryThatOthersMayChange) {
  ASSERT_EQ(::chmod(directory_.c_str(), 0770), 0);
  EXPECT_EQ(open_error(), ErrorCode::kPermissionDenied);
  EXPECT_FALSE(fs::exists(path_));
}

TEST(FileKeySealer, WrongSizeIsNotAKey) {
  SeededRandom random(1);
  for (const std::size_t size : {0u, 31u, 33u, 64u}) {
    MemoryFileSystem files;
    ASSERT_TRUE(files.write_file("kek", Bytes(size), 0600).ok());
    const auto opened = FileKeySealer::open(files, "kek", random);
    ASSERT_FALSE(opened.ok()) << size;
    EXPECT_EQ(opened.error().code(), ErrorCode::kDataLoss);
  }
}

TEST(FileKeySealer, KeyThatWasReturnedOutlivesACrash) {
  MemoryFileSystem files;
  SeededRandom random(3);
  const SecretBytes secret(Bytes(32, 9));
  const Bytes sealed = FileKeySealer::open(files, "kek", random).value()->seal(secret, {}).value();
  files.crash();
  const auto after = FileKeySealer::open(files, "kek", random);
  ASSERT_TRUE(after.ok()) << after.error().text();
  EXPECT_TRUE((*after)->unseal(sealed, {}).ok());
}

TEST(FileKeySealer, DiskThatFailsMakesNoSealer) {
  for (const FileOperation operation :
       {FileOperation::kWrite, FileOperation::kSync, FileOperation::kRename, FileOperation::kOpen,
        FileOperation::kRead}) {
    MemoryFileSystem files;
    SeededRandom random(3);
    files.inject({.operation = operation, .error_number = EIO, .is_lasting = true});
    EXPECT_FALSE(FileKeySealer::open(files, "kek", random).ok());
  }
}

TEST(FileKeySealer, ManyMakersAtOnceAgreeOnOneKey) {
  MemoryFileSystem files;
  std::vector<std::string> ids(8);
  {
    std::vector<std::jthread> makers;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      makers.emplace_back([&, i] {
        SeededRandom random(i);
        for (;;) {
          const auto opened = FileKeySealer::open(files, "kek", random);
          if (opened.ok()) {
            ids[i] = (*opened)->key_id();
            return;
          }
          ASSERT_EQ(opened.error().code(), ErrorCode::kUnavailable) << opened.error().text();
        }
      });
    }
  }
  for (const std::string& id : ids) EXPECT_EQ(id, ids.front());
}

}  // namespace
}  // namespace ward::authority
