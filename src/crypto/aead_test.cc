#include "crypto/aead.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ward::crypto {
namespace {

class Aead : public ::testing::Test {
 protected:
  SecretBytes key_{Bytes(kAeadKeyBytes, 7)};
  SeededRandom random_{1};
};

TEST_F(Aead, OpensWhatItSealed) {
  for (const std::size_t size : {0U, 1U, 16U, 1000U}) {
    const Bytes plaintext(size, 0x5a);
    const auto sealed = aead_seal(key_, as_bytes("slot a"), plaintext, random_);
    ASSERT_TRUE(sealed.ok());
    const auto opened = aead_open(key_, as_bytes("slot a"), *sealed);
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    EXPECT_TRUE(std::ranges::equal(opened->view(), plaintext));
  }
}

TEST_F(Aead, DamageAnywhereIsFound) {
  const auto good = aead_seal(key_, as_bytes("slot a"), as_bytes("secret"), random_);
  for (std::size_t i = 0; i < good->size(); ++i) {
    Bytes bad = *good;
    bad[i] ^= 0x80;
    EXPECT_EQ(aead_open(key_, as_bytes("slot a"), bad).error().code(), ErrorCode::kUnauthenticated);
  }
  for (std::size_t size = 0; size < good->size(); ++size)
    EXPECT_FALSE(aead_open(key_, as_bytes("slot a"), ByteView(*good).first(size)).ok());
}

TEST_F(Aead, IsBoundToKeyAndAssociatedData) {
  const auto sealed = aead_seal(key_, as_bytes("slot a"), as_bytes("secret"), random_);
  EXPECT_FALSE(aead_open(key_, as_bytes("slot b"), *sealed).ok());
  EXPECT_FALSE(aead_open(SecretBytes(Bytes(kAeadKeyBytes, 8)), as_bytes("slot a"), *sealed).ok());
}

TEST_F(Aead, NeverTheSameTwice) {
  EXPECT_NE(*aead_seal(key_, {}, as_bytes("secret"), random_),
            *aead_seal(key_, {}, as_bytes("secret"), random_));
}

TEST_F(Aead, KeyOfAnotherLengthIsRefused) {
  for (const std::size_t size : {0U, 16U, 31U, 33U}) {
    const SecretBytes key(Bytes(size, 7));
    EXPECT_EQ(aead_seal(key, {}, {}, random_).error().code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(aead_open(key, {}, Bytes(64)).error().code(), ErrorCode::kInvalidArgument);
  }
}

// NIST's GCM test vector 16 (McGrew and Viega, appendix B) in the sealed form.
TEST_F(Aead, OpensTheVectorOfTheStandard) {
  const auto unhex = [](std::string_view text) {
    Bytes bytes;
    for (std::size_t i = 0; i < text.size(); i += 2)
      bytes.push_back(
          static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    return bytes;
  };
  const SecretBytes key(unhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
  const Bytes associated = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const Bytes sealed = unhex(
      "cafebabefacedbaddecaf888"
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
      "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
      "76fc6ece0f4e1768cddf8853bb2d551b");
  const auto opened = aead_open(key, associated, sealed);
  ASSERT_TRUE(opened.ok());
  EXPECT_TRUE(std::ranges::equal(
      opened->view(), unhex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")));
}

}  // namespace
}  // namespace ward::crypto
