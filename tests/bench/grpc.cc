// gRPC over a Unix socket, 64 calls in flight, beside a bare echo on the same sockets and loops.
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "grpc/client.h"
#include "grpc/health/v1/health.pb.h"
#include "grpc/server.h"
#include "http/server.h"
#include "net/connect.h"
#include "net/listener.h"
#include "tests/bench/row.h"

namespace ward {
namespace {

using namespace std::chrono_literals;
using Message = ::grpc::health::v1::HealthCheckRequest;

constexpr int kInFlight = 64;
constexpr std::size_t kBodyBytes = 64;
constexpr const char* kMethod = "ward.bench.Echo/Echo";

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// A server on a thread and a socket of its own. `serve` makes what takes the streams; its result
// lives as long as the thread runs.
class ServerThread {
 public:
  using Accept = std::function<void(std::unique_ptr<net::Stream>)>;

  explicit ServerThread(std::function<Accept(net::SystemLoop&)> serve)
      : path_("/tmp/ward-bench-" + std::to_string(getpid()) + ".sock") {
    std::promise<void> ready;
    thread_ = std::jthread([this, serve = std::move(serve), &ready] {
      const SystemClock clock;
      net::SystemLoop loop(clock);
      loop_ = &loop;
      Accept accept = serve(loop);
      auto listener = net::listen_unix(loop, path_, 0600, {}, accept);
      WARD_CHECK(listener.ok());
      ready.set_value();
      loop.run();
      (*listener)->close();
    });
    ready.get_future().wait();
  }
  ~ServerThread() { loop_->stop(); }
  ServerThread(const ServerThread&) = delete;
  ServerThread& operator=(const ServerThread&) = delete;

  const std::string& path() const { return path_; }
  double cpu_seconds() {
    std::promise<double> out;
    loop_->post([&] { out.set_value(thread_seconds()); });
    return out.get_future().get();
  }

 private:
  std::string path_;
  net::SystemLoop* loop_ = nullptr;
  std::jthread thread_;
};

struct Figures {
  double per_second = 0;
  double server_us = 0;
};

Figures measure(ServerThread& server, net::SystemLoop& loop, std::chrono::milliseconds duration,
                const std::uint64_t& count) {
  loop.run_for(duration / 5);  // warm up
  const auto cpu = server.cpu_seconds();
  const auto before = count;
  const auto start = std::chrono::steady_clock::now();
  loop.run_for(duration);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const auto done = static_cast<double>(count - before);
  return {done / took.count(), (server.cpu_seconds() - cpu) / done * 1e6};
}

// Keeps kInFlight calls open.
class Caller {
 public:
  explicit Caller(grpc::Channel& channel) : channel_(channel), calls_(kInFlight) {
    request_.set_service(std::string(kBodyBytes, 'x'));
    for (std::size_t i = 0; i < calls_.size(); ++i) call(i);
  }
  std::uint64_t count = 0;

 private:
  void call(std::size_t slot) {
    calls_[slot] = channel_.unary<Message, Message>(kMethod, request_, {},
                                                    [this, slot](Result<Message> response) {
                                                      WARD_CHECK(response.ok());
                                                      ++count;
                                                      call(slot);
                                                    });
  }
  grpc::Channel& channel_;
  Message request_;
  std::vector<grpc::PendingCall> calls_;
};

Figures bench_grpc(std::chrono::milliseconds duration) {
  struct Served {
    explicit Served(net::SystemLoop& loop) : service(loop) {
      service.unary<Message, Message>(
          kMethod,
          [](const Message& request, grpc::UnaryReply<Message> reply) { reply.finish(request); });
      service.mount(router);
      server.emplace(loop, router);
    }
    http::Router router;
    grpc::Server service;
    std::optional<http::Server> server;
  };
  ServerThread thread([](net::SystemLoop& loop) {
    auto served = std::make_shared<Served>(loop);
    return
        [served](std::unique_ptr<net::Stream> stream) { served->server->serve(std::move(stream)); };
  });
  const SystemClock clock;
  net::SystemLoop loop(clock);
  SeededRandom random(1);
  grpc::Channel channel(loop, random, grpc::unix_connector(loop, thread.path()), {});
  Caller caller(channel);
  return measure(thread, loop, duration, caller.count);
}

// Sends back what it reads.
void echo(std::shared_ptr<net::Stream> stream) {
  auto& raw = *stream;
  raw.read([stream = std::move(stream)](Result<ByteView> bytes) mutable {
    if (!bytes.ok() || bytes->empty()) return;
    auto& same = *stream;
    same.write(to_bytes(*bytes), [stream = std::move(stream)](Result<void> written) mutable {
      if (written.ok()) echo(std::move(stream));
    });
  });
}

// As many messages of the body's size in flight, in one stream.
class Pinger {
 public:
  explicit Pinger(std::unique_ptr<net::Stream> stream) : stream_(std::move(stream)) {
    send(kInFlight * kBodyBytes);
    read();
  }
  std::uint64_t bytes = 0;
  std::uint64_t count = 0;

 private:
  void read() {
    stream_->read([this](Result<ByteView> got) {
      WARD_CHECK(got.ok() && !got->empty());
      bytes += got->size();
      count = bytes / kBodyBytes;
      owed_ += got->size();
      if (!is_writing_) send(std::exchange(owed_, 0));
      read();
    });
  }
  void send(std::size_t size) {
    is_writing_ = true;
    stream_->write(Bytes(size, 'x'), [this](Result<void>) {
      is_writing_ = false;
      if (owed_ > 0) send(std::exchange(owed_, 0));
    });
  }
  std::unique_ptr<net::Stream> stream_;
  std::size_t owed_ = 0;
  bool is_writing_ = false;
};

Figures bench_bare(std::chrono::milliseconds duration) {
  ServerThread thread([](net::SystemLoop&) {
    return [](std::unique_ptr<net::Stream> stream) {
      echo(std::shared_ptr<net::Stream>(std::move(stream)));
    };
  });
  const SystemClock clock;
  net::SystemLoop loop(clock);
  std::unique_ptr<Pinger> pinger;
  auto attempt = net::connect_unix(loop, thread.path(), {}, [&](auto stream) {
    pinger = std::make_unique<Pinger>(std::move(*stream));
    loop.stop();
  });
  loop.run_for(5s);
  WARD_CHECK(pinger != nullptr);
  const auto figures = measure(thread, loop, duration, pinger->count);
  pinger.reset();
  return figures;
}

void bench_all(bool is_quick) {
  const auto duration = is_quick ? 700ms : 5000ms;
  const auto bare = bench_bare(duration);
  const auto calls = bench_grpc(duration);
  bench::print_row({"grpc/unary_unix_64/calls", calls.per_second, "1/s", bare.per_second, 105'000});
  bench::print_row({"grpc/unary_unix_64/server_cpu", calls.server_us, "us", bare.server_us, 9});
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  bench::print_row(
      {"grpc/resident", static_cast<double>(usage.ru_maxrss) / 1024, "MB", std::nullopt, 17});
}

}  // namespace
}  // namespace ward

int main(int argc, char** argv) {
  ward::bench_all(ward::bench::is_quick(argc, argv));
  return 0;
}
