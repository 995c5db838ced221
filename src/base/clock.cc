#include "base/clock.h"

namespace ward {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;
using std::chrono::time_point_cast;

WallTime SystemClock::now() const {
  return time_point_cast<microseconds>(system_clock::now());
}

MonotonicTime SystemClock::monotonic() const {
  return time_point_cast<nanoseconds>(steady_clock::now());
}

ManualClock::ManualClock(WallTime start) : start_(start) {}

WallTime ManualClock::now() const {
  return start_ + duration_cast<microseconds>(nanoseconds(elapsed_ns_.load()));
}

MonotonicTime ManualClock::monotonic() const {
  return MonotonicTime{nanoseconds(elapsed_ns_.load())};
}

void ManualClock::advance(nanoseconds by) {
  elapsed_ns_.fetch_add(by.count());
}

}  // namespace ward
