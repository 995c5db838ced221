#include "http/date.h"

#include <gtest/gtest.h>

namespace ward::http {
namespace {

using namespace std::chrono_literals;

WallTime at(std::chrono::year_month_day date, std::chrono::seconds since_midnight) {
  return std::chrono::sys_days(date) + since_midnight;
}

// The first is RFC 9110 5.6.7's own.
TEST(HttpDate, IsTheFixedForm) {
  using namespace std::chrono;
  EXPECT_EQ(to_http_date(at(1994y / November / 6, 8h + 49min + 37s)),
            "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(to_http_date(at(2000y / February / 29, 0s)), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(to_http_date(at(2026y / December / 31, 23h + 59min + 59s)),
            "Thu, 31 Dec 2026 23:59:59 GMT");
  EXPECT_EQ(to_http_date(at(1969y / December / 31, 86399s) + 999ms),
            "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(HttpDate, FieldFollowsTheClockBySeconds) {
  ManualClock clock(
      at({std::chrono::year(2000), std::chrono::month(2), std::chrono::day(29)}, 12h));
  DateField field(clock);
  EXPECT_EQ(field.text(), "Tue, 29 Feb 2000 12:00:00 GMT");
  clock.advance(999ms);
  EXPECT_EQ(field.text(), "Tue, 29 Feb 2000 12:00:00 GMT");
  clock.advance(1ms);
  EXPECT_EQ(field.text(), "Tue, 29 Feb 2000 12:00:01 GMT");
}

}  // namespace
}  // namespace ward::http
