#include "cedar/value/datetime.h"

#include <array>
#include <chrono>

#include "cedar/value/digits.h"

namespace ward::cedar {
namespace {

constexpr std::int64_t kSecondMs = 1000;
constexpr std::int64_t kMinuteMs = 60 * kSecondMs;
constexpr std::int64_t kHourMs = 60 * kMinuteMs;
constexpr std::int64_t kDayMs = 24 * kHourMs;

// Removes exactly `count` digits and gives their number.
std::optional<int> take_number(std::string_view& rest, std::size_t count) {
  if (rest.size() < count) return std::nullopt;
  int value = 0;
  for (const char c : rest.substr(0, count)) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  rest.remove_prefix(count);
  return value;
}

bool take(std::string_view& rest, char c) {
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

// `sign HH MM`, or `Z`; the minutes that local time is ahead of UTC.
std::optional<int> take_zone(std::string_view& rest) {
  if (take(rest, 'Z')) return 0;
  const bool ahead = take(rest, '+');
  if (!ahead && !take(rest, '-')) return std::nullopt;
  const auto hours = take_number(rest, 2);
  const auto minutes = hours ? take_number(rest, 2) : std::nullopt;
  if (!minutes || *hours >= 24 || *minutes >= 60) return std::nullopt;
  const int offset = *hours * 60 + *minutes;
  return ahead ? offset : -offset;
}

std::optional<std::int64_t> take_date_ms(std::string_view& rest) {
  const auto year = take_number(rest, 4);
  if (!year || !take(rest, '-')) return std::nullopt;
  const auto month = take_number(rest, 2);
  if (!month || !take(rest, '-')) return std::nullopt;
  const auto day = take_number(rest, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::int64_t{std::chrono::sys_days{date}.time_since_epoch().count()} * kDayMs;
}

// `THH:MM:SS`, `.mmm` and the zone, as milliseconds to add to midnight.
std::optional<std::int64_t> take_time_ms(std::string_view& rest) {
  if (!take(rest, 'T')) return std::nullopt;
  const auto hour = take_number(rest, 2);
  if (!hour || !take(rest, ':')) return std::nullopt;
  const auto minute = take_number(rest, 2);
  if (!minute || !take(rest, ':')) return std::nullopt;
  const auto second = take_number(rest, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  int ms = 0;
  if (take(rest, '.')) {
    const auto fraction = take_number(rest, 3);
    if (!fraction) return std::nullopt;
    ms = *fraction;
  }
  const auto zone = take_zone(rest);
  if (!zone) return std::nullopt;
  return *hour * kHourMs + (*minute - *zone) * kMinuteMs + *second * kSecondMs + ms;
}

// Milliseconds since the last midnight, also before 1970.
std::int64_t ms_of_day(std::int64_t ms) {
  const std::int64_t rest = ms % kDayMs;
  return rest < 0 ? rest + kDayMs : rest;
}

}  // namespace

Result<Duration> Duration::parse(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t ms;
  };
  constexpr std::array<Unit, 5> kUnits = {
      Unit{"d", kDayMs}, {"h", kHourMs}, {"m", kMinuteMs}, {"s", kSecondMs}, {"ms", 1}};
  std::string_view rest = text;
  const bool negative = take(rest, '-');
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  bool fits = true;
  const auto malformed = [&] {
    return invalid_argument(
        "`{}` is no duration: expected parts such as `1d2h3m4s5ms`, each at most once and in that "
        "order",
        text);
  };
  if (rest.empty()) return malformed();
  while (!rest.empty()) {
    const std::string_view digits = take_digits(rest);
    const std::size_t length = rest.starts_with("ms") ? 2 : 1;
    const std::string_view name = rest.substr(0, length);
    while (next_unit < kUnits.size() && kUnits[next_unit].name != name) ++next_unit;
    if (digits.empty() || next_unit == kUnits.size()) return malformed();
    rest.remove_prefix(length);
    auto part = digits_to_int64(digits, negative);
    fits = fits && part && !__builtin_mul_overflow(*part, kUnits[next_unit].ms, &*part) &&
           !__builtin_add_overflow(total, *part, &total);
    ++next_unit;
  }
  if (!fits) return invalid_argument("`{}` is out of the range of a duration", text);
  return Duration(total);
}

std::string Duration::text() const {
  return fmt::format("{}ms", ms_);
}

Datetime Datetime::of(WallTime time) {
  return Datetime(std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count());
}

Result<Datetime> Datetime::parse(std::string_view text) {
  std::string_view rest = text;
  const auto date = take_date_ms(rest);
  if (date && rest.empty()) return Datetime(*date);
  const auto time = date ? take_time_ms(rest) : std::nullopt;
  if (!time || !rest.empty()) {
    return invalid_argument(
        "`{}` is no datetime: expected a real day and time of the form `2024-10-15`, "
        "`2024-10-15T11:38:02Z` or `2024-10-15T11:38:02.101+0130`",
        text);
  }
  return Datetime(*date + *time);
}

std::optional<Datetime> Datetime::offset(Duration by) const {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(ms_, by.ms(), &sum)) return std::nullopt;
  return Datetime(sum);
}

std::optional<Duration> Datetime::since(Datetime earlier) const {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(ms_, earlier.ms_, &difference)) return std::nullopt;
  return Duration::of_ms(difference);
}

std::optional<Datetime> Datetime::date() const {
  std::int64_t midnight = 0;
  if (__builtin_sub_overflow(ms_, ms_of_day(ms_), &midnight)) return std::nullopt;
  return Datetime(midnight);
}

Duration Datetime::time_of_day() const {
  return Duration::of_ms(ms_of_day(ms_));
}

std::optional<std::string> Datetime::text() const {
  constexpr std::int64_t kYear0Ms = -62'167'219'200'000;
  constexpr std::int64_t kYear10000Ms = 253'402'300'800'000;
  if (ms_ < kYear0Ms || ms_ >= kYear10000Ms) return std::nullopt;
  const std::int64_t in_day = ms_of_day(ms_);
  const std::chrono::sys_days day{std::chrono::days{(ms_ - in_day) / kDayMs}};
  const std::chrono::year_month_day date{day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int{date.year()},
                     unsigned{date.month()}, unsigned{date.day()}, in_day / kHourMs,
                     in_day / kMinuteMs % 60, in_day / kSecondMs % 60, in_day % kSecondMs);
}

}  // namespace ward::cedar
