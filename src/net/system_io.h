// What the sources of net share of Boost.Asio. Private to the room: no public header names Asio.
//
// Asio is compiled once, in asio.cc (BOOST_ASIO_SEPARATE_COMPILATION), and with the loop's concrete
// executor, not any_io_executor. PERF: a source that includes this costs 2 s, not 16.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <thread>

#include "base/result.h"
#include "net/loop.h"
#include "net/timer_queue.h"

namespace ward::net {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
using Protocol = asio::generic::stream_protocol;
using Socket = asio::basic_stream_socket<Protocol, Executor>;
using Acceptor = asio::basic_socket_acceptor<Protocol, Executor>;
using SteadyTimer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, Executor>;

inline constexpr std::size_t kReadSizeMax = 65'536;

struct SystemLoop::Io {
  explicit Io(const Clock& loop_clock)
      : clock(loop_clock), timer(context), timers(new TimerQueue) {}

  const Clock& clock;
  // Hint 1: one thread runs it, so it need not wake others; posting stays safe from any.
  asio::io_context context{1};
  asio::executor_work_guard<Executor> work{context.get_executor()};
  std::atomic<std::thread::id> runner;
  SteadyTimer timer;  // armed for the first of `timers`
  std::optional<MonotonicTime> armed;
  std::shared_ptr<TimerQueue> timers;
  // Every stream of the loop reads into this one buffer, so an idle connection holds none.
  std::array<std::uint8_t, kReadSizeMax> scratch;
};

// Timers of the system's loop follow the steady clock, whatever Clock the programs are given.
inline MonotonicTime steady_now() {
  return std::chrono::steady_clock::now();
}

// The error of a system call as callers of net see it.
Error to_error(const boost::system::error_code& error, std::string_view what);

}  // namespace ward::net
