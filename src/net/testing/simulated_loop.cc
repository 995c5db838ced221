#include "net/testing/simulated_loop.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ward::net::testing {

// Cancelling only empties it: the entry stays in the loop's map until its time, which keeps a timer
// safe to cancel after its loop is gone.
class SimulatedLoop::PendingTimer final : public Timer::Pending {
 public:
  explicit PendingTimer(Task task) : task_(std::move(task)) {}
  void cancel() override { task_ = nullptr; }
  bool is_cancelled() const { return !task_; }
  void fire() {
    if (auto task = std::exchange(task_, nullptr)) task();
  }

 private:
  Task task_;
};

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
    std::erase_if(timers_, [](const auto& entry) { return entry.second->is_cancelled(); });
    if (timers_.empty() || timers_.begin()->first.first > end) {
      if (end != MonotonicTime::max()) clock_.advance(end - clock_.monotonic());
      break;
    }
    const auto due = timers_.begin()->first.first;
    if (due > clock_.monotonic()) clock_.advance(due - clock_.monotonic());
    const auto timer = timers_.extract(timers_.begin());
    timer.mapped()->fire();
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
  auto pending = std::make_shared<PendingTimer>(std::move(task));
  const auto due = clock_.monotonic() + std::max(delay, Duration::zero());
  timers_.emplace(Order{due, timers_made_++}, pending);
  return Timer(std::move(pending));
}

bool SimulatedLoop::is_loop_thread() const {
  const std::lock_guard lock(mutex_);
  return runner_ == std::thread::id{} || runner_ == std::this_thread::get_id();
}

}  // namespace ward::net::testing
