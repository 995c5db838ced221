// A channel and a server joined by memory streams under simulated time; for this room's tests.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/random.h"
#include "grpc/client.h"
#include "grpc/server.h"
#include "http/server.h"
#include "net/testing/memory_stream.h"
#include "net/testing/simulated_loop.h"

namespace ward::grpc::testing {

class Pair {
 public:
  explicit Pair(Limits server_limits = {}, ChannelOptions options = {})
      : server(loop, server_limits),
        channel(std::make_unique<Channel>(
            loop, random, [this](net::ConnectCallback done) { return connect(std::move(done)); },
            std::move(options))) {
    server.mount(router);
    http_server = std::make_unique<http::Server>(loop, router);
  }
  ~Pair() {
    channel.reset();
    http_server.reset();
  }

  void run(std::chrono::milliseconds duration = std::chrono::milliseconds{50}) {
    loop.run_for(duration);
  }

  ManualClock clock;
  net::testing::SimulatedLoop loop{clock};
  SeededRandom random{1};
  http::Router router;
  Server server;
  std::unique_ptr<http::Server> http_server;
  std::unique_ptr<Channel> channel;
  bool is_reachable = true;
  int connections = 0;

 private:
  net::Attempt connect(net::ConnectCallback done) {
    auto kept = std::make_shared<net::ConnectCallback>(std::move(done));
    auto timer = std::make_shared<net::Timer>();
    *timer = loop.after({}, [this, kept] {
      if (!is_reachable) return (*kept)(Error(ErrorCode::kUnavailable, "nobody listens"));
      ++connections;
      auto [ours, theirs] = net::testing::make_memory_streams(loop);
      http_server->serve(std::move(theirs));
      (*kept)(std::move(ours));
    });
    return net::Attempt([timer] { timer->cancel(); });
  }
};

}  // namespace ward::grpc::testing
