// The event loop: one thread on which sockets, timers and callbacks of a program's transport run.
//
// Everything made on a loop belongs to the loop's thread: it is used, called back and destroyed
// there, or while the loop does not run. post() and stop() are the only calls for other threads.
//
// Loop is an interface so that protocols can be driven by SystemLoop (epoll, real time) or by
// testing::SimulatedLoop (a ManualClock, no waiting) without noticing.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "base/clock.h"

namespace ward::net {

using Duration = std::chrono::nanoseconds;
using Task = std::move_only_function<void()>;

// A started timer. Once it is destroyed, assigned over or cancelled, its callback does not run;
// a callback may do so to its own timer. Loop thread. It may outlive its loop.
class [[nodiscard]] Timer {
 public:
  class Pending {  // what a loop keeps of it
   public:
    virtual ~Pending() = default;
    virtual void cancel() = 0;  // idempotent
  };

  Timer() = default;
  explicit Timer(std::shared_ptr<Pending> pending) : pending_(std::move(pending)) {}
  Timer(Timer&&) noexcept = default;
  Timer& operator=(Timer&& other) noexcept {
    if (this != &other) {
      cancel();
      pending_ = std::move(other.pending_);
    }
    return *this;
  }
  ~Timer() { cancel(); }

  void cancel() {
    if (const auto pending = std::exchange(pending_, nullptr)) pending->cancel();
  }

 private:
  std::shared_ptr<Pending> pending_;
};

class Loop {
 public:
  virtual ~Loop() = default;

  // Runs what is due until stop(). The calling thread is the loop's thread meanwhile.
  virtual void run() = 0;
  // The same, for at most this long; returns early when stopped.
  virtual void run_for(Duration duration) = 0;
  // Any thread. The current run(), or the next when none is, returns after the callback in
  // progress.
  virtual void stop() = 0;

  // Any thread. Runs `task` once on the loop's thread, after the callback in progress, in the order
  // of posting. A task that is still waiting when the loop is destroyed is dropped.
  virtual void post(Task task) = 0;

  // Loop thread. Runs `task` once, no earlier than `delay` from now.
  [[nodiscard]] virtual Timer after(Duration delay, Task task) = 0;

  // True on the thread that runs the loop, and on any thread while none does.
  virtual bool is_loop_thread() const = 0;
  virtual const Clock& clock() const = 0;
};

// epoll through Boost.Asio, one thread. `clock` outlives the loop; timers follow the steady clock
// of the system. All streams and listeners of a loop are destroyed before it.
class SystemLoop final : public Loop {
 public:
  explicit SystemLoop(const Clock& clock);
  ~SystemLoop() override;
  SystemLoop(const SystemLoop&) = delete;
  SystemLoop& operator=(const SystemLoop&) = delete;

  void run() override;
  void run_for(Duration duration) override;
  void stop() override;
  void post(Task task) override;
  [[nodiscard]] Timer after(Duration delay, Task task) override;
  bool is_loop_thread() const override;
  const Clock& clock() const override;

  struct Io;  // private to net: the Asio side
  Io& io() { return *io_; }

 private:
  std::unique_ptr<Io> io_;
};

}  // namespace ward::net
