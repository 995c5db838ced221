// Cedar's datetime and duration: signed 64-bit counts of milliseconds.
//
// A datetime counts from 1970-01-01T00:00:00Z without leap seconds. Arithmetic that int64 does not
// hold gives nothing, which the evaluator reports as an error. Source: Cedar RFC 80.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace ward::cedar {

class Duration {
 public:
  constexpr Duration() = default;
  static constexpr Duration of_ms(std::int64_t ms) { return Duration(ms); }

  // `-?(Nd)?(Nh)?(Nm)?(Ns)?(Nms)?` with at least one part; kInvalidArgument for other text and for
  // what does not fit.
  static Result<Duration> parse(std::string_view text);

  constexpr std::int64_t ms() const { return ms_; }
  // Rounded toward zero.
  constexpr std::int64_t seconds() const { return ms_ / 1000; }
  constexpr std::int64_t minutes() const { return seconds() / 60; }
  constexpr std::int64_t hours() const { return minutes() / 60; }
  constexpr std::int64_t days() const { return hours() / 24; }

  // `1500ms`, which parse() reads.
  std::string text() const;

  constexpr auto operator<=>(const Duration&) const = default;

 private:
  explicit constexpr Duration(std::int64_t ms) : ms_(ms) {}

  std::int64_t ms_ = 0;
};

class Datetime {
 public:
  constexpr Datetime() = default;
  static constexpr Datetime of_epoch_ms(std::int64_t ms) { return Datetime(ms); }
  static Datetime of(WallTime time);  // rounded down to the millisecond

  // `YYYY-MM-DD`, optionally followed by `THH:MM:SS`, an optional `.mmm`, and `Z` or `+HHMM` or
  // `-HHMM` (HH < 24, MM < 60). kInvalidArgument for other text, for days the Gregorian calendar
  // does not have, and for leap seconds.
  static Result<Datetime> parse(std::string_view text);

  constexpr std::int64_t epoch_ms() const { return ms_; }

  std::optional<Datetime> offset(Duration by) const;
  std::optional<Duration> since(Datetime earlier) const;
  std::optional<Datetime> date() const;  // midnight of its day; nothing near the least value
  Duration time_of_day() const;          // 0 <= result < 1 day

  // `2024-10-15T11:38:02.101Z`, which parse() reads; nothing outside the years 0000 to 9999.
  std::optional<std::string> text() const;

  constexpr auto operator<=>(const Datetime&) const = default;

 private:
  explicit constexpr Datetime(std::int64_t ms) : ms_(ms) {}

  std::int64_t ms_ = 0;
};

}  // namespace ward::cedar
