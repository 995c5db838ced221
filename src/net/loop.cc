#include "net/loop.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "net/system_io.h"

namespace ward::net {
namespace {

void arm(SystemLoop::Io& io);

void run_timers(SystemLoop::Io& io) {
  io.armed.reset();
  const auto now = steady_now();
  while (!io.context.stopped()) {
    auto task = io.timers->take_due(now);
    if (!task) break;
    task();
  }
  arm(io);
}

// Arms the system timer when the first of the queue is due before what it is armed for. One that
// was cancelled meanwhile only makes it fire for nothing.
void arm(SystemLoop::Io& io) {
  const auto next = io.timers->next();
  if (!next || (io.armed && *io.armed <= *next)) return;
  io.armed = *next;
  io.timer.expires_at(*next);
  io.timer.async_wait([&io](const boost::system::error_code& error) {
    if (error != asio::error::operation_aborted) run_timers(io);
  });
}

// Marks the calling thread as the loop's for its lifetime.
class Running {
 public:
  explicit Running(SystemLoop::Io& io) : io_(io) {
    std::thread::id nobody;
    WARD_CHECK(io_.runner.compare_exchange_strong(nobody, std::this_thread::get_id()));
  }
  ~Running() {
    io_.context.restart();
    io_.runner = std::thread::id{};
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  SystemLoop::Io& io_;
};

}  // namespace

SystemLoop::SystemLoop(const Clock& clock) : io_(std::make_unique<Io>(clock)) {}

SystemLoop::~SystemLoop() = default;

void SystemLoop::run() {
  const Running running(*io_);
  io_->context.run();
}

void SystemLoop::run_for(Duration duration) {
  const Running running(*io_);
  io_->context.run_for(duration);
}

void SystemLoop::stop() {
  io_->context.stop();
}

void SystemLoop::post(Task task) {
  asio::post(io_->context, std::move(task));
}

Timer SystemLoop::after(Duration delay, Task task) {
  WARD_CHECK(is_loop_thread());
  auto timer = io_->timers->add(steady_now() + std::max(delay, Duration::zero()), std::move(task));
  arm(*io_);
  return timer;
}

bool SystemLoop::is_loop_thread() const {
  const auto runner = io_->runner.load();
  return runner == std::thread::id{} || runner == std::this_thread::get_id();
}

const Clock& SystemLoop::clock() const {
  return io_->clock;
}

}  // namespace ward::net
