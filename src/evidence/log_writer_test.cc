#include "evidence/log_writer.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/random.h"
#include "evidence/reader.h"
#include "evidence/testing_log.h"
#include "evidence/verify.h"

namespace ward::evidence {
namespace {

using os::testing::FileOperation;
using os::testing::MemoryFileSystem;
using testing::kOrigin;
using testing::test_keys;
using testing::test_record;
using testing::test_signer;
using testing::TestLog;

// The head that records 0..size-1 of TestLog have.
TreeHead expected_head(std::uint64_t size) {
  CompactRange range;
  for (std::uint64_t i = 0; i < size; ++i)
    range.append(leaf_hash(*encode_record(test_record(i, i / 4))));
  return range.head();
}

TEST(LogWriter, RecordsAreReadBackFromFilesAndProved) {
  MemoryFileSystem files;
  TestLog log(files);
  ASSERT_TRUE(log.open().ok());
  for (int i = 0; i < 10; ++i) ASSERT_EQ(*log.add(70), static_cast<std::uint64_t>(i) * 70);
  ASSERT_TRUE(log.writer().publish().ok());
  const auto reader = LogReader::open(files, "/log", test_keys());
  ASSERT_TRUE(reader.ok()) << reader.error().message();
  EXPECT_EQ(reader->checkpoint().tree, expected_head(700));
  for (const std::uint64_t index : {0u, 255u, 256u, 511u, 512u, 699u}) {
    const auto entry = reader->read_entry(index);
    ASSERT_TRUE(entry.ok()) << entry.error().message();
    EXPECT_EQ(*entry, *encode_record(test_record(index, index / 4)));
    const auto proof = reader->prove(index);
    ASSERT_TRUE(proof.ok());
    EXPECT_TRUE(verify_tlog_proof(*proof, *entry, test_keys()).ok());
  }
  EXPECT_FALSE(reader->read_entry(700).ok());
  EXPECT_TRUE(verify_log(files, "/log", test_keys()).ok());
}

TEST(LogWriter, WhatWasAcknowledgedSurvivesACrashAtAnyOperation) {
  SeededRandom random(3);
  for (std::uint64_t nth = 1; nth <= 60; ++nth) {
    MemoryFileSystem files;
    TestLog log(files, 20'000);  // so small that the write-ahead file is begun anew on the way
    ASSERT_TRUE(log.open().ok());
    files.inject({.operation = nth % 2 == 0 ? FileOperation::kWrite : FileOperation::kSync,
                  .nth = nth / 2 + 1,
                  .error_number = EIO,
                  .is_lasting = true});
    std::uint64_t acknowledged = 0;
    TreeHead signed_head;
    for (int i = 0; i < 12; ++i) {
      const bool is_signed = i % 3 == 1;
      if ((is_signed ? log.add_signed(100) : log.add(100)).ok()) {
        acknowledged = log.writer().size();
        if (is_signed) signed_head = log.writer().head();
      }
      if (i % 3 == 2 && log.writer().publish().ok()) signed_head = log.writer().head();
    }
    files.heal();
    files.crash(random);
    ASSERT_TRUE(log.open({signed_head}).ok()) << nth;
    ASSERT_GE(log.writer().size(), acknowledged) << nth;
    ASSERT_EQ(log.writer().head(), expected_head(log.writer().size())) << nth;
    ASSERT_TRUE(log.add(300).ok());
    ASSERT_TRUE(log.writer().publish().ok());
    const auto verified = verify_log(files, "/log", test_keys(), {.seen_elsewhere = {signed_head}});
    ASSERT_TRUE(verified.ok()) << nth << ": " << verified.error().message();
  }
}

TEST(LogWriter, AfterAFullDiskItGoesOnWithoutTheRecordsItRefused) {
  for (const auto operation : {FileOperation::kWrite, FileOperation::kSync}) {
    MemoryFileSystem files;
    TestLog log(files);
    ASSERT_TRUE(log.open().ok());
    ASSERT_TRUE(log.add(300).ok());
    files.inject({.operation = operation, .nth = 1, .error_number = ENOSPC, .is_lasting = true});
    EXPECT_FALSE(log.add(10).ok());
    EXPECT_TRUE(log.writer().is_broken());
    EXPECT_EQ(log.writer().size(), 300u);
    EXPECT_FALSE(log.add(10).ok());
    EXPECT_FALSE(log.writer().repair().ok());
    files.heal();
    ASSERT_TRUE(log.writer().repair().ok());
    ASSERT_EQ(*log.add(10), 300u);
    ASSERT_TRUE(log.writer().publish().ok());
    EXPECT_EQ(log.writer().head(), expected_head(310));
    EXPECT_TRUE(verify_log(files, "/log", test_keys()).ok());
  }
}

TEST(LogWriter, TwoWritersAreRefused) {
  MemoryFileSystem files;
  TestLog first(files), second(files);
  ASSERT_TRUE(first.open().ok());
  const auto refused = second.open();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
  first.close();
  EXPECT_TRUE(second.open().ok());
}

TEST(LogWriter, AHeadIsDurableBeforeItIsHandedOutAndNotSignedTwice) {
  MemoryFileSystem files;
  TestLog log(files);
  ASSERT_TRUE(log.open().ok());
  ASSERT_TRUE(log.add(5).ok());
  const std::string note = *log.writer().publish();
  const auto syncs = files.count(FileOperation::kSync);
  EXPECT_EQ(*log.writer().publish(), note);
  EXPECT_EQ(files.count(FileOperation::kSync), syncs);
  files.crash();
  EXPECT_EQ(as_text(*files.read_file("/log/checkpoint", 10'000)), note);
}

TEST(LogWriter, AHeadThatIsSignedWithItsGroupIsDurableWithItAndProvesItsRecords) {
  MemoryFileSystem files;
  TestLog log(files);
  ASSERT_TRUE(log.open().ok());
  std::string note;
  for (const std::size_t count : {5u, 250u, 1u, 300u}) {  // within a tile, to its end, and past it
    const auto syncs = files.count(FileOperation::kSync);
    const std::uint64_t first = *log.add_signed(count);
    EXPECT_EQ(files.count(FileOperation::kSync), syncs + 1) << "one for both";
    EXPECT_TRUE(log.writer().has_unpublished());
    note = log.writer().last_checkpoint();
    for (const std::uint64_t index : {std::uint64_t{0}, first, first + count - 1}) {
      const auto proof = log.writer().prove(index);
      ASSERT_TRUE(proof.ok()) << proof.error().text();
      EXPECT_EQ(proof->checkpoint, note);
      const auto entry = *encode_record(test_record(index, index / 4));
      EXPECT_TRUE(verify_tlog_proof(*proof, entry, test_keys()).ok()) << index;
    }
  }
  const auto verified = verify_log(files, "/log", test_keys());
  ASSERT_TRUE(verified.ok()) << verified.error().text();
  EXPECT_EQ(verified->checkpoint.tree.size, 556u);
  EXPECT_EQ(verified->checkpoint_note, note) << "the newest, published or not";
  EXPECT_EQ(verified->unsigned_records, 0u);

  files.crash();
  ASSERT_TRUE(log.open().ok());
  EXPECT_EQ(log.writer().last_checkpoint(), note) << "the same head is not signed twice";
  EXPECT_FALSE(log.writer().has_unpublished());
  EXPECT_EQ(as_text(*files.read_file("/log/checkpoint", 10'000)), note);
}

// A head in the write-ahead file that its own key did not sign, or not of that tree.
TEST(LogWriter, AWrongHeadInTheWriteAheadFileIsRefused) {
  const NoteSigner other = test_signer(std::string(kOrigin), 8);
  const Checkpoint wrong_tree{std::string(kOrigin), expected_head(4)};
  const Checkpoint right_tree{std::string(kOrigin), expected_head(3)};
  const std::string heads[] = {*sign_checkpoint(wrong_tree, test_signer()),
                               *sign_checkpoint(right_tree, other), "no note"};
  for (const std::string& head : heads) {
    MemoryFileSystem files;
    TestLog log(files);
    ASSERT_TRUE(log.open().ok());
    log.close();
    Bytes wal = *files.read_file("/log/wal", 1 << 20);
    Bytes group(kWalGroupHeaderBytes, 0);
    std::vector<Hash> leaves;
    for (std::uint64_t i = 0; i < 3; ++i) {
      const Bytes record = *encode_record(test_record(i, i / 4));
      append_bundle_entry(group, record);
      leaves.push_back(leaf_hash(record));
    }
    finish_wal_group(group, 0, leaves, head);
    append(wal, group);
    ASSERT_TRUE(files.write_file("/log/wal", wal, 0600).ok());
    EXPECT_FALSE(verify_log(files, "/log", test_keys()).ok());
    EXPECT_FALSE(log.open().ok());
  }
}

// Each way of taking the log back behind a head that was signed.
TEST(LogWriter, ALogThatWasRolledBackIsRefused) {
  MemoryFileSystem files;
  TestLog log(files);
  ASSERT_TRUE(log.open().ok());
  ASSERT_TRUE(log.add(300).ok());
  ASSERT_TRUE(log.writer().publish().ok());
  const Bytes old_wal = *files.read_file("/log/wal", 1 << 20);
  const Bytes old_checkpoint = *files.read_file("/log/checkpoint", 1 << 20);
  ASSERT_TRUE(log.add(300).ok());
  ASSERT_TRUE(log.writer().publish().ok());
  const TreeHead seen = log.writer().head();
  log.close();
  const Bytes wal = *files.read_file("/log/wal", 1 << 20);
  const Bytes checkpoint = *files.read_file("/log/checkpoint", 1 << 20);

  ASSERT_TRUE(files.write_file("/log/wal", old_wal, 0600).ok());
  EXPECT_EQ(log.open().error().code(), ErrorCode::kDataLoss) << "records gone, checkpoint kept";
  ASSERT_TRUE(files.write_file("/log/checkpoint", old_checkpoint, 0600).ok());
  EXPECT_EQ(log.open({seen}).error().code(), ErrorCode::kDataLoss)
      << "both rolled back, but a witness saw more";
  ASSERT_TRUE(files.remove("/log/wal").ok());
  EXPECT_EQ(log.open().error().code(), ErrorCode::kDataLoss) << "no write-ahead file";
  ASSERT_TRUE(files.remove("/log/checkpoint").ok());
  EXPECT_EQ(log.open({seen}).error().code(), ErrorCode::kDataLoss) << "a new log under an old name";
  ASSERT_TRUE(files.write_file("/log/wal", wal, 0600).ok());
  EXPECT_FALSE(log.open().ok()) << "no checkpoint";
  ASSERT_TRUE(files.write_file("/log/checkpoint", checkpoint, 0600).ok());
  EXPECT_TRUE(log.open({seen}).ok()) << "as it was";
}

TEST(LogWriter, ADamagedWriteAheadFileIsRefusedUnlessOnlyItsUnsignedEndIsTorn) {
  MemoryFileSystem files;
  TestLog log(files);
  ASSERT_TRUE(log.open().ok());
  ASSERT_TRUE(log.add(3).ok());
  ASSERT_TRUE(log.add(3).ok());
  ASSERT_TRUE(log.writer().publish().ok());
  const std::uint64_t signed_bytes = (*files.status("/log/wal"))->size;
  ASSERT_TRUE(log.add(3).ok());
  log.close();
  const std::uint64_t bytes = (*files.status("/log/wal"))->size;
  const Bytes good = *files.read_file("/log/wal", 1 << 20);
  for (std::uint64_t at = 0; at < bytes; ++at) {
    ASSERT_TRUE(files.write_file("/log/wal", good, 0600).ok());
    files.damage("/log/wal", at, 0x10);
    const auto opened = log.open();
    if (at < signed_bytes) {
      ASSERT_FALSE(opened.ok()) << at;
    } else {
      ASSERT_TRUE(opened.ok()) << at;
      ASSERT_EQ(log.writer().size(), 6u);
    }
    log.close();
  }
}

TEST(LogWriter, AnotherKeyOrOriginIsRefused) {
  MemoryFileSystem files;
  ManualClock clock;
  TestLog log(files);
  ASSERT_TRUE(log.open().ok());
  log.close();
  EXPECT_FALSE(LogWriter::open({"/log", test_signer(std::string(kOrigin), 8)}, files, clock).ok());
  EXPECT_FALSE(LogWriter::open({"/log", test_signer("other", 7)}, files, clock).ok());
  EXPECT_FALSE(
      LogWriter::open({"/log", test_signer(std::string(kOrigin), 7, NoteKeyType::kCosignature)},
                      files, clock)
          .ok());
}

}  // namespace
}  // namespace ward::evidence
