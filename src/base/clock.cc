#include "base/clock.h"

#include <time.h>

namespace ward {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::nanoseconds;
using std::chrono::system_clock;
using std::chrono::time_point_cast;

WallTime SystemClock::now() const {
  return time_point_cast<microseconds>(system_clock::now());
}

// Counts the time that the machine was suspended, which CLOCK_MONOTONIC does not: a bound on how
// old something may be holds after a sleep too. Timers of a loop do not count it.
MonotonicTime SystemClock::monotonic() const {
  timespec time{};
  // Never fails: the clock is there since Linux 2.6.39, and `time` is ours.
  (void)::clock_gettime(CLOCK_BOOTTIME, &time);
  return MonotonicTime{std::chrono::seconds{time.tv_sec} + nanoseconds{time.tv_nsec}};
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
