#include "cedar/value/datetime.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ward::cedar {
namespace {

std::int64_t ms(std::string_view text) {
  const auto parsed = Datetime::parse(text);
  EXPECT_TRUE(parsed.ok()) << text << ": " << parsed.error().text();
  return parsed.ok() ? parsed->epoch_ms() : -1;
}

TEST(Datetime, ReadsTheFormsOfRfc80) {
  EXPECT_EQ(ms("1970-01-01"), 0);
  EXPECT_EQ(ms("1970-01-01T00:00:01Z"), 1000);
  EXPECT_EQ(ms("1970-01-01T00:00:00.001Z"), 1);
  EXPECT_EQ(ms("1969-12-31T23:59:59.999Z"), -1);
  EXPECT_EQ(ms("2024-10-15"), 1'728'950'400'000);
  EXPECT_EQ(ms("2024-10-15T11:38:02Z"), 1'728'992'282'000);
  EXPECT_EQ(ms("0000-01-01"), -62'167'219'200'000);
  EXPECT_EQ(ms("9999-12-31T23:59:59.999Z"), 253'402'300'799'999);
  EXPECT_EQ(ms("2024-02-29"), 1'709'164'800'000);
}

TEST(Datetime, OffsetsGoTheRightWay) {
  EXPECT_EQ(ms("2024-10-15T11:38:02.101+1134"), ms("2024-10-15T00:04:02.101Z"));
  EXPECT_EQ(ms("2024-10-15T11:38:02.101-1134"), ms("2024-10-15T23:12:02.101Z"));
  EXPECT_EQ(ms("2024-10-15T23:59:00+2359"), ms("2024-10-15T00:00:00Z"));
  EXPECT_EQ(ms("2024-10-15T00:00:00-2359"), ms("2024-10-15T23:59:00Z"));
}

TEST(Datetime, RefusesEveryOtherText) {
  for (const std::string_view text : {"",
                                      "a",
                                      "-",
                                      "-1",
                                      "11-12-13",
                                      "1111-1x-20",
                                      "2024-10-15Z",
                                      "2024-10-15T11:38:02ZZ",
                                      "0000-0a-01",
                                      "10000-01-01",
                                      "10000-01-01T00:00:00Z",
                                      "2024-00-01",
                                      "2024-01-00",
                                      "2024-02-30",
                                      "2025-02-29",
                                      "2024-20-01",
                                      "2024-01-32",
                                      "2024-04-31",
                                      "2024-01-01T",
                                      "2024-01-01Ta",
                                      "2024-01-01T01:",
                                      "2024-01-01T01:02",
                                      "2024-01-01T01:02:0b",
                                      "2024-01-01T01::02:03",
                                      "2024-01-01T31:02:03Z",
                                      "2024-01-01T01:60:03Z",
                                      "2016-12-31T23:59:60Z",
                                      "2016-12-31T23:59:61Z",
                                      "2024-01-01T00:00:00",
                                      "2024-01-01T00:00:00T",
                                      "2024-01-01T00:00:00ZZ",
                                      "2024-01-01T00:00:00x001Z",
                                      "2024-01-01T00:00:00.0001Z",
                                      "2024-01-01T00:00:00.001ZZ",
                                      "2024-01-01T00:00:00➕0000",
                                      "2024-01-01T00:00:00.001+00000",
                                      "2024-01-01T00:00:00.001+2400",
                                      "2024-01-01T00:00:00.001+0060",
                                      "2024-01-01T24:00:00Z",
                                      "2024-01-01 00:00:00Z",
                                      "2024-01-01t00:00:00z",
                                      " 2024-01-01",
                                      "2024-01-01 "}) {
    EXPECT_FALSE(Datetime::parse(text).ok()) << text;
  }
}

TEST(Datetime, DateAndTimeOfDaySplitItAlsoBeforeTheEpoch) {
  const Datetime before = Datetime::of_epoch_ms(-1);
  EXPECT_EQ(before.date()->epoch_ms(), -86'400'000);
  EXPECT_EQ(before.time_of_day().ms(), 86'399'999);
  EXPECT_EQ(Datetime::of_epoch_ms(-86'400'000).time_of_day().ms(), 0);
  EXPECT_FALSE(Datetime::of_epoch_ms(INT64_MIN).date());
}

TEST(Datetime, OverflowGivesNothing) {
  const Datetime least = Datetime::of_epoch_ms(INT64_MIN);
  const Datetime greatest = Datetime::of_epoch_ms(INT64_MAX);
  EXPECT_FALSE(greatest.offset(Duration::of_ms(1)));
  EXPECT_FALSE(least.offset(Duration::of_ms(-1)));
  EXPECT_FALSE(greatest.since(least));
  EXPECT_EQ(greatest.since(greatest)->ms(), 0);
}

RC_GTEST_PROP(Datetime, TextReadsBackWithinTheFourDigitYears, ()) {
  const std::int64_t epoch_ms =
      *rc::gen::inRange<std::int64_t>(-62'167'219'200'000, 253'402'300'800'000);
  const Datetime datetime = Datetime::of_epoch_ms(epoch_ms);
  RC_ASSERT(*Datetime::parse(*datetime.text()) == datetime);
}

TEST(Datetime, YearsWithoutFourDigitsHaveNoText) {
  EXPECT_FALSE(Datetime::of_epoch_ms(INT64_MIN).text());
  EXPECT_FALSE(Datetime::of_epoch_ms(253'402'300'800'000).text());
}

TEST(Duration, ReadsUnitsInOrder) {
  const std::pair<std::string_view, std::int64_t> cases[] = {
      {"1h", 3'600'000},
      {"-10h", -36'000'000},
      {"5d3ms", 432'000'003},
      {"3h5m", 11'100'000},
      {"1d2h3m4s5ms", 93'784'005},
      {"0ms", 0},
      {"00001s", 1'000},
      {"1m2ms", 60'002},
      {"-9223372036854775808ms", INT64_MIN},
      {"9223372036854775807ms", INT64_MAX},
  };
  for (const auto& [text, expected] : cases) {
    const auto duration = Duration::parse(text);
    ASSERT_TRUE(duration.ok()) << text;
    EXPECT_EQ(duration->ms(), expected) << text;
  }
}

TEST(Duration, RefusesEveryOtherText) {
  for (const std::string_view text : {"",
                                      "-",
                                      "d",
                                      "1",
                                      "1d2h3m4s5ms6",
                                      "1x2m3s",
                                      ".23s",
                                      "1s1d",
                                      "1s1s",
                                      "1d2h3m4s5ms ",
                                      " 1d2h3m4s5ms",
                                      "1d9223372036854775807ms",
                                      "1d92233720368547758071ms",
                                      "9223372036854776s1ms",
                                      "-12142442932071h",
                                      "9223372036854775808ms",
                                      "-9223372036854775809ms",
                                      "--1ms",
                                      "+1ms",
                                      "1ms1m",
                                      "1ms2s",
                                      "-1d-1h"}) {
    EXPECT_FALSE(Duration::parse(text).ok()) << text;
  }
}

TEST(Duration, PartsRoundTowardZero) {
  const Duration negative = *Duration::parse("-1d23h59m59s999ms");
  EXPECT_EQ(negative.days(), -1);
  EXPECT_EQ(negative.hours(), -47);
  EXPECT_EQ(negative.seconds(), -172'799);
}

RC_GTEST_PROP(Duration, TextReadsBack, (std::int64_t count)) {
  RC_ASSERT(*Duration::parse(Duration::of_ms(count).text()) == Duration::of_ms(count));
}

}  // namespace
}  // namespace ward::cedar
