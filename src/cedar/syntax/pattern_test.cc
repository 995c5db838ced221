#include "cedar/syntax/pattern.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>

#include "cedar/value/unescape.h"

namespace ward::cedar {
namespace {

Pattern pattern(std::string_view body) {
  return Pattern(*unescape_pattern(body));
}

TEST(Pattern, MatchesTheWholeText) {
  EXPECT_TRUE(pattern("abc").matches("abc"));
  EXPECT_FALSE(pattern("abc").matches("abcd"));
  EXPECT_FALSE(pattern("b").matches("abc"));
  EXPECT_TRUE(pattern("").matches(""));
  EXPECT_FALSE(pattern("").matches("a"));
}

TEST(Pattern, WildcardsStandForAnyRunAlsoTheEmptyOne) {
  EXPECT_TRUE(pattern("*").matches(""));
  EXPECT_TRUE(pattern("a*").matches("a"));
  EXPECT_TRUE(pattern("*.txt").matches("x.txt"));
  EXPECT_FALSE(pattern("*.txt").matches("x.txt2"));
  EXPECT_TRUE(pattern("a*b*c").matches("a-b-b-c"));
  EXPECT_FALSE(pattern("a*b*c").matches("a-c-b"));
  EXPECT_FALSE(pattern("ab*ba").matches("aba"));  // the ends may not overlap
  EXPECT_TRUE(pattern("**a**").matches("bab"));
}

TEST(Pattern, EscapedStarsAreStars) {
  EXPECT_TRUE(pattern(R"(a\*b)").matches("a*b"));
  EXPECT_FALSE(pattern(R"(a\*b)").matches("axb"));
  EXPECT_EQ(pattern(R"(\*a*\"\n)").text(), R"("\*a*\"\n")");
}

TEST(Pattern, CharactersBeyondAsciiMatchWhole) {
  EXPECT_TRUE(pattern("👀*🤝").matches("👀🤞🤝"));
  EXPECT_FALSE(pattern("é").matches("e"));
}

// By the book: a star matches nothing, or one character and then itself again.
bool matches_naively(const std::vector<std::string>& pieces, std::size_t piece,
                     std::string_view text) {
  const std::string& literal = pieces[piece];
  if (!text.starts_with(literal)) return false;
  text.remove_prefix(literal.size());
  if (piece + 1 == pieces.size()) return text.empty();
  for (std::size_t skip = 0; skip <= text.size(); ++skip) {
    if (matches_naively(pieces, piece + 1, text.substr(skip))) return true;
  }
  return false;
}

RC_GTEST_PROP(Pattern, AgreesWithTheDefinition, ()) {
  const auto letters = rc::gen::inRange<char>('a', 'c');
  auto pieces = *rc::gen::nonEmpty(
      rc::gen::resize(4, rc::gen::container<std::vector<std::string>>(
                             rc::gen::resize(12, rc::gen::container<std::string>(letters)))));
  // Half of the time a text that matches, or nearly so.
  std::string text = *rc::gen::container<std::string>(letters);
  if (*rc::gen::arbitrary<bool>()) {
    text.clear();
    for (const std::string& piece : pieces) {
      text += piece + *rc::gen::resize(5, rc::gen::container<std::string>(letters));
    }
  }
  RC_ASSERT(Pattern(pieces).matches(text) == matches_naively(pieces, 0, text));
}

TEST(Pattern, AdverseInputTakesLinearTime) {
  // 200,000 times 100,000 steps if the matcher backtracked or searched naively.
  const std::string text(200'000, 'a');
  const std::string needle = std::string(100'000, 'a') + 'b';
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(Pattern({"", needle, ""}).matches(text));
  std::vector<std::string> many(10'000, "a");
  many.push_back("b");
  many.push_back("");
  EXPECT_FALSE(Pattern(many).matches(text));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

}  // namespace
}  // namespace ward::cedar
