#include "codec/base64.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace ward::codec {
namespace {

TEST(Base64, GivesTheVectorsOfRfc4648Section10) {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(encode_base64(as_bytes(plain)), encoded);
    EXPECT_EQ(decode_base64(encoded).value(), to_bytes(plain));
    std::string_view bare = encoded;
    while (bare.ends_with('=')) bare.remove_suffix(1);
    EXPECT_EQ(encode_base64url(as_bytes(plain)), bare);
    EXPECT_EQ(decode_base64url(bare).value(), to_bytes(plain));
  }
}

TEST(Base64, EachAlphabetRefusesTheOther) {
  const Bytes bytes = {0xfb, 0xff, 0xfe};
  EXPECT_EQ(encode_base64(bytes), "+//+");
  EXPECT_EQ(encode_base64url(bytes), "-__-");
  EXPECT_FALSE(decode_base64("-__-").ok());
  EXPECT_FALSE(decode_base64url("+//+").ok());
}

TEST(Base64, RefusesAllButTheOneSpelling) {
  const std::string_view spellings[] = {
      "Zg",       "Zg=",   "Zg===",    "Z===",
      "====",     "=",     "Zh==",     "Zm9=",
      "Zm9v\n",   " Zm9v", "Zm 9",     "Zm9v=",
      "Zg==Zg==", "Z=g=",  "Zm9v====", std::string_view("\0\0\0\0", 4)};
  for (const std::string_view bad : spellings) {
    EXPECT_FALSE(decode_base64(bad).ok()) << bad;
  }
  for (const std::string_view bad : {"Z", "Zh", "Zm9", "Zg==", "Zm9vZ", "Zm9v\n", "Zm\r\n"}) {
    EXPECT_FALSE(decode_base64url(bad).ok()) << bad;
  }
}

TEST(Base64, ErrorsNameTheOffsetAndNotTheText) {
  EXPECT_EQ(decode_base64url("c2Vjc$V0").error(),
            invalid_argument("base64: character outside the alphabet at offset 5"));
}

TEST(Base64, RoundTripsAnyBytes) {
  EXPECT_TRUE(rc::check("base64", [](const Bytes& bytes) {
    RC_ASSERT(decode_base64(encode_base64(bytes)).value() == bytes);
    RC_ASSERT(decode_base64url(encode_base64url(bytes)).value() == bytes);
  }));
}

TEST(Base64, WhatDecodesEncodesToTheSameText) {
  EXPECT_TRUE(rc::check("canonical", [] {
    const auto digit = rc::gen::element('A', 'B', 'Q', 'g', 'w', '8', '/', '_', '=');
    const auto text = *rc::gen::container<std::string>(digit);
    if (const auto bytes = decode_base64(text); bytes.ok()) {
      RC_ASSERT(encode_base64(*bytes) == text);
    }
    if (const auto bytes = decode_base64url(text); bytes.ok()) {
      RC_ASSERT(encode_base64url(*bytes) == text);
    }
  }));
}

}  // namespace
}  // namespace ward::codec
