#include "attest/executable_hashes.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "codec/hex.h"
#include "crypto/hash.h"
#include "os/file_io.h"

namespace ward::attest {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string hash_of(std::string_view bytes) {
  return codec::encode_hex(crypto::sha256(as_bytes(bytes)));
}

class ExecutableHashesTest : public ::testing::Test {
 protected:
  ExecutableHashesTest() {
    std::string name = fs::temp_directory_path() / "ward_hashes_XXXXXX";
    directory_ = ::mkdtemp(name.data());
    write("first");
  }
  ~ExecutableHashesTest() override { fs::remove_all(directory_); }

  void write(std::string_view bytes) const {
    std::ofstream(directory_ / "program", std::ios::binary | std::ios::trunc) << bytes;
  }
  // As an attestor asks: opened, identified, hashed.
  std::string hash() {
    const auto file = os::open_file(directory_ / "program", O_RDONLY).value();
    const auto identity = os::identify_file(file).value();
    return hashes_.hash(file, identity).value().value_or("none");
  }
  void become_settled() { clock_.advance(kSettledAge + 1s); }

  fs::path directory_;
  ManualClock clock_{SystemClock().now()};
  ExecutableHashes hashes_{1024, &clock_};
};

TEST_F(ExecutableHashesTest, ASettledFileIsReadOnce) {
  become_settled();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(hash(), hash_of("first"));
  EXPECT_EQ(hashes_.read_count(), 1U);
}

TEST_F(ExecutableHashesTest, AFileThatHasJustChangedIsReadEachTime) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(hash(), hash_of("first"));
  EXPECT_EQ(hashes_.read_count(), 3U);
  become_settled();
  EXPECT_EQ(hash(), hash_of("first"));
  EXPECT_EQ(hash(), hash_of("first"));
  EXPECT_EQ(hashes_.read_count(), 4U);
}

// The same inode and size, and mtime set back to what it was: ctime tells.
TEST_F(ExecutableHashesTest, AWriteUnderTheSameTimeOfModificationIsSeen) {
  become_settled();
  EXPECT_EQ(hash(), hash_of("first"));
  struct stat before{};
  ASSERT_EQ(::stat((directory_ / "program").c_str(), &before), 0);
  ::usleep(20'000);  // another tick of the file system's clock
  write("other");
  const timespec times[2] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, (directory_ / "program").c_str(), times, 0), 0);
  EXPECT_EQ(hash(), hash_of("other"));
}

TEST_F(ExecutableHashesTest, AnotherFileUnderTheNameIsSeen) {
  become_settled();
  EXPECT_EQ(hash(), hash_of("first"));
  fs::rename(directory_ / "program", directory_ / "old");
  write("other");
  EXPECT_EQ(hash(), hash_of("other"));
}

TEST_F(ExecutableHashesTest, WithoutAClockNothingIsRemembered) {
  ExecutableHashes forgetful(1024, nullptr);
  const auto file = os::open_file(directory_ / "program", O_RDONLY).value();
  const auto identity = os::identify_file(file).value();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(forgetful.hash(file, identity).value(), hash_of("first"));
  }
  EXPECT_EQ(forgetful.read_count(), 2U);
}

TEST_F(ExecutableHashesTest, ALargerFileHasNoHash) {
  write(std::string(1025, 'x'));
  EXPECT_EQ(hash(), "none");
}

TEST_F(ExecutableHashesTest, TheLeastRecentlyUsedGoes) {
  become_settled();
  hash();
  for (std::size_t i = 0; i < kExecutablesRemembered; ++i) {
    fs::remove(directory_ / "program");
    fs::remove(directory_ / std::to_string(i));
    write("first");
    fs::copy_file(directory_ / "program", directory_ / std::to_string(i));
    const auto file = os::open_file(directory_ / std::to_string(i), O_RDONLY).value();
    clock_.advance(1h);
    ASSERT_TRUE(hashes_.hash(file, os::identify_file(file).value()).ok());
  }
  const auto count = hashes_.read_count();
  hash();
  EXPECT_EQ(hashes_.read_count(), count + 1);
}

}  // namespace
}  // namespace ward::attest
