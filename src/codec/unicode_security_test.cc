#include "codec/unicode_security.h"

#include <gtest/gtest.h>

namespace ward::codec {
namespace {

TEST(UnicodeSecurity, OneScriptOrTheMixtureOfOneLanguage) {
  for (const std::string_view text :
       {"", "test", "test\t\t", "user+1@example.com", "\u043f\u0440\u0438\u0432\u0435\u0442",
        "na\u00efve \u00e9t\u00e9", "\u6f22\u5b57\u304b\u306a\u30ab\u30ca",  // Japanese
        "\uac00\u6f22",                                                      // Korean
        "\u0645\u0631\u062d\u0628\u0627 123", "price 5 \u20ac", "\U0001f34c ok"}) {
    EXPECT_TRUE(is_single_script(text)) << text;
  }
  for (const std::string_view text : {"say_\u04bbello",           // Cyrillic in Latin
                                      "p\u0430ypal", "\u03b1bc",  // Cyrillic, Greek in Latin
                                      "\u0434\u03b1", "a\u6f22",  // Greek in Cyrillic; Han in Latin
                                      "\uac00\u304b"}) {          // Hangul and Hiragana
    EXPECT_FALSE(is_single_script(text)) << text;
  }
}

TEST(UnicodeSecurity, CharactersThatIdentifiersMayNotHave) {
  for (const std::string_view text :
       {"", "test", "https://www.example.com/test?foo=bar&bar=baz#buz", "get /pets/{petId}",
        "\u043f\u0440\u0438\u0432\u0435\u0442", "say_\u04bbello", "\u6f22\u5b57"}) {
    EXPECT_EQ(first_restricted_character(text), std::nullopt) << text;
  }
  using namespace std::string_view_literals;
  EXPECT_EQ(first_restricted_character("is\u200bAdmin"), U'\u200b');
  EXPECT_EQ(first_restricted_character("new\nline"), U'\n');
  EXPECT_EQ(first_restricted_character("null\0"sv), U'\0');
  EXPECT_EQ(first_restricted_character("delete\x7f"), U'\x7f');
  EXPECT_EQ(first_restricted_character("\U0001f34c"), U'\U0001f34c');
  EXPECT_EQ(first_restricted_character("\uff41"), U'\uff41');  // full-width a
}

TEST(UnicodeSecurity, BytesThatAreNoTextAreSuspect) {
  for (const std::string_view bytes : {"\xff", "a\xc3", "\xed\xa0\x80", "\xf5\x80\x80\x80"}) {
    EXPECT_FALSE(is_single_script(bytes));
    EXPECT_EQ(first_restricted_character(bytes), U'\ufffd');
  }
}

}  // namespace
}  // namespace ward::codec
