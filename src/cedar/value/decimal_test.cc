#include "cedar/value/decimal.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ward::cedar {
namespace {

TEST(Decimal, ReadsTheTextsOfTheSpecification) {
  const std::pair<std::string_view, std::int64_t> cases[] = {
      {"1.0", 10'000},
      {"-1.0", -10'000},
      {"123.456", 1'234'560},
      {"0.1234", 1'234},
      {"-0.0123", -123},
      {"55.1", 551'000},
      {"00.00", 0},
      {"00012.5", 125'000},
      {"-922337203685477.5808", INT64_MIN},
      {"922337203685477.5807", INT64_MAX},
      {"-0.5", -5'000},  // the sign of a small negative was once lost in the reference
  };
  for (const auto& [text, count] : cases) {
    const auto decimal = Decimal::parse(text);
    ASSERT_TRUE(decimal.ok()) << text << ": " << decimal.error().text();
    EXPECT_EQ(decimal->ten_thousandths(), count) << text;
  }
}

TEST(Decimal, RefusesEveryOtherText) {
  for (const std::string_view text : {"",
                                      "1",
                                      "1.",
                                      ".1",
                                      "-",
                                      "-.1",
                                      "--1.0",
                                      "+1.0",
                                      "1.2.3",
                                      "1.12345",
                                      "1,0",
                                      " 1.0",
                                      "1.0 ",
                                      "1e2",
                                      "1.x",
                                      "x.1",
                                      "922337203685477.5808",
                                      "-922337203685477.5809",
                                      "99999999999999999999.0",
                                      "\xd9\xa1.0"}) {
    EXPECT_FALSE(Decimal::parse(text).ok()) << text;
  }
}

TEST(Decimal, IsEqualWhateverTheZerosAtItsEnd) {
  EXPECT_EQ(*Decimal::parse("1.0"), *Decimal::parse("1.0000"));
  EXPECT_LT(*Decimal::parse("-0.1"), *Decimal::parse("0.0"));
}

RC_GTEST_PROP(Decimal, TextReadsBack, (std::int64_t count)) {
  const Decimal decimal = Decimal::of_ten_thousandths(count);
  RC_ASSERT(*Decimal::parse(decimal.text()) == decimal);
}

TEST(Decimal, TextOfTheExtremesReadsBack) {
  for (const std::int64_t count : {INT64_MIN, INT64_MAX, std::int64_t{-1}, std::int64_t{0}}) {
    const Decimal decimal = Decimal::of_ten_thousandths(count);
    EXPECT_EQ(*Decimal::parse(decimal.text()), decimal) << decimal.text();
  }
}

}  // namespace
}  // namespace ward::cedar
