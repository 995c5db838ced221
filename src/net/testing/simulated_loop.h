// A loop under simulated time: nothing waits; when no task is due the clock jumps to the next
// timer. Runs are repeatable: tasks and timers run in order of time, then of their making.
#pragma once

#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "net/loop.h"

namespace ward::net {
class TimerQueue;
}

namespace ward::net::testing {

// One thread makes it and runs it; post() and stop() may come from any.
class SimulatedLoop final : public Loop {
 public:
  explicit SimulatedLoop(ManualClock& clock);
  ~SimulatedLoop() override;

  // Unlike SystemLoop it also returns when no task and no timer is left.
  void run() override;
  // Advances the clock by `duration` in all, running what falls due on the way.
  void run_for(Duration duration) override;
  void stop() override;
  void post(Task task) override;
  [[nodiscard]] Timer after(Duration delay, Task task) override;
  bool is_loop_thread() const override;
  const Clock& clock() const override { return clock_; }

 private:
  void run_until(MonotonicTime end);
  bool run_posted();  // false when stopped

  ManualClock& clock_;
  std::shared_ptr<TimerQueue> timers_;
  mutable std::mutex mutex_;  // guards the rest
  std::vector<Task> posted_;
  bool stopped_ = false;
  std::thread::id runner_;
};

}  // namespace ward::net::testing
