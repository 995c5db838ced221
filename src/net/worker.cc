#include "net/worker.h"

#include <utility>

namespace ward::net {

Worker::Worker(Loop& loop, std::size_t jobs_max)
    : loop_(loop),
      jobs_max_(jobs_max),
      thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

Worker::~Worker() = default;

bool Worker::enqueue(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() >= jobs_max_) return false;
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

void Worker::run(std::stop_token stop) {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [this] { return !jobs_.empty(); })) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    loop_.post([alive = std::weak_ptr(alive_), task = job()]() mutable {
      if (!alive.expired()) task();
    });
  }
}

}  // namespace ward::net
