// A thread for what may block: jobs run on it one after another, and what each returns runs on the
// loop.
//
// Loop thread. Jobs may use what the owner has: destroying the worker waits for the job that runs,
// and drops the others and every result that has not run.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "net/loop.h"

namespace ward::net {

class Worker {
 public:
  using Job = std::move_only_function<Task()>;

  Worker(Loop& loop, std::size_t jobs_max);
  ~Worker();

  // False when `jobs_max` wait.
  [[nodiscard]] bool enqueue(Job job);

 private:
  void run(std::stop_token stop);

  Loop& loop_;
  const std::size_t jobs_max_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Job> jobs_;  // guarded by mutex_
  std::jthread thread_;   // last: it uses all of the above
};

}  // namespace ward::net
