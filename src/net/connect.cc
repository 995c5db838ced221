#include "net/connect.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include "net/listener.h"
#include "net/socket_stream.h"
#include "net/system_io.h"

namespace ward::net {
namespace {

using SystemError = boost::system::error_code;
using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;

// How soon to try again a Unix socket whose backlog is full; it has no queue to wait in.
constexpr Duration kBacklogPause = std::chrono::milliseconds{10};

// One attempt: name, then each address in turn, under one time-out.
class Connecting : public std::enable_shared_from_this<Connecting> {
 public:
  Connecting(SystemLoop& loop, std::string target, const ConnectOptions& options,
             ConnectCallback done)
      : loop_(loop),
        target_(std::move(target)),
        options_(options),
        done_(std::move(done)),
        socket_(loop.io().context.get_executor()),
        resolver_(loop.io().context.get_executor()) {}

  void start_timer() {
    timer_ = loop_.after(options_.timeout, [this] {
      finish(make_error(ErrorCode::kDeadlineExceeded, "connect `{}`: time-out", target_));
    });
  }

  void resolve(const std::string& host, std::uint16_t port) {
    SystemError error;
    if (const auto address = asio::ip::make_address(host, error); !error) {
      return try_all({asio::ip::tcp::endpoint(address, port)});
    }
    const auto on_resolved = [self = shared_from_this()](const SystemError& failed,
                                                         const Resolver::results_type& found) {
      if (!self->done_) return;
      if (failed) return self->finish(to_error(failed, "connect `" + self->target_ + "`"));
      std::vector<Protocol::endpoint> endpoints;
      for (const auto& entry : found) {
        if (endpoints.size() < kAddressesMax) endpoints.emplace_back(entry.endpoint());
      }
      self->try_all(std::move(endpoints));
    };
    resolver_.async_resolve(host, std::to_string(port), Resolver::numeric_service, on_resolved);
  }

  void try_all(std::vector<Protocol::endpoint> endpoints) {
    endpoints_ = std::move(endpoints);
    next_ = 0;
    try_next(Error(ErrorCode::kUnavailable, "no address"));
  }

  void fail_later(Error error) {
    asio::post(loop_.io().context,
               [self = shared_from_this(), error = std::move(error)] { self->finish(error); });
  }

  void cancel() {
    const auto done = std::exchange(done_, nullptr);
    end();
  }

 private:
  void try_next(const Error& last) {
    if (next_ == endpoints_.size()) return finish(last.in("connect `" + target_ + "`"));
    SystemError ignored;
    socket_.close(ignored);
    socket_.async_connect(endpoints_[next_], [self = shared_from_this()](SystemError error) {
      if (self->done_) self->connected(error);
    });
  }

  void connected(SystemError error) {
    const bool is_unix = endpoints_[next_].protocol().family() == AF_UNIX;
    // connect(2) of a Unix socket says EAGAIN for a full backlog, which Asio takes for progress; so
    // success is what has a peer.
    if (!error && is_unix) {
      socket_.remote_endpoint(error);
      if (error == asio::error::not_connected) {
        retry_ = loop_.after(
            kBacklogPause, [this] { try_next(Error(ErrorCode::kUnavailable, "backlog is full")); });
        return;
      }
    }
    ++next_;
    if (error) return try_next(Error(to_error(error, address_text(endpoints_[next_ - 1]))));
    auto peer = peer_of(socket_);
    // Whoever called listen(2) may have handed the socket on and ended; a client connects to a
    // path, not to a process, so that is no failure.
    if (!peer.ok() && is_unix) peer = Peer{.address = address_text(endpoints_[next_ - 1])};
    if (!peer.ok()) return try_next(peer.error());
    finish(make_socket_stream(loop_, std::move(socket_), std::move(*peer), options_.stream));
  }

  void finish(Result<std::unique_ptr<Stream>> result) {
    auto done = std::exchange(done_, nullptr);
    end();
    if (done) done(std::move(result));
  }

  void end() {
    timer_.cancel();
    retry_.cancel();
    resolver_.cancel();
    SystemError ignored;
    socket_.close(ignored);
  }

  SystemLoop& loop_;
  const std::string target_;
  const ConnectOptions options_;
  ConnectCallback done_;
  Socket socket_;
  Resolver resolver_;
  std::vector<Protocol::endpoint> endpoints_;
  std::size_t next_ = 0;
  Timer timer_, retry_;  // cancelled in end(), before `this` goes
};

Attempt attempt_of(const std::shared_ptr<Connecting>& connecting) {
  return Attempt([connecting] { connecting->cancel(); });
}

}  // namespace

Attempt connect_tcp(SystemLoop& loop, const std::string& host, std::uint16_t port,
                    const ConnectOptions& options, ConnectCallback done) {
  auto connecting = std::make_shared<Connecting>(loop, fmt::format("{}:{}", host, port), options,
                                                 std::move(done));
  connecting->start_timer();
  connecting->resolve(host, port);
  return attempt_of(connecting);
}

Attempt connect_unix(SystemLoop& loop, const std::string& path, const ConnectOptions& options,
                     ConnectCallback done) {
  auto connecting = std::make_shared<Connecting>(loop, "unix:" + path, options, std::move(done));
  connecting->start_timer();
  if (path.empty() || path.size() > kUnixPathMax) {
    connecting->fail_later(
        invalid_argument("socket path `{}`: expected 1 to {} bytes", path, kUnixPathMax));
  } else {
    connecting->try_all({asio::local::stream_protocol::endpoint(path)});
  }
  return attempt_of(connecting);
}

}  // namespace ward::net
