#include "net/testing/simulated_loop.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "net/timer_queue.h"

namespace ward::net::testing {

SimulatedLoop::SimulatedLoop(ManualClock& clock)
    : clock_(clock), timers_(std::make_shared<TimerQueue>()) {}

SimulatedLoop::~SimulatedLoop() = default;

void SimulatedLoop::run() {
  run_until(MonotonicTime::max());
}

void SimulatedLoop::run_for(Duration duration) {
  run_until(clock_.monotonic() + duration);
}

void SimulatedLoop::run_until(MonotonicTime end) {
  {
    const std::lock_guard lock(mutex_);
    WARD_CHECK(runner_ == std::thread::id{});
    runner_ = std::this_thread::get_id();
  }
  while (run_posted()) {
    const auto due = timers_->next();
    if (!due || *due > end) {
      if (end != MonotonicTime::max()) clock_.advance(end - clock_.monotonic());
      break;
    }
    if (*due > clock_.monotonic()) clock_.advance(*due - clock_.monotonic());
    timers_->take_due (*due)();
  }
  const std::lock_guard lock(mutex_);
  runner_ = {};
  stopped_ = false;
}

bool SimulatedLoop::run_posted() {
  for (;;) {
    std::vector<Task> tasks;
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return false;
      if (posted_.empty()) return true;
      tasks.swap(posted_);
    }
    for (auto task = tasks.begin(); task != tasks.end(); ++task) {
      std::exchange(*task, nullptr)();
      const std::lock_guard lock(mutex_);
      if (!stopped_) continue;
      posted_.insert(posted_.begin(), std::move_iterator(task + 1),
                     std::move_iterator(tasks.end()));
      return false;
    }
  }
}

void SimulatedLoop::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
}

void SimulatedLoop::post(Task task) {
  const std::lock_guard lock(mutex_);
  posted_.push_back(std::move(task));
}

Timer SimulatedLoop::after(Duration delay, Task task) {
  return timers_->add(clock_.monotonic() + std::max(delay, Duration::zero()), std::move(task));
}

bool SimulatedLoop::is_loop_thread() const {
  const std::lock_guard lock(mutex_);
  return runner_ == std::thread::id{} || runner_ == std::this_thread::get_id();
}

}  // namespace ward::net::testing
