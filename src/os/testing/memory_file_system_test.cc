#include "os/testing/memory_file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace ward::os::testing {
namespace {

using ::testing::ElementsAre;

TEST(MemoryFileSystem, ACrashLosesWhatWasNotSynced) {
  MemoryFileSystem files;
  auto log = files.open_append("/log", 0600).value();
  ASSERT_TRUE(log->append(as_bytes("durable")).ok());
  ASSERT_TRUE(log->sync().ok());
  ASSERT_TRUE(log->append(as_bytes("lost")).ok());
  EXPECT_EQ(files.read_file("/log", 100).value(), to_bytes("durablelost"));
  files.crash();
  EXPECT_EQ(files.read_file("/log", 100).value(), to_bytes("durable"));
  EXPECT_FALSE(log->append(as_bytes("x")).ok());
  EXPECT_FALSE(log->sync().ok());
}

TEST(MemoryFileSystem, AnUnsyncedTruncationComesBackInACrash) {
  MemoryFileSystem files;
  auto log = files.open_append("/log", 0600).value();
  ASSERT_TRUE(log->append(as_bytes("abcdef")).ok());
  ASSERT_TRUE(log->sync().ok());
  ASSERT_TRUE(log->truncate(4).ok());
  ASSERT_TRUE(log->append(as_bytes("XYZ")).ok());
  ASSERT_TRUE(log->truncate(2).ok());
  files.crash();
  EXPECT_EQ(files.read_file("/log", 100).value(), to_bytes("abcdef"));
  log = files.open_append("/log", 0600).value();
  ASSERT_TRUE(log->truncate(2).ok());
  ASSERT_TRUE(log->sync().ok());
  files.crash();
  EXPECT_EQ(files.read_file("/log", 100).value(), to_bytes("ab"));
}

TEST(MemoryFileSystem, ATornCrashKeepsAPrefixOfTheUnsyncedBytes) {
  SeededRandom random(5);
  std::vector<std::size_t> sizes;
  for (int round = 0; round < 100; ++round) {
    MemoryFileSystem files;
    auto log = files.open_append("/log", 0600).value();
    ASSERT_TRUE(log->append(as_bytes("ab")).ok());
    ASSERT_TRUE(log->sync().ok());
    ASSERT_TRUE(log->append(as_bytes("cd")).ok());
    files.crash(random);
    const Bytes kept = files.read_file("/log", 100).value();
    ASSERT_TRUE(std::string_view("abcd").starts_with(as_text(kept)));
    sizes.push_back(kept.size());
  }
  EXPECT_THAT(sizes, ::testing::IsSupersetOf({2U, 3U, 4U}));
  EXPECT_THAT(sizes, ::testing::Each(::testing::Ge(2U)));
}

TEST(MemoryFileSystem, RenamesAndRemovalsLastOnlyOnceTheDirectoryIsSynced) {
  MemoryFileSystem files;
  ASSERT_TRUE(files.write_file("/a", as_bytes("a"), 0600).ok());
  ASSERT_TRUE(files.write_file("/b", as_bytes("b"), 0600).ok());
  ASSERT_TRUE(files.rename("/a", "/c").ok());
  ASSERT_TRUE(files.remove("/b").ok());
  files.crash();
  EXPECT_THAT(files.list_directory("/", 9).value(), ElementsAre("a", "b"));
  ASSERT_TRUE(files.rename("/a", "/c").ok());
  ASSERT_TRUE(files.remove("/b").ok());
  ASSERT_TRUE(files.sync_directory("/").ok());
  files.crash();
  EXPECT_THAT(files.list_directory("/", 9).value(), ElementsAre("c"));
}

TEST(MemoryFileSystem, TheNthOperationFailsOnceOrFromThenOn) {
  MemoryFileSystem files;
  auto log = files.open_append("/log", 0600).value();
  files.inject({.operation = FileOperation::kWrite, .nth = 2, .error_number = ENOSPC});
  EXPECT_TRUE(log->append(as_bytes("1")).ok());
  EXPECT_EQ(log->append(as_bytes("2")).error(),
            Error(ErrorCode::kResourceExhausted, "write `/log`: no space left on device"));
  EXPECT_TRUE(log->append(as_bytes("3")).ok());
  EXPECT_EQ(files.read_file("/log", 9).value(), to_bytes("13"));
  EXPECT_EQ(files.count(FileOperation::kWrite), 3U);

  files.inject({.operation = FileOperation::kWrite, .error_number = EROFS, .is_lasting = true});
  EXPECT_EQ(log->append(as_bytes("4")).error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(files.write_file("/x", {}, 0600).error().code(), ErrorCode::kFailedPrecondition);
  files.heal();
  EXPECT_TRUE(log->append(as_bytes("5")).ok());
}

TEST(MemoryFileSystem, AFailedSyncBreaksTheFileUntilItIsOpenedAnew) {
  MemoryFileSystem files;
  auto log = files.open_append("/log", 0600).value();
  ASSERT_TRUE(log->append(as_bytes("1")).ok());
  files.inject({.operation = FileOperation::kSync, .error_number = EIO});
  EXPECT_EQ(log->sync().error().code(), ErrorCode::kDataLoss);
  EXPECT_EQ(log->sync().error().code(), ErrorCode::kDataLoss);
  EXPECT_EQ(log->append(as_bytes("2")).error().code(), ErrorCode::kDataLoss);
  EXPECT_TRUE(files.open_append("/log", 0600).value()->sync().ok());
}

TEST(MemoryFileSystem, EveryFaultOfAnAtomicWriteLeavesOldOrNewWhole) {
  for (const FileOperation operation :
       {FileOperation::kWrite, FileOperation::kSync, FileOperation::kRename}) {
    for (const std::uint64_t nth : {1U, 2U}) {
      MemoryFileSystem files;
      ASSERT_TRUE(files.write_file("/f", as_bytes("old"), 0600).ok());
      files.inject({.operation = operation, .nth = nth, .error_number = EIO});
      const bool is_written = files.write_file("/f", as_bytes("new"), 0600).ok();
      files.crash();
      EXPECT_EQ(files.read_file("/f", 9).value(), to_bytes(is_written ? "new" : "old"));
    }
  }
}

TEST(MemoryFileSystem, DamageFlipsBitsAndACrashLetsLocksGo) {
  MemoryFileSystem files;
  ASSERT_TRUE(files.write_file("/f", as_bytes("AA"), 0600).ok());
  files.damage("/f", 1, 0x20);
  EXPECT_EQ(files.read_file("/f", 9).value(), to_bytes("Aa"));
  const auto held = files.lock("/f").value();
  EXPECT_FALSE(files.lock("/f").ok());
  files.crash();
  const auto again = files.lock("/f");
  EXPECT_TRUE(again.ok());
}

TEST(MemoryFileSystem, LazyFilesAreLostInACrashUnlessAllIsSynced) {
  MemoryFileSystem files;
  ASSERT_TRUE(files.write_file_lazily("/a", as_bytes("first"), 0600).ok());
  ASSERT_TRUE(files.sync_all("/").ok());
  ASSERT_TRUE(files.write_file_lazily("/b", as_bytes("second"), 0600).ok());
  EXPECT_TRUE(files.read_file("/b", 10).ok());
  files.crash();
  EXPECT_EQ(as_text(*files.read_file("/a", 10)), "first");
  EXPECT_FALSE(files.read_file("/b", 10).ok());
}

}  // namespace
}  // namespace ward::os::testing
