#include "codec/quantity.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace ward::codec {
namespace {

using namespace std::chrono_literals;

TEST(Duration, ReadsUnitsFromLargeToSmall) {
  EXPECT_EQ(parse_duration("5s").value(), 5s);
  EXPECT_EQ(parse_duration("10ms").value(), 10ms);
  EXPECT_EQ(parse_duration("1h30m").value(), 90min);
  EXPECT_EQ(parse_duration("7d").value(), 168h);
  EXPECT_EQ(parse_duration("1s500ms20us1ns").value(), 1'500'020'001ns);
  EXPECT_EQ(parse_duration("0").value(), 0s);
  EXPECT_EQ(parse_duration("0s").value(), 0s);
  EXPECT_EQ(parse_duration("36525d").value(), 24h * 36'525);
}

TEST(Duration, RefusesWhatHasNoUnitOrTooManyOrIsTooLong) {
  for (const std::string_view bad :
       {"", "5", "s", "-5s", "+5s", "5 s", " 5s", "5s ", "1.5s", "5S", "5sec", "5m1h", "1s1s",
        "36526d", "36525d1ns", "99999999999999999999s", "18446744073709551615ns"}) {
    EXPECT_FALSE(parse_duration(bad).ok()) << bad;
  }
}

TEST(Duration, FormatsExactly) {
  EXPECT_EQ(format_duration(90min), "1h30m");
  EXPECT_EQ(format_duration(0s), "0s");
  EXPECT_EQ(format_duration(-1500ms), "-1s500ms");
  EXPECT_TRUE(rc::check("duration", [] {
    const std::chrono::nanoseconds duration(
        *rc::gen::inRange<std::int64_t>(0, 3'155'760'000'000'000'000));
    RC_ASSERT(parse_duration(format_duration(duration)).value() == duration);
  }));
}

TEST(Size, ReadsBinaryAndDecimalUnits) {
  EXPECT_EQ(parse_size("512").value(), 512U);
  EXPECT_EQ(parse_size("512B").value(), 512U);
  EXPECT_EQ(parse_size("16KiB").value(), 16'384U);
  EXPECT_EQ(parse_size("16kB").value(), 16'000U);
  EXPECT_EQ(parse_size("1TiB").value(), 1ULL << 40);
  for (const std::string_view bad : {"", "KiB", "-1", "1.5MiB", "16 KiB", "16kib", "16K", "16KiB1B",
                                     "16777216TiB", "18446744073709551616"}) {
    EXPECT_FALSE(parse_size(bad).ok()) << bad;
  }
}

TEST(Size, FormatsExactly) {
  EXPECT_EQ(format_size(16'384), "16KiB");
  EXPECT_EQ(format_size(0), "0B");
  EXPECT_EQ(format_size(1025), "1025B");
  EXPECT_TRUE(rc::check("size", [](std::uint64_t bytes) {
    RC_ASSERT(parse_size(format_size(bytes)).value() == bytes);
  }));
}

}  // namespace
}  // namespace ward::codec
