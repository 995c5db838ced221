// The timers of a loop, in order of time, then of making. Private to net; the loop's thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "net/loop.h"

namespace ward::net {

class TimerQueue : public std::enable_shared_from_this<TimerQueue> {
 public:
  // The timer may outlive the queue.
  Timer add(MonotonicTime due, Task task);

  std::optional<MonotonicTime> next() const;

  // The first task due at `now` or before, taken out; empty when there is none.
  Task take_due(MonotonicTime now);

 private:
  class Entry;
  using Order = std::pair<MonotonicTime, std::uint64_t>;

  std::map<Order, Task> tasks_;
  std::uint64_t made_ = 0;
};

}  // namespace ward::net
