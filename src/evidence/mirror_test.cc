#include "evidence/mirror.h"

#include <gtest/gtest.h>

#include "evidence/testing_log.h"
#include "evidence/verify.h"

namespace ward::evidence {
namespace {

using os::testing::MemoryFileSystem;
using testing::test_keys;
using testing::test_signer;
using testing::TestLog;

class MirrorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(log_.open().ok());
    grow(600);
  }
  void grow(std::size_t count) {
    ASSERT_TRUE(log_.add(count).ok());
    ASSERT_TRUE(log_.writer().publish().ok());
  }
  LogReader reader() { return LogReader::open(files_, "/log", test_keys()).value(); }
  Mirror open() {
    return std::move(Mirror::open("/copy", test_signer().verifier(), files_)).value();
  }

  // Ships until the copy is whole; the number of shipments.
  int ship_all(Mirror& mirror, std::size_t max_bytes) {
    for (int count = 1;; ++count) {
      const auto is_whole = mirror.receive(*export_since(reader(), mirror.size(), max_bytes));
      EXPECT_TRUE(is_whole.ok()) << is_whole.error().message();
      if (!is_whole.ok() || *is_whole) return count;
    }
  }

  MemoryFileSystem files_;
  TestLog log_{files_};
};

TEST_F(MirrorTest, TheCopyIsALogThatVerifies) {
  Mirror mirror = open();
  EXPECT_GT(ship_all(mirror, 5000), 5);
  EXPECT_EQ(mirror.complete(), log_.writer().head());
  EXPECT_TRUE(
      verify_log(files_, "/copy", test_keys(), {.seen_elsewhere = {log_.writer().head()}}).ok());
  grow(70);
  EXPECT_EQ(ship_all(mirror, 1 << 20), 1);
  EXPECT_EQ(mirror.complete(), log_.writer().head());
  const auto verified = verify_log(files_, "/copy", test_keys());
  EXPECT_TRUE(verified.ok()) << verified.error().message();
}

TEST_F(MirrorTest, AfterACrashItGoesOnFromTheLastWholeCheckpoint) {
  {
    Mirror mirror = open();
    ship_all(mirror, 1 << 20);
  }
  const TreeHead whole = log_.writer().head();
  grow(700);
  {
    Mirror mirror = open();
    ASSERT_FALSE(*mirror.receive(*export_since(reader(), mirror.size(), 30'000)));
  }
  const Bytes wal = *files_.read_file("/log/wal", 1 << 20);
  Mirror mirror = open();
  EXPECT_EQ(mirror.complete(), whole);
  EXPECT_EQ(mirror.size(), whole.size);
  ship_all(mirror, 30'000);
  EXPECT_TRUE(verify_log(files_, "/copy", test_keys()).ok());
}

TEST_F(MirrorTest, WhatDoesNotExtendTheCopyIsRefusedAndLeavesItAsItWas) {
  Mirror mirror = open();
  Shipment first = *export_since(reader(), 0, 20'000);
  Shipment changed = first;
  changed.entries[100] ^= 1;
  EXPECT_FALSE(mirror.receive(changed).ok());
  Shipment shorter = first;
  shorter.count -= 1;
  EXPECT_FALSE(mirror.receive(shorter).ok());
  Shipment without_proof = first;
  without_proof.consistency.clear();
  EXPECT_FALSE(mirror.receive(without_proof).ok());
  EXPECT_EQ(mirror.size(), 0u);
  ASSERT_TRUE(mirror.receive(first).ok());
  EXPECT_EQ(mirror.receive(first).error().code(), ErrorCode::kAborted);

  // The same process with another history, signed with its own key.
  MemoryFileSystem elsewhere;
  TestLog other(elsewhere);
  ASSERT_TRUE(other.open().ok());
  ASSERT_TRUE(other.add(1).ok());
  RecordGroup group;
  for (int i = 0; i < 700; ++i) group.add(*encode_record(testing::test_record(9, 9)), 9);
  ASSERT_TRUE(other.writer().commit(group).ok());
  ASSERT_TRUE(other.writer().publish().ok());
  const auto other_reader = LogReader::open(elsewhere, "/log", test_keys());
  EXPECT_EQ(mirror.receive(*export_since(*other_reader, mirror.size())).error().code(),
            ErrorCode::kInvalidArgument);
}

TEST_F(MirrorTest, ForgedCheckpointsAndAbsentEntriesAreRefused) {
  Mirror mirror = open();
  Shipment shipment = *export_since(reader(), 0);
  const NoteSigner forger = test_signer(std::string(testing::kOrigin), 99);
  shipment.checkpoint =
      *sign_checkpoint({std::string(testing::kOrigin), log_.writer().head()}, forger);
  EXPECT_EQ(mirror.receive(shipment).error().code(), ErrorCode::kUnauthenticated);
  EXPECT_EQ(export_since(reader(), 300, kShipmentBytesMax, 212)->count, 212U);
  EXPECT_EQ(export_since(reader(), 600, kShipmentBytesMax, 212)->count, 0U);
  EXPECT_EQ(export_since(reader(), 601).error().code(), ErrorCode::kOutOfRange);
}

}  // namespace
}  // namespace ward::evidence
