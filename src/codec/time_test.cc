#include "codec/time.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace ward::codec {
namespace {

WallTime at(std::int64_t microseconds) {
  return WallTime{std::chrono::microseconds(microseconds)};
}

TEST(Rfc3339, FormatsAtEachPrecision) {
  const WallTime time = at(1'700'000'000'123'456);
  EXPECT_EQ(format_rfc3339(time), "2023-11-14T22:13:20Z");
  EXPECT_EQ(format_rfc3339(time, TimePrecision::kMilliseconds), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(format_rfc3339(time, TimePrecision::kMicroseconds), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(format_rfc3339(at(-1), TimePrecision::kMicroseconds), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_rfc3339(WallTime::max()), "9999-12-31T23:59:59Z");
  EXPECT_EQ(format_rfc3339(WallTime::min()), "0000-01-01T00:00:00Z");
}

TEST(Rfc3339, ReadsTheExamplesOfSection58) {
  EXPECT_EQ(parse_rfc3339("1985-04-12T23:20:50.52Z").value(), at(482'196'050'520'000));
  EXPECT_EQ(parse_rfc3339("1996-12-19T16:39:57-08:00").value(),
            parse_rfc3339("1996-12-20T00:39:57Z").value());
  EXPECT_EQ(parse_rfc3339("1937-01-01T12:00:27.87+00:20").value(),
            parse_rfc3339("1937-01-01t11:40:27.87z").value());
  EXPECT_EQ(parse_rfc3339("2026-01-01T00:00:00.123456789Z").value(),
            parse_rfc3339("2026-01-01T00:00:00.123456Z").value());
}

TEST(Rfc3339, RefusesWhatIsNoDateTime) {
  for (const std::string_view bad :
       {"", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-1-01T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "1990-12-31T23:59:60Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00+0100",
        "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00,5Z",
        "+2026-01-01T00:00:00Z", "2026-01-01T00:00:0-Z"}) {
    EXPECT_FALSE(parse_rfc3339(bad).ok()) << bad;
  }
}

TEST(Rfc3339, RoundTripsEveryMicrosecond) {
  EXPECT_TRUE(rc::check("rfc3339", [] {
    const WallTime time =
        at(*rc::gen::inRange<std::int64_t>(-62'167'219'200'000'000, 253'402'300'800'000'000));
    RC_ASSERT(parse_rfc3339(format_rfc3339(time, TimePrecision::kMicroseconds)).value() == time);
  }));
}

}  // namespace
}  // namespace ward::codec
