#include "evidence/receipt.h"

#include <gtest/gtest.h>

#include "evidence/testing_log.h"

namespace ward::evidence {
namespace {

using testing::test_signer;

Receipt example() {
  return {.subject = "spiffe://example.org/workload/a",
          .revision = 42,
          .time = WallTime{std::chrono::microseconds{1'700'000'000'000'001}},
          .staleness = std::chrono::milliseconds{5000},
          .holders = {{"example.org/agent/1", 7, {9, leaf_hash({})}, {0x30, 0x82, 0x01}},
                      {"example.org/agent/2", 0, {1, empty_root()}}},
          .away = {
              {"example.org/agent/3", WallTime{std::chrono::microseconds{1'699'999'999'000'000}}}}};
}

TEST(Receipt, SignedAndReadBack) {
  const NoteSigner server = test_signer("example.org/server");
  const std::vector keys{server.verifier()};
  const auto note = sign_receipt(example(), server);
  ASSERT_TRUE(note.ok()) << note.error().message();
  const auto read = open_receipt(*note, keys);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(*read, example());
}

TEST(Receipt, TheTextIsThatOfTheFormatPage) {
  EXPECT_EQ(receipt_text(example()),
            "ward-revocation-receipt/v1\nsubject spiffe://example.org/workload/a\nrevision 42\n"
            "time 1700000000000001\nstaleness 5000\n"
            "holder example.org/agent/1 7 9 bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0= MIIB\n"
            "holder example.org/agent/2 0 1 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
            "away example.org/agent/3 1699999999000000\n");
}

TEST(Receipt, EveryFlippedBitIsFound) {
  const NoteSigner server = test_signer("example.org/server");
  const std::vector keys{server.verifier()};
  const std::string good = *sign_receipt(example(), server);
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << (at % 8)));
    EXPECT_FALSE(open_receipt(bad, keys).ok()) << at;
  }
}

TEST(Receipt, NamesThatWouldBeReadOtherwiseAreNotSigned) {
  const NoteSigner server = test_signer("example.org/server");
  Receipt receipt = example();
  receipt.subject = "a\nrevision 1";
  EXPECT_FALSE(sign_receipt(receipt, server).ok());
  receipt = example();
  receipt.holders[0].origin = "two words";
  EXPECT_FALSE(sign_receipt(receipt, server).ok());
  receipt = example();
  receipt.holders[0].acknowledgement = 9;
  EXPECT_FALSE(sign_receipt(receipt, server).ok()) << "the head does not cover it";
  receipt = example();
  receipt.holders.assign(kReceiptHoldersMax, example().holders[0]);
  receipt.away.clear();
  for (auto& holder : receipt.holders) holder.certificate.resize(600);
  EXPECT_TRUE(sign_receipt(receipt, server).ok()) << "the most that there may be";
  receipt.away = example().away;
  EXPECT_FALSE(sign_receipt(receipt, server).ok());
}

TEST(Receipt, OtherFormsAndCosignaturesAloneAreRefused) {
  const std::string text = receipt_text(example());
  EXPECT_FALSE(parse_receipt_text(text + "\n").ok());
  EXPECT_FALSE(parse_receipt_text(text + "holder example.org/agent/1 7 9\n").ok());
  EXPECT_FALSE(parse_receipt_text(text + "extra x\n").ok());
  const std::string holder = text.substr(0, text.find("away"));
  EXPECT_TRUE(parse_receipt_text(holder).ok());
  for (const std::string_view end : {" ", " =", " MIIB", " MIIB MIIB"}) {
    EXPECT_FALSE(
        parse_receipt_text(holder.substr(0, holder.size() - 1) + " MIIB" + std::string(end) + "\n")
            .ok())
        << end;
  }
  Receipt large = example();
  large.holders[0].certificate.resize(kLogKeyCertificateBytesMax + 1);
  EXPECT_FALSE(parse_receipt_text(receipt_text(large)).ok());
  EXPECT_FALSE(parse_receipt_text(text.substr(5)).ok());
  EXPECT_FALSE(parse_receipt_text(text.substr(0, text.size() - 1)).ok());
  const NoteSigner witness = test_signer("w", 3, NoteKeyType::kCosignature);
  const std::vector keys{witness.verifier()};
  EXPECT_EQ(open_receipt(assemble_note(text, *witness.sign(text, {})), keys).error().code(),
            ErrorCode::kUnauthenticated);
}

}  // namespace
}  // namespace ward::evidence
