#include "evidence/record.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "ward/evidence/v1/record.pb.h"

namespace ward::evidence {
namespace {

Record record_of(RecordBody body) {
  return {WallTime{std::chrono::microseconds{1'700'000'000'123'456}},
          42,
          {1, 2, 3, 4, 5, 6, 7, 8},
          std::move(body)};
}

std::vector<Record> one_of_each() {
  const std::vector<SealedValue> sealed{{"source.address", leaf_hash(as_bytes("x"))}};
  const Bytes hash(32, 9);
  return {
      record_of(Authentication{"spiffe://t/a", "x509_svid", true, "why", "0a1b", sealed}),
      record_of(Issuance{"spiffe://t/a", CredentialKind::kJwtSvid, "jti-1", 10, 20, "reg", hash}),
      record_of(Decision{.principal = "spiffe://t/a",
                         .action = "read",
                         .resource = "db",
                         .allowed = true,
                         .reasons = {"policy0", "policy1"},
                         .errors = {"e"},
                         .question_sha256 = hash,
                         .credential = "0a1b",
                         .session = "s",
                         .grants = {"g1", "g2"},
                         .took_ns = 1234,
                         .sealed = sealed,
                         .enforcement_point = "auth_request",
                         .caller = "spiffe://t/gateway"}),
      record_of(SessionStart{"s", "spiffe://t/a", "connect", "db", "0a1b", {"g1"}, sealed}),
      record_of(SessionEnd{"s", "spiffe://t/a", "revoked"}),
      record_of(Command{"spiffe://t/admin", "revoke", "spiffe://t/a", true, 43, sealed}),
      record_of(Acknowledgement{43, {"spiffe://t/a", "spiffe://t/b"}}),
      record_of(ProcessStart{"spiffe://t/agent", "0.1.0", Bytes(16, 3)}),
      record_of(ProcessStop{"signal"}),
      record_of(Gap{"no space left", 17})};
}

TEST(Record, EveryKindReadsBackAsItWasWritten) {
  for (const Record& record : one_of_each()) {
    const auto bytes = encode_record(record);
    ASSERT_TRUE(bytes.ok());
    const auto read = decode_record(*bytes);
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_EQ(*read, record) << record_kind_name(record.kind());
  }
}

// Fields that have their default are not on the wire, those of a list are; numbers below zero have
// ten bytes, sizes from 128 up a length of two.
std::vector<Record> edges() {
  std::vector<Record> records;
  for (const Record& record : one_of_each()) {
    records.push_back(record);
    RecordBody empty;
    std::visit([&](const auto& body) { empty = std::decay_t<decltype(body)>{}; }, record.body);
    records.push_back(record_of(empty));
  }
  records.push_back({WallTime{std::chrono::microseconds{-1}}, ~std::uint64_t{0}, {}, Gap{"", 127}});
  records.push_back({WallTime{}, 0, {}, Gap{"g", 128}});
  records.push_back(record_of(Issuance{"", CredentialKind::kX509Svid, "", -1, INT64_MIN, "", {}}));
  records.push_back(record_of(Acknowledgement{0, std::vector<std::string>(kRecordListMax)}));
  for (const std::size_t size : {127U, 128U, 16'000U})
    records.push_back(record_of(ProcessStop{std::string(size, 'a')}));
  Decision decision;
  decision.reasons = {"", "caf\u00e9"};
  decision.sealed = {{"", {}}, {std::string(200, 'n'), leaf_hash({})}};
  records.push_back(record_of(decision));
  return records;
}

TEST(Record, IsEncodedAsTheLibraryEncodesIt) {
  for (const Record& record : edges()) {
    const auto bytes = encode_record(record);
    ASSERT_TRUE(bytes.ok()) << bytes.error().message();
    v1::Record message;
    ASSERT_TRUE(message.ParseFromArray(bytes->data(), static_cast<int>(bytes->size())));
    EXPECT_EQ(to_bytes(message.SerializeAsString()), *bytes) << record_kind_name(record.kind());
    if (const auto* issuance = std::get_if<Issuance>(&record.body)) {
      EXPECT_EQ(message.issuance().not_before_s(), issuance->not_before_s);
      EXPECT_EQ(message.issuance().not_after_s(), issuance->not_after_s);
    }
    const auto read = decode_record(*bytes);
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_EQ(*read, record);
  }
}

TEST(Record, MayBeAsLargeAsTheBoundAndNoLarger) {
  const std::size_t around =
      encode_record(record_of(ProcessStop{std::string(16'000, 'a')}))->size();
  const std::size_t fits = 16'000 + kRecordBytesMax - around;
  EXPECT_EQ(encode_record(record_of(ProcessStop{std::string(fits, 'a')}))->size(), kRecordBytesMax);
  EXPECT_FALSE(encode_record(record_of(ProcessStop{std::string(fits + 1, 'a')})).ok());
}

TEST(Record, WhatIsTooLargeOrNoTextIsRefused) {
  Decision decision;
  decision.resource = std::string(kRecordBytesMax, 'a');
  EXPECT_EQ(encode_record(record_of(decision)).error().code(), ErrorCode::kResourceExhausted);
  decision.resource = "\xff";
  EXPECT_EQ(encode_record(record_of(decision)).error().code(), ErrorCode::kInvalidArgument);
  decision.resource = "r";
  decision.reasons.assign(kRecordListMax + 1, "");
  EXPECT_EQ(encode_record(record_of(decision)).error().code(), ErrorCode::kResourceExhausted);
}

TEST(Record, BytesThatAreNoRecordAreRefused) {
  EXPECT_FALSE(decode_record({}).ok());
  EXPECT_FALSE(decode_record(Bytes(kRecordBytesMax + 1, 0)).ok());
  Bytes bytes = *encode_record(one_of_each()[2]);
  Bytes other_format = bytes;
  ASSERT_EQ(other_format[0], 0x08);
  other_format[1] = 2;
  EXPECT_FALSE(decode_record(other_format).ok());
  bytes.pop_back();
  EXPECT_FALSE(decode_record(bytes).ok());
}

TEST(Record, DamagedBytesNeverBreakTheReader) {
  SeededRandom random(7);
  for (const Record& record : one_of_each()) {
    const Bytes good = *encode_record(record);
    for (int round = 0; round < 300; ++round) {
      Bytes bad = good;
      bad[random.below(bad.size())] = static_cast<std::uint8_t>(random.next());
      const auto read = decode_record(bad);
      if (!read.ok()) continue;
      EXPECT_TRUE(encode_record(*read).ok());
    }
  }
}

}  // namespace
}  // namespace ward::evidence
