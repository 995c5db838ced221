// The Date field of responses (RFC 9110 6.6.1) in the one form that may be sent (5.6.7).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace ward::http {

// `Sun, 06 Nov 1994 08:49:37 GMT`; the second that `time` is in. Years 1 to 9999.
std::string to_http_date(WallTime time);

// Written anew when the clock's second changes, not for each response. The loop's thread; `clock`
// outlives it.
class DateField {
 public:
  explicit DateField(const Clock& clock) : clock_(clock) {}
  DateField(const DateField&) = delete;
  DateField& operator=(const DateField&) = delete;

  // Valid until the next call.
  std::string_view text();

 private:
  const Clock& clock_;
  std::chrono::sys_seconds written_{std::chrono::seconds::min()};
  std::string text_;
};

}  // namespace ward::http
