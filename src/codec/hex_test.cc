#include "codec/hex.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace ward::codec {
namespace {

TEST(Hex, WritesLowerCaseAndReadsBoth) {
  EXPECT_EQ(encode_hex(Bytes{0x00, 0x9a, 0xff}), "009aff");
  EXPECT_EQ(decode_hex("009aFF").value(), (Bytes{0x00, 0x9a, 0xff}));
}

TEST(Hex, RefusesOddLengthsAndOtherCharacters) {
  EXPECT_EQ(decode_hex("abc").error(),
            invalid_argument("hex: expected an even number of digits, got 3"));
  EXPECT_EQ(decode_hex("a:").error(), invalid_argument("hex: no hexadecimal digit at offset 1"));
  EXPECT_FALSE(decode_hex("0x").ok());
  EXPECT_FALSE(decode_hex("  ").ok());
}

TEST(Hex, RoundTripsAnyBytes) {
  EXPECT_TRUE(rc::check("hex", [](const Bytes& bytes) {
    RC_ASSERT(decode_hex(encode_hex(bytes)).value() == bytes);
  }));
}

}  // namespace
}  // namespace ward::codec
