// Points in time as text: RFC 3339, in UTC when written.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace ward::codec {

enum class TimePrecision : std::uint8_t { kSeconds, kMilliseconds, kMicroseconds };

// `2026-11-24T05:39:16Z`, `2026-11-24T05:39:16.042Z`; what is finer is cut off. Years 0 to 9999
// only: what lies outside is written as the nearest end.
std::string format_rfc3339(WallTime time, TimePrecision precision = TimePrecision::kSeconds);

// RFC 3339 5.6 `date-time`: an offset or `Z`, `T` and `Z` in either case, up to 9 digits of
// fraction of which 6 are kept. A leap second
// (`:60`) is refused: WallTime has none. kInvalidArgument.
Result<WallTime> parse_rfc3339(std::string_view text);

// A date and time of day that exists, from fields as they stand in ASN.1 and RFC 3339.
struct CivilTime {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
};
Result<WallTime> from_civil(const CivilTime& civil);
CivilTime to_civil(WallTime time);  // seconds cut off downward

}  // namespace ward::codec
