#include "world/text.h"

#include <gtest/gtest.h>

#include "world/text_map.h"

namespace ward::world {
namespace {

TEST(Text, ReadsAsTheStringItWasMadeOf) {
  for (const std::string& string :
       {std::string(), std::string("a"), std::string("abcd"), std::string(5000, 'x')}) {
    const Text text(string);
    EXPECT_EQ(text.view(), string);
    EXPECT_EQ(text.size(), string.size());
    EXPECT_EQ(text.empty(), string.empty());
  }
}

TEST(Text, CopiesShareAndOutliveTheFirst) {
  Text copy;
  {
    const Text first("spiffe://example.org/a");
    copy = first;
    EXPECT_EQ(copy.view().data(), first.view().data());
  }
  EXPECT_EQ(copy, "spiffe://example.org/a");
}

TEST(Text, OrdersAsStringsDo) {
  EXPECT_LT(Text("a"), Text("b"));
  EXPECT_LT(Text(), Text("a"));
  EXPECT_EQ(Text("a"), Text("a"));
  EXPECT_EQ(fmt::format("{}", Text("a")), "a");
}

TEST(TextMap, IsSortedAndTheLaterOfTwoWins) {
  const TextMap map{{"b", "2"}, {"a", "1"}, {"b", "3"}, {"", ""}};
  const std::vector<TextMap::Pair> pairs(map.begin(), map.end());
  EXPECT_EQ(pairs, (std::vector<TextMap::Pair>{{"", ""}, {"a", "1"}, {"b", "3"}}));
  EXPECT_EQ(map.find("b"), "3");
  EXPECT_EQ(map.find("c"), std::nullopt);
  EXPECT_EQ(map.size(), 3u);
}

TEST(TextMap, HoldsTheLongestPair) {
  const std::string longest(TextMap::kValueBytesMax, 'v');
  const TextMap map{{"k", longest}, {"l", "after"}};
  EXPECT_EQ(map.find("k"), longest);
  EXPECT_EQ(map.find("l"), "after");
}

}  // namespace
}  // namespace ward::world
