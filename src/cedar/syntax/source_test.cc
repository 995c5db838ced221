#include "cedar/syntax/source.h"

#include <gtest/gtest.h>

namespace ward::cedar {
namespace {

std::string excerpt(std::string text, std::uint32_t begin, std::uint32_t end) {
  return SourceText{"t", std::move(text)}.excerpt({begin, end});
}

TEST(SourceExcerpt, ACaretStandsUnderEachCharacter) {
  EXPECT_EQ(excerpt("one\ntwo three\nfour", 8, 13), "two three\n    ^^^^^");
  EXPECT_EQ(excerpt("one", 0, 3), "one\n^^^");
}

TEST(SourceExcerpt, OnlyTheFirstLineIsShown) {
  EXPECT_EQ(excerpt("one\ntwo\nthree", 5, 13), "two\n ^^");
}

TEST(SourceExcerpt, TabsStayAndCharactersOfManyBytesAreOne) {
  EXPECT_EQ(excerpt("\té \xe2\x82\xac x", 8, 9), "\té \xe2\x82\xac x\n\t    ^");
  EXPECT_EQ(excerpt("a\x1b[m b", 5, 6), "a [m b\n     ^");
}

TEST(SourceExcerpt, AnEmptySpanAndTheEndHaveOneCaret) {
  EXPECT_EQ(excerpt("ab", 1, 1), "ab\n ^");
  EXPECT_EQ(excerpt("ab\n", 2, 3), "ab\n  ^");
  EXPECT_EQ(excerpt("ab", 2, 2), "ab\n  ^");
  EXPECT_EQ(excerpt("ab", 9, 12), "ab\n  ^");
  EXPECT_EQ(excerpt("", 0, 0), "\n^");
}

TEST(SourceExcerpt, NothingThatDrivesATerminalIsShown) {
  EXPECT_EQ(excerpt("\x7f\xc2\x9b\xe2\x80\xaex\xe2\x81\xa6\ry", 6, 7), "   x  y\n   ^");
  EXPECT_EQ(excerpt("\xc2\xa0\xe2\x82\xac", 2, 5), "\xc2\xa0\xe2\x82\xac\n ^");
}

TEST(SourceExcerpt, ALongLineIsCut) {
  const std::string cut = excerpt(std::string(100'000, 'x'), 50'000, 90'000);
  EXPECT_EQ(cut.size(), 2 * (2 * kExcerptBytesMax) + 1);
  EXPECT_EQ(cut.find('^'), 3 * kExcerptBytesMax + 1);
  // Not inside of a character.
  std::string wide;
  for (int i = 0; i < 1'000; ++i) wide += "\xe2\x82\xac";
  EXPECT_TRUE(excerpt(wide + "x", 3'000, 3'001).starts_with("\xe2\x82\xac"));
}

TEST(SourcePlace, AMessageLeadsBackToItsPlace) {
  const SourceText source{"a:1.cedar", "one\n\xe2\x82\xac two\nthree"};
  for (std::size_t at = 0; at <= source.text.size(); ++at) {
    const std::string message = source.place(at) + ": x: y";
    const auto found = source.find_place(message);
    ASSERT_TRUE(found) << message;
    EXPECT_EQ(source.place(found->offset), source.place(at));
    EXPECT_EQ(found->message, "x: y");
  }
  const SourceText nameless{"", "one"};
  ASSERT_TRUE(nameless.find_place("1:2: x"));
  EXPECT_EQ(nameless.find_place("1:2: x")->offset, 1u);
}

TEST(SourcePlace, OtherMessagesHaveNone) {
  const SourceText source{"a", "one\ntwo"};
  for (const char* message : {"", "a", "a:", "a:1", "a:1:1", "a:1:1:", "a:1:1:x", "a: x",
                              "b:1:1: x", "a:0:1: x", "a:1:0: x", "a:-1:1: x", "a:1:5: x",
                              "a:3:1: x", "a:2:5: x", "a:99999999999999999999:1: x"}) {
    EXPECT_FALSE(source.find_place(message)) << message;
  }
}

}  // namespace
}  // namespace ward::cedar
