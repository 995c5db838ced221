#include "net/timer_queue.h"

namespace ward::net {

class TimerQueue::Entry final : public Timer::Pending {
 public:
  Entry(std::weak_ptr<TimerQueue> queue, Order order) : queue_(std::move(queue)), order_(order) {}

  void cancel() override {
    // The node outlives its removal, so that what the task holds goes when the map is whole again.
    if (const auto queue = queue_.lock()) const auto removed = queue->tasks_.extract(order_);
  }

 private:
  std::weak_ptr<TimerQueue> queue_;
  Order order_;
};

Timer TimerQueue::add(MonotonicTime due, Task task) {
  const Order order{due, made_++};
  tasks_.emplace(order, std::move(task));
  return Timer(std::make_shared<Entry>(weak_from_this(), order));
}

std::optional<MonotonicTime> TimerQueue::next() const {
  if (tasks_.empty()) return std::nullopt;
  return tasks_.begin()->first.first;
}

Task TimerQueue::take_due(MonotonicTime now) {
  if (tasks_.empty() || tasks_.begin()->first.first > now) return nullptr;
  return std::move(tasks_.extract(tasks_.begin()).mapped());
}

}  // namespace ward::net
