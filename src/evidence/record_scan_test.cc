// The scanner against its oracle, decode_record(): on whole records and on damaged ones.
#include "evidence/record_scan.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace ward::evidence {
namespace {

std::vector<RecordBody> bodies() {
  Decision decision;
  decision.principal = "spiffe://t/a";
  decision.action = "read";
  decision.resource = "db";
  decision.allowed = true;
  decision.reasons = {"p0"};
  decision.credential = "0a1b";
  decision.session = "s";
  decision.grants = {"g1", "g2"};
  decision.took_ns = 12;
  return {Authentication{"spiffe://t/a", "unix", true, "", "0a1b", {}},
          Issuance{"spiffe://t/a", CredentialKind::kX509Svid, "0a1b", 1, 2, "r", Bytes(32, 1)},
          decision,
          SessionStart{"s", "spiffe://t/a", "connect", "db", "0a1b", {"g1"}, {}},
          SessionEnd{"s", "spiffe://t/a", "end"},
          Command{"spiffe://t/admin", "revoke", "spiffe://t/a", true, 9, {}},
          Acknowledgement{9, {"spiffe://t/a", "spiffe://t/b"}},
          ProcessStart{"p", "1", Bytes(16, 2)},
          ProcessStop{"signal"},
          Gap{"full", 3}};
}

Record record_of(RecordBody body) {
  return {WallTime{std::chrono::microseconds{-5}},
          1ull << 60,
          {9, 8, 7, 6, 5, 4, 3, 2},
          std::move(body)};
}

TEST(RecordScan, TheHeadIsWhatDecodingGives) {
  for (const RecordBody& body : bodies()) {
    const Record record = record_of(body);
    const Bytes bytes = *encode_record(record);
    const auto head = scan_record(bytes);
    ASSERT_TRUE(head.ok());
    EXPECT_EQ(head->revision, record.revision);
    EXPECT_EQ(head->time_us, -5);
    EXPECT_EQ(head->journal_root8, record.journal_root8);
    EXPECT_EQ(head->kind, record.kind());
  }
}

TEST(RecordScan, NamesAreThoseOfEachKind) {
  RecordNames names;
  std::vector<Bytes> records;
  for (const RecordBody& body : bodies()) records.push_back(*encode_record(record_of(body)));
  const auto scan = [&](std::size_t i) { return scan_names(*scan_record(records[i]), names).ok(); };
  for (const std::size_t with_subject : {0u, 1u, 2u, 3u, 4u, 5u}) {
    ASSERT_TRUE(scan(with_subject));
    EXPECT_EQ(names.subject, "spiffe://t/a") << with_subject;
  }
  for (const std::size_t with_credential : {0u, 1u, 2u, 3u}) {
    ASSERT_TRUE(scan(with_credential));
    EXPECT_EQ(names.credential, "0a1b") << with_credential;
  }
  ASSERT_TRUE(scan(2));
  EXPECT_EQ(names.object, "db");
  EXPECT_EQ(names.session, "s");
  EXPECT_EQ(names.grants, (std::vector<std::string_view>{"g1", "g2"}));
  EXPECT_TRUE(names.allowed);
  ASSERT_TRUE(scan(3));
  EXPECT_EQ(names.session, "s");
  EXPECT_EQ(names.grants.size(), 1u);
  EXPECT_FALSE(names.allowed);
  ASSERT_TRUE(scan(6));
  EXPECT_EQ(names.acknowledged_revision, 9u);
  EXPECT_EQ(names.subjects.size(), 2u);
  ASSERT_TRUE(scan(9));
  EXPECT_TRUE(names.subject.empty() && names.subjects.empty() && names.grants.empty());
}

TEST(RecordScan, WhatDecodesScansToTheSameAndDamageNeverBreaksIt) {
  SeededRandom random(11);
  RecordNames names;
  for (const RecordBody& body : bodies()) {
    const Bytes good = *encode_record(record_of(body));
    for (int round = 0; round < 2000; ++round) {
      Bytes bad = good;
      bad[random.below(bad.size())] = static_cast<std::uint8_t>(random.next());
      if (round % 3 == 0) bad.resize(random.below(bad.size()));
      const auto head = scan_record(bad);
      const auto decoded = decode_record(bad);
      if (head.ok()) (void)scan_names(*head, names).ok();
      if (!head.ok() || !decoded.ok()) continue;
      EXPECT_EQ(head->revision, decoded->revision);
      EXPECT_EQ(head->kind, decoded->kind());
    }
  }
}

TEST(RecordScan, TwoBodiesAreRefused) {
  Bytes bytes = *encode_record(record_of(ProcessStop{"a"}));
  append(bytes, ByteView(std::array<std::uint8_t, 3>{0x8a, 0x01, 0x00}));  // an empty gap behind it
  EXPECT_FALSE(scan_record(bytes).ok());
}

}  // namespace
}  // namespace ward::evidence
