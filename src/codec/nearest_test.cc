#include "codec/nearest.h"

#include <gtest/gtest.h>

#include <vector>

namespace ward::codec {
namespace {

TEST(NearestName, FindsSlipsOfTheFingerAndNothingFarAway) {
  const std::vector<std::string_view> known = {"listen", "timeout", "id"};
  EXPECT_EQ(nearest_name("listne", known), "listen");
  EXPECT_EQ(nearest_name("time_out", known), "timeout");
  EXPECT_EQ(nearest_name("ip", known), "id");
  EXPECT_EQ(nearest_name("certificate", known), std::nullopt);
  EXPECT_EQ(nearest_name("", known), std::nullopt);
  EXPECT_EQ(nearest_name(std::string(10'000, 'x'), known), std::nullopt);
}

TEST(ListNames, ReadsAsASentencePart) {
  const std::vector<std::string_view> three = {"a", "b", "c"};
  EXPECT_EQ(list_names(three), "`a`, `b` or `c`");
  EXPECT_EQ(list_names(std::span(three).first(1)), "`a`");
}

}  // namespace
}  // namespace ward::codec
