// Time is a parameter: nothing below the programs asks the system for it.
#pragma once

#include <atomic>
#include <chrono>

namespace ward {

// UTC, without leap seconds. Microseconds are what evidence records keep.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

// Any thread may call.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime now() const = 0;
  virtual MonotonicTime monotonic() const = 0;
};

class SystemClock final : public Clock {
 public:
  WallTime now() const override;
  MonotonicTime monotonic() const override;
};

// A clock that moves only when told; for tests and simulation.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start = WallTime{std::chrono::seconds{1'700'000'000}});
  WallTime now() const override;
  MonotonicTime monotonic() const override;
  void advance(std::chrono::nanoseconds by);

 private:
  WallTime start_;
  std::atomic<std::int64_t> elapsed_ns_{0};
};

}  // namespace ward
