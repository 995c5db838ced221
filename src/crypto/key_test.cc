#include "crypto/key.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

namespace ward::crypto {
namespace {

using enum SignatureScheme;

const PrivateKey& key_of(KeyType type) {
  static std::map<KeyType, PrivateKey> keys;
  auto it = keys.find(type);
  if (it == keys.end()) it = keys.emplace(type, *PrivateKey::generate(type)).first;
  return it->second;
}

class EachScheme : public ::testing::TestWithParam<SignatureScheme> {};

TEST_P(EachScheme, SignatureVerifiesAndOnlyForItsMessageAndKey) {
  const PrivateKey& key = key_of(key_type_of(GetParam()));
  const auto signature = key.sign(GetParam(), as_bytes("message"));
  ASSERT_TRUE(signature.ok()) << signature.error().text();
  EXPECT_TRUE(key.public_key().verify(GetParam(), as_bytes("message"), *signature).ok());

  const auto wrong = key.public_key().verify(GetParam(), as_bytes("massage"), *signature);
  EXPECT_EQ(wrong.error().code(), ErrorCode::kUnauthenticated);
  if (key.type() != KeyType::kRsa) {
    const auto other = PrivateKey::generate(key.type());
    EXPECT_FALSE(other->public_key().verify(GetParam(), as_bytes("message"), *signature).ok());
  }
}

TEST_P(EachScheme, DamagedSignatureIsRejectedAtEveryByte) {
  const PrivateKey& key = key_of(key_type_of(GetParam()));
  const auto good = key.sign(GetParam(), as_bytes("message"));
  for (std::size_t i = 0; i < good->size(); ++i) {
    Bytes bad = *good;
    bad[i] ^= 1;
    EXPECT_FALSE(key.public_key().verify(GetParam(), as_bytes("message"), bad).ok()) << i;
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, good->size() - 1}) {
    const auto part = ByteView(*good).first(size);
    EXPECT_FALSE(key.public_key().verify(GetParam(), as_bytes("message"), part).ok()) << size;
  }
  Bytes longer = *good;
  longer.push_back(0);
  EXPECT_FALSE(key.public_key().verify(GetParam(), as_bytes("message"), longer).ok());
  EXPECT_FALSE(
      key.public_key().verify(GetParam(), as_bytes("message"), Bytes(good->size(), 0)).ok());
}

TEST_P(EachScheme, KeyOfAnotherTypeIsRefused) {
  const KeyType other =
      key_type_of(GetParam()) == KeyType::kEd25519 ? KeyType::kP256 : KeyType::kEd25519;
  const auto signed_by_other = key_of(other).sign(GetParam(), as_bytes("message"));
  EXPECT_EQ(signed_by_other.error().code(), ErrorCode::kInvalidArgument);
  const auto verified =
      key_of(other).public_key().verify(GetParam(), as_bytes("message"), Bytes(64));
  EXPECT_EQ(verified.error().code(), ErrorCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(All, EachScheme,
                         ::testing::Values(kEs256, kEs384, kEs512, kEs256Der, kEs384Der, kEs512Der,
                                           kRs256, kRs384, kRs512, kPs256, kPs384, kPs512,
                                           kEd25519));

class EachType : public ::testing::TestWithParam<KeyType> {};

TEST_P(EachType, SurvivesPkcs8AndSpki) {
  const PrivateKey& key = key_of(GetParam());
  const auto again = PrivateKey::from_pkcs8_der(key.pkcs8_der());
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(again->type(), GetParam());
  EXPECT_TRUE(again->public_key() == key.public_key());
  const auto half = PublicKey::from_spki_der(key.public_key().spki_der());
  ASSERT_TRUE(half.ok()) << half.error().text();
  EXPECT_TRUE(*half == key.public_key());
  EXPECT_EQ(half->bits(), key.public_key().bits());
}

TEST_P(EachType, SpkiCutShortOrWithMoreBytesIsRejected) {
  const Bytes good = to_bytes(key_of(GetParam()).public_key().spki_der());
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(PublicKey::from_spki_der(ByteView(good).first(size)).ok()) << size;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(PublicKey::from_spki_der(longer).ok());
}

TEST_P(EachType, Pkcs8WithMoreBytesOrCutShortIsRejected) {
  const SecretBytes good = key_of(GetParam()).pkcs8_der();
  Bytes longer = to_bytes(good.view());
  longer.push_back(0);
  EXPECT_FALSE(PrivateKey::from_pkcs8_der(SecretBytes(std::move(longer))).ok());
  const auto cut = SecretBytes(good.view().first(good.size() - 1));
  EXPECT_FALSE(PrivateKey::from_pkcs8_der(cut).ok());
}

INSTANTIATE_TEST_SUITE_P(All, EachType,
                         ::testing::Values(KeyType::kP256, KeyType::kP384, KeyType::kP521,
                                           KeyType::kRsa, KeyType::kEd25519));

TEST(PublicKey, PointOffTheCurveIsRejected) {
  for (const KeyType type : {KeyType::kP256, KeyType::kP384, KeyType::kP521}) {
    auto [x, y] = key_of(type).public_key().ec_point();
    ASSERT_TRUE(PublicKey::from_ec_point(type, x, y).ok());
    y.back() ^= 1;
    EXPECT_FALSE(PublicKey::from_ec_point(type, x, y).ok());
    EXPECT_FALSE(PublicKey::from_ec_point(type, Bytes(x.size()), Bytes(y.size())).ok());
    EXPECT_FALSE(PublicKey::from_ec_point(type, Bytes(x.size(), 0xff), y).ok());
  }
}

// Verification shares one key of OpenSSL a thread.
TEST(PublicKey, EachVerifiesByItsOwnPointWhateverWasSeenBefore) {
  const PrivateKey one = PrivateKey::generate(KeyType::kP256).value();
  const PrivateKey other = PrivateKey::generate(KeyType::kP256).value();
  const Bytes by_one = one.sign(kEs256, as_bytes("m")).value();
  const Bytes by_other = other.sign(kEs256, as_bytes("m")).value();
  Bytes off_curve = to_bytes(one.public_key().spki_der());
  off_curve.back() ^= 1;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(one.public_key().verify(kEs256, as_bytes("m"), by_one).ok());
    EXPECT_FALSE(one.public_key().verify(kEs256, as_bytes("m"), by_other).ok());
    EXPECT_FALSE(PublicKey::from_spki_der(off_curve).ok());
    EXPECT_TRUE(one.public_key().verify(kEs256, as_bytes("m"), by_one).ok());
    EXPECT_TRUE(PublicKey::from_spki_der(other.public_key().spki_der()).ok());
    EXPECT_FALSE(one.public_key().verify(kEs256, as_bytes("m"), by_other).ok());
    EXPECT_TRUE(other.public_key().verify(kEs256, as_bytes("m"), by_other).ok());
    EXPECT_FALSE(other.public_key().verify(kEs256, as_bytes("m"), by_one).ok());
  }
}

TEST(PublicKey, CoordinatesOfAnotherLengthAreRejected) {
  auto [x, y] = key_of(KeyType::kP256).public_key().ec_point();
  x.insert(x.begin(), 0);
  EXPECT_FALSE(PublicKey::from_ec_point(KeyType::kP256, x, y).ok());
  EXPECT_FALSE(PublicKey::from_ec_point(KeyType::kEd25519, y, y).ok());
}

TEST(PublicKey, CompressedPointIsRejected) {
  Bytes der = to_bytes(key_of(KeyType::kP256).public_key().spki_der());
  // The same SubjectPublicKeyInfo with a compressed point: lengths and form byte changed.
  der[1] = 0x39;
  der[24] = 0x22;
  der[26] = static_cast<std::uint8_t>(0x02 | (der.back() & 1));
  der.resize(59);
  EXPECT_FALSE(PublicKey::from_spki_der(der).ok());
}

TEST(PublicKey, RsaOutsideTheBoundsIsRejected) {
  const auto try_bits = [](std::size_t bits, Bytes exponent) {
    Bytes modulus(bits / 8, 0xa5);
    return PublicKey::from_rsa(modulus, exponent);
  };
  const Bytes f4 = {1, 0, 1};
  EXPECT_TRUE(try_bits(2048, f4).ok());
  EXPECT_TRUE(try_bits(8192, f4).ok());
  EXPECT_FALSE(try_bits(2040, f4).ok());
  EXPECT_FALSE(try_bits(1024, f4).ok());
  EXPECT_FALSE(try_bits(8200, f4).ok());
  EXPECT_FALSE(try_bits(2048, {1}).ok());
  EXPECT_FALSE(try_bits(2048, {2}).ok());
  EXPECT_FALSE(try_bits(2048, {}).ok());
  EXPECT_FALSE(try_bits(2048, Bytes(9, 0x11)).ok());
  EXPECT_FALSE(PublicKey::from_rsa(Bytes(256, 0xa4), f4).ok()) << "even modulus";
}

TEST(PublicKey, RsaNumbersSurvive) {
  const PublicKey& key = key_of(KeyType::kRsa).public_key();
  const auto [modulus, exponent] = key.rsa_numbers();
  EXPECT_EQ(modulus.size(), 256U);
  EXPECT_EQ(exponent, (Bytes{1, 0, 1}));
  EXPECT_TRUE(*PublicKey::from_rsa(modulus, exponent) == key);
}

TEST(PrivateKey, WhosePublicPartIsAnotherKeysIsRejected) {
  Bytes der = to_bytes(key_of(KeyType::kP256).pkcs8_der().view());
  const auto other = PrivateKey::generate(KeyType::kP256);
  const auto point = other->public_key().spki_der().last(64);
  std::copy(point.begin(), point.end(), der.end() - 64);
  EXPECT_FALSE(PrivateKey::from_pkcs8_der(SecretBytes(std::move(der))).ok());
}

// RFC 8032 7.1, TEST 2.
TEST(PrivateKey, Ed25519GivesTheVectorOfTheStandard) {
  const Bytes seed = {0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3,
                      0x46, 0xec, 0x11, 0x4e, 0x0f, 0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab,
                      0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb};
  const auto key = PrivateKey::from_ed25519(SecretBytes(ByteView(seed)));
  ASSERT_TRUE(key.ok());
  const Bytes raw = key->public_key().ed25519();
  EXPECT_EQ(raw.front(), 0x3d);
  EXPECT_EQ(raw.back(), 0x0c);
  const auto signature = key->sign(kEd25519, Bytes{0x72});
  EXPECT_EQ(signature->front(), 0x92);
  EXPECT_EQ(signature->back(), 0x00);
  EXPECT_TRUE(PublicKey::from_ed25519(raw)->verify(kEd25519, Bytes{0x72}, *signature).ok());
  EXPECT_FALSE(PrivateKey::from_ed25519(SecretBytes(Bytes(31))).ok());
}

TEST(PrivateKey, IsSharedByThreads) {
  const PrivateKey& key = key_of(KeyType::kP256);
  std::vector<int> failures(4, 0);
  {
    std::vector<std::jthread> threads;
    for (int& count : failures) {
      threads.emplace_back([&count, &key] {
        for (int i = 0; i < 50; ++i) {
          const auto signature = key.sign(kEs256, as_bytes("m"));
          count += !key.public_key().verify(kEs256, as_bytes("m"), *signature).ok();
        }
      });
    }
  }
  EXPECT_EQ(failures, std::vector<int>(4, 0));
}

}  // namespace
}  // namespace ward::crypto
