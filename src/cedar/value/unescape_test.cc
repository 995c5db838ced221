#include "cedar/value/unescape.h"

#include <gtest/gtest.h>

namespace ward::cedar {
namespace {

TEST(Unescape, ReadsEveryEscapeOfTheLanguage) {
  EXPECT_EQ(*unescape_string(R"(\t\r\n\\\0\x42\"\')"), std::string("\t\r\n\\\0\x42\"'", 8));
  EXPECT_EQ(*unescape_string(R"(\u{1}\u{1234}\u{12345}\u{054321}\u{42})"),
            "\x01\xe1\x88\xb4\xf0\x92\x8d\x85\xf1\x94\x8c\xa1\x42");
  EXPECT_EQ(*unescape_string("line\nbreak *"), "line\nbreak *");
}

TEST(Unescape, RefusesWhatIsNoEscape) {
  for (const std::string_view body :
       {R"(\xFF)", R"(\x80)", R"(\x4)", R"(\xg0)", R"(\u{1111111})", R"(\u{})", R"(\u{110000})",
        R"(\u{d800})", R"(\u{12)", R"(\u12)", R"(\u{1g})", R"(\u{_1})", R"(\b)", R"(\*)", "\\",
        "\\\n", "\r", "a\r\nb", "\\\xc3\xa9"}) {
    EXPECT_FALSE(unescape_string(body).ok()) << body;
  }
}

TEST(Unescape, SaysWhereTheFaultIs) {
  std::size_t fault = 0;
  EXPECT_FALSE(unescape_string(R"(abc\n\q)", &fault).ok());
  EXPECT_EQ(fault, 5u);
}

TEST(Unescape, StarsOfPatternsAreWildcardsUnlessEscaped) {
  using Pieces = std::vector<std::string>;
  EXPECT_EQ(*unescape_pattern(""), (Pieces{""}));
  EXPECT_EQ(*unescape_pattern("a*b"), (Pieces{"a", "b"}));
  EXPECT_EQ(*unescape_pattern("**"), (Pieces{"", "", ""}));
  EXPECT_EQ(*unescape_pattern(R"(a\*b\\*)"), (Pieces{"a*b\\", ""}));
  EXPECT_EQ(*unescape_pattern(R"(\u{2a})"), (Pieces{"", ""}));
  EXPECT_FALSE(unescape_pattern(R"(\d)").ok());
}

}  // namespace
}  // namespace ward::cedar
