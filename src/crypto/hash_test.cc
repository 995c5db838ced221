#include "crypto/hash.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace ward::crypto {
namespace {

std::string hex(ByteView bytes) {
  std::string text;
  for (const auto byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

// The messages and digests of NIST's FIPS 180-4 examples.
TEST(Hash, GivesTheDigestsOfTheStandard) {
  EXPECT_EQ(hex(sha256(as_bytes(""))),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha384(as_bytes("abc"))),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
            "8086072ba1e7cc2358baeca134c825a7");
  EXPECT_EQ(hex(sha512(as_bytes("abc"))),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Hash, OfPiecesIsThatOfTheWhole) {
  const std::string text(1000, 'x');
  for (const std::size_t cut : {0U, 1U, 63U, 64U, 65U, 999U, 1000U}) {
    const auto head = as_bytes(text).first(cut);
    const auto tail = as_bytes(text).subspan(cut);
    EXPECT_EQ(sha256({head, tail}), sha256(as_bytes(text))) << cut;
    EXPECT_EQ(Sha256().update(head).update(tail).finish(), sha256(as_bytes(text))) << cut;
  }
}

TEST(Hash, ObjectIsReadyForTheNextMessage) {
  Sha256 hash;
  hash.update(as_bytes("something else")).finish();
  EXPECT_EQ(hash.update(as_bytes("abc")).finish(), sha256(as_bytes("abc")));
  // A one-shot hash in between does not disturb a running one.
  hash.update(as_bytes("a"));
  (void)sha256(as_bytes("zzz"));
  EXPECT_EQ(hash.update(as_bytes("bc")).finish(), sha256(as_bytes("abc")));
}

TEST(Hash, ThreadsDoNotDisturbEachOther) {
  const auto expected = sha256(as_bytes("abc"));
  std::vector<int> wrong(4, 0);
  {
    std::vector<std::jthread> threads;
    for (int& count : wrong) {
      threads.emplace_back([&count, &expected] {
        for (int i = 0; i < 2000; ++i) count += sha256(as_bytes("abc")) != expected;
      });
    }
  }
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

// RFC 4231 4.3 (short key) and 4.7 (key longer than the block).
TEST(Hmac, GivesTheValuesOfRfc4231) {
  EXPECT_EQ(
      hex(hmac_sha256(SecretBytes(as_bytes("Jefe")), as_bytes("what do ya want for nothing?"))),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(SecretBytes(Bytes(131, 0xaa)),
                            as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

}  // namespace
}  // namespace ward::crypto
