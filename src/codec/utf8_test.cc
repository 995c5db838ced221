#include "codec/utf8.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace ward::codec {
namespace {

TEST(Utf8, AcceptsTheEdgesOfEachLength) {
  for (const char32_t edge :
       {0x0U, 0x7fU, 0x80U, 0x7ffU, 0x800U, 0xd7ffU, 0xe000U, 0xffffU, 0x10000U, 0x10ffffU}) {
    std::string text;
    append_utf8(text, edge);
    EXPECT_TRUE(is_valid_utf8(text)) << std::hex << static_cast<std::uint32_t>(edge);
  }
}

TEST(Utf8, RefusesOverlongSurrogateTooHighAndBrokenSequences) {
  for (const std::string_view bad :
       {"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xff", "\x80", "\xc2", "\xe2\x82", "\xf0\x9f\x98", "\xc2\x41", "\xe2\x82\x41",
        "\xf0\x9f\x98\x41"}) {
    EXPECT_EQ(valid_utf8_prefix(bad), 0U);
    EXPECT_EQ(valid_utf8_prefix("12345678abc" + std::string(bad)), 11U);
  }
}

TEST(Utf8, EveryScalarValueRoundTripsIntoValidText) {
  EXPECT_TRUE(rc::check("scalars", [](const std::vector<std::uint32_t>& numbers) {
    std::string text;
    for (const std::uint32_t number : numbers) {
      const char32_t c = number % 0x110000;
      if (c < 0xd800 || c > 0xdfff) append_utf8(text, c);
    }
    RC_ASSERT(is_valid_utf8(text));
  }));
}

}  // namespace
}  // namespace ward::codec
