// What every KeySealer must do. An implementation instantiates it with a type that makes sealers:
//
//   struct Maker {
//     const KeySealer& sealer();        // one key-encryption key
//     const KeySealer& other_sealer();  // of the same kind, with another key
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(File, KeySealerSuite, Maker);
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "authority/key_sealer.h"

namespace ward::authority::testing {

template <typename Maker>
class KeySealerSuite : public ::testing::Test {
 protected:
  static SecretBytes secret(std::size_t size = 138) { return SecretBytes(Bytes(size, 0x5a)); }
  static ByteView name() { return as_bytes("slot x509/1"); }

  Bytes sealed() { return maker_.sealer().seal(secret(), name()).value(); }
  ErrorCode code_of(ByteView sealed, ByteView associated) {
    const auto opened = maker_.sealer().unseal(sealed, associated);
    EXPECT_FALSE(opened.ok());
    return opened.ok() ? ErrorCode::kUnknown : opened.error().code();
  }

  Maker maker_;
};

TYPED_TEST_SUITE_P(KeySealerSuite);

TYPED_TEST_P(KeySealerSuite, GivesBackWhatWasSealed) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{138}, kSealedSecretBytesMax}) {
    const SecretBytes secret = this->secret(size);
    const auto sealed = this->maker_.sealer().seal(secret, this->name());
    ASSERT_TRUE(sealed.ok()) << sealed.error().text();
    EXPECT_LE(sealed->size(), kSealedKeyBytesMax);
    const auto opened = this->maker_.sealer().unseal(*sealed, this->name());
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    EXPECT_TRUE(equal_constant_time(opened->view(), secret.view()));
  }
}

TYPED_TEST_P(KeySealerSuite, SealedFormDoesNotShowTheSecret) {
  const SecretBytes secret = this->secret(32);
  const Bytes sealed = this->maker_.sealer().seal(secret, this->name()).value();
  const ByteView needle = secret.view().first(8);
  EXPECT_TRUE(std::ranges::search(sealed, needle).empty());
}

TYPED_TEST_P(KeySealerSuite, SealingTwiceGivesTwoForms) {
  EXPECT_NE(this->sealed(), this->sealed());
}

TYPED_TEST_P(KeySealerSuite, IsBoundToItsPlace) {
  const Bytes sealed = this->sealed();
  EXPECT_EQ(this->code_of(sealed, as_bytes("slot x509/2")), ErrorCode::kUnauthenticated);
  EXPECT_EQ(this->code_of(sealed, {}), ErrorCode::kUnauthenticated);
}

TYPED_TEST_P(KeySealerSuite, AnotherKeyIsNamedAsTheReason) {
  const Bytes sealed = this->maker_.other_sealer().seal(this->secret(), this->name()).value();
  EXPECT_EQ(this->code_of(sealed, this->name()), ErrorCode::kFailedPrecondition);
}

TYPED_TEST_P(KeySealerSuite, EveryDamagedBitIsFound) {
  Bytes sealed = this->sealed();
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1u << (bit % 8));
    sealed[bit / 8] ^= mask;
    EXPECT_FALSE(this->maker_.sealer().unseal(sealed, this->name()).ok()) << "bit " << bit;
    sealed[bit / 8] ^= mask;
  }
}

TYPED_TEST_P(KeySealerSuite, EveryTruncationAndExtensionIsFound) {
  Bytes sealed = this->sealed();
  for (std::size_t size = 0; size < sealed.size(); ++size)
    EXPECT_FALSE(this->maker_.sealer().unseal(ByteView(sealed).first(size), this->name()).ok());
  sealed.push_back(0);
  EXPECT_FALSE(this->maker_.sealer().unseal(sealed, this->name()).ok());
}

TYPED_TEST_P(KeySealerSuite, BoundsHold) {
  const KeySealer& sealer = this->maker_.sealer();
  EXPECT_EQ(sealer.seal(SecretBytes(), this->name()).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(sealer.seal(this->secret(kSealedSecretBytesMax + 1), {}).error().code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(sealer.seal(this->secret(), Bytes(kSealAssociatedBytesMax + 1)).error().code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(this->code_of(Bytes(kSealedKeyBytesMax + 1), {}), ErrorCode::kInvalidArgument);
}

REGISTER_TYPED_TEST_SUITE_P(KeySealerSuite, GivesBackWhatWasSealed, SealedFormDoesNotShowTheSecret,
                            SealingTwiceGivesTwoForms, IsBoundToItsPlace,
                            AnotherKeyIsNamedAsTheReason, EveryDamagedBitIsFound,
                            EveryTruncationAndExtensionIsFound, BoundsHold);

}  // namespace ward::authority::testing
