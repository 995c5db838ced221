#include "codec/time.h"

#include <algorithm>

namespace ward::codec {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr WallTime kEarliest = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
constexpr WallTime kLatest =
    std::chrono::sys_days(std::chrono::year(10000) / 1 / 1) - microseconds(1);

// Takes exactly the fields of a fixed format off the front of a text.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  unsigned digits(std::size_t count) {
    if (rest_.size() < count) return fail();
    unsigned value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return fail();
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  bool skip(char a, char b) {
    if (rest_.empty() || (rest_[0] != a && rest_[0] != b)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char a, char b) {
    if (!skip(a, b)) fail();
  }

  // The digits of a fraction of a second, those beyond the sixth cut off.
  microseconds fraction() {
    std::int64_t value = 0;
    std::size_t count = 0;
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') {
      if (count < 6) value = value * 10 + (rest_[0] - '0');
      ++count;
      rest_.remove_prefix(1);
    }
    if (count == 0 || count > 9) fail();
    for (; count < 6; ++count) value *= 10;
    return microseconds(value);
  }

  bool is_whole() const { return !has_failed_ && rest_.empty(); }

 private:
  unsigned fail() {
    has_failed_ = true;
    return 0;
  }

  std::string_view rest_;
  bool has_failed_ = false;
};

}  // namespace

Result<WallTime> from_civil(const CivilTime& civil) {
  const auto date =
      std::chrono::year(civil.year) / std::chrono::month(civil.month) / std::chrono::day(civil.day);
  if (civil.year < 0 || civil.year > 9999 || !date.ok()) {
    return invalid_argument("no such date: {:04}-{:02}-{:02}", civil.year, civil.month, civil.day);
  }
  if (civil.hour > 23 || civil.minute > 59 || civil.second > 59) {
    return invalid_argument("no such time of day: {:02}:{:02}:{:02}", civil.hour, civil.minute,
                            civil.second);
  }
  return WallTime(std::chrono::sys_days(date)) + hours(civil.hour) + minutes(civil.minute) +
         seconds(civil.second);
}

CivilTime to_civil(WallTime time) {
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<seconds>(time - day));
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<unsigned>(date.month()),
          .day = static_cast<unsigned>(date.day()),
          .hour = static_cast<unsigned>(clock.hours().count()),
          .minute = static_cast<unsigned>(clock.minutes().count()),
          .second = static_cast<unsigned>(clock.seconds().count())};
}

std::string format_rfc3339(WallTime time, TimePrecision precision) {
  time = std::clamp(time, kEarliest, kLatest);
  const CivilTime civil = to_civil(time);
  const auto fraction = (time - std::chrono::floor<seconds>(time)).count();
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", civil.year, civil.month,
                                 civil.day, civil.hour, civil.minute, civil.second);
  switch (precision) {
    case TimePrecision::kSeconds:
      return text + "Z";
    case TimePrecision::kMilliseconds:
      return text + fmt::format(".{:03}Z", fraction / 1000);
    case TimePrecision::kMicroseconds:
      return text + fmt::format(".{:06}Z", fraction);
  }
  WARD_UNREACHABLE();
}

Result<WallTime> parse_rfc3339(std::string_view text) {
  const auto wrong = [text] {
    return invalid_argument("expected a time such as `2026-01-31T08:00:00Z`, got `{:.40}`", text);
  };
  FieldReader reader(text);
  CivilTime civil;
  civil.year = static_cast<int>(reader.digits(4));
  reader.expect('-', '-');
  civil.month = reader.digits(2);
  reader.expect('-', '-');
  civil.day = reader.digits(2);
  reader.expect('T', 't');
  civil.hour = reader.digits(2);
  reader.expect(':', ':');
  civil.minute = reader.digits(2);
  reader.expect(':', ':');
  civil.second = reader.digits(2);
  microseconds fraction(0);
  if (reader.skip('.', '.')) fraction = reader.fraction();
  minutes offset(0);
  if (!reader.skip('Z', 'z')) {
    const bool is_west = reader.skip('-', '-');
    if (!is_west) reader.expect('+', '+');
    const unsigned hour = reader.digits(2);
    reader.expect(':', ':');
    const unsigned minute = reader.digits(2);
    if (hour > 23 || minute > 59) return wrong();
    offset = (hours(hour) + minutes(minute)) * (is_west ? -1 : 1);
  }
  if (!reader.is_whole()) return wrong();
  WARD_TRY(const WallTime local, from_civil(civil));
  return local + fraction - offset;
}

}  // namespace ward::codec
