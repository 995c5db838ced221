#include "net/listener.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <map>
#include <utility>

#include "base/check.h"
#include "net/socket_stream.h"
#include "net/system_io.h"

namespace ward::net {
namespace {

using SystemError = boost::system::error_code;
using UnixEndpoint = asio::local::stream_protocol::endpoint;

// How long accepting rests after the system had no descriptor or memory for a connection.
constexpr Duration kAcceptPause = std::chrono::milliseconds{100};

bool is_exhausted(const SystemError& error) {
  return error.value() == EMFILE || error.value() == ENFILE || error.value() == ENOBUFS ||
         error.value() == ENOMEM;
}

// What the per-peer bound counts by: the port of a TCP peer says nothing about who it is.
std::string peer_key(const Peer& peer) {
  if (peer.unix_peer) return std::to_string(peer.unix_peer->uid);
  return peer.address.substr(0, peer.address.rfind(':'));
}

// The path of a bound Unix socket, removed with the listener as long as it names this very socket.
struct BoundPath {
  std::string path;
  dev_t device = 0;
  ino_t inode = 0;

  void remove() const {
    struct stat now{};
    if (path.empty() || lstat(path.c_str(), &now) != 0) return;
    if (now.st_dev == device && now.st_ino == inode) unlink(path.c_str());
  }
};

// Shared by the listener, the handler under way and the leases of its streams.
class Accepting : public std::enable_shared_from_this<Accepting> {
 public:
  Accepting(SystemLoop& loop, Acceptor acceptor, const ListenOptions& options,
            AcceptCallback on_accept)
      : loop_(loop),
        acceptor_(std::move(acceptor)),
        options_(options),
        on_accept_(std::move(on_accept)) {}

  void start() {
    if (is_closed_ || is_waiting_) return;
    if (counts_.open >= options_.connections_max) {
      ++counts_.paused;
      is_full_ = true;
      return;
    }
    is_waiting_ = true;
    acceptor_.async_accept([self = shared_from_this()](const SystemError& error, Socket socket) {
      self->is_waiting_ = false;
      if (self->is_closed_) return;
      self->accepted(error, std::move(socket));
    });
  }

  void close() {
    if (std::exchange(is_closed_, true)) return;
    SystemError ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    // Moved out: what the callback holds may own this listener.
    const auto on_accept = std::exchange(on_accept_, nullptr);
  }

  const Listener::Counts& counts() const { return counts_; }

 private:
  struct Lease {
    std::shared_ptr<Accepting> from;
    std::string key;
    ~Lease() { from->release(key); }
  };

  void accepted(const SystemError& error, Socket socket) {
    if (is_exhausted(error)) {
      ++counts_.paused;
      pause_ = loop_.after(kAcceptPause, [this] { start(); });
      return;
    }
    // Any other error is of the one connection, which the peer gave up (accept(2)).
    if (error) {
      ++counts_.refused;
    } else {
      admit(std::move(socket));
    }
    start();
  }

  void admit(Socket socket) {
    auto peer = peer_of(socket);
    if (!peer.ok()) {
      ++counts_.refused;
      return;
    }
    auto key = options_.connections_per_peer_max == 0 ? std::string() : peer_key(*peer);
    if (auto& of_peer = per_peer_[key];
        options_.connections_per_peer_max != 0 && of_peer >= options_.connections_per_peer_max) {
      ++counts_.refused;
      return;
    } else {
      ++of_peer;
    }
    ++counts_.open;
    ++counts_.accepted;
    auto lease = std::make_shared<Lease>(shared_from_this(), std::move(key));
    auto stream = make_socket_stream(loop_, std::move(socket), std::move(*peer), options_.stream,
                                     std::move(lease));
    // The callback may close the listener, so it runs from a local and goes back if that is wanted.
    auto on_accept = std::exchange(on_accept_, nullptr);
    on_accept(std::move(stream));
    if (!is_closed_) on_accept_ = std::move(on_accept);
  }

  void release(const std::string& key) {
    --counts_.open;
    if (const auto found = per_peer_.find(key); --found->second == 0) per_peer_.erase(found);
    if (std::exchange(is_full_, false)) start();
  }

  SystemLoop& loop_;
  Acceptor acceptor_;
  const ListenOptions options_;
  AcceptCallback on_accept_;
  Listener::Counts counts_;
  std::map<std::string, std::size_t> per_peer_;
  bool is_closed_ = false;
  bool is_waiting_ = false;
  bool is_full_ = false;
  Timer pause_;  // cancelled in close(), so its callback finds `this`
};

class SocketListener final : public Listener {
 public:
  SocketListener(std::shared_ptr<Accepting> accepting, std::string address, std::uint16_t port,
                 BoundPath path)
      : accepting_(std::move(accepting)),
        address_(std::move(address)),
        port_(port),
        path_(std::move(path)) {}
  ~SocketListener() override { close(); }

  void close() override {
    accepting_->close();
    std::exchange(path_, {}).remove();
  }
  std::uint16_t port() const override { return port_; }
  const std::string& address() const override { return address_; }
  Counts counts() const override { return accepting_->counts(); }

 private:
  std::shared_ptr<Accepting> accepting_;
  std::string address_;
  std::uint16_t port_;
  BoundPath path_;
};

std::uint16_t port_of(const Protocol::endpoint& endpoint) {
  if (endpoint.protocol().family() == AF_UNIX) return 0;
  const auto text = address_text(endpoint);
  return static_cast<std::uint16_t>(std::stoul(text.substr(text.rfind(':') + 1)));
}

Result<std::unique_ptr<Listener>> start_listener(SystemLoop& loop, Acceptor acceptor,
                                                 BoundPath path, const ListenOptions& options,
                                                 AcceptCallback on_accept) {
  SystemError error;
  const auto endpoint = acceptor.local_endpoint(error);
  if (error) return to_error(error, "listen");
  auto accepting =
      std::make_shared<Accepting>(loop, std::move(acceptor), options, std::move(on_accept));
  accepting->start();
  return std::make_unique<SocketListener>(std::move(accepting), address_text(endpoint),
                                          port_of(endpoint), std::move(path));
}

Result<Acceptor> bind_and_listen(SystemLoop& loop, const Protocol::endpoint& endpoint,
                                 const ListenOptions& options, mode_t mode) {
  Acceptor acceptor(loop.io().context.get_executor());
  SystemError error;
  acceptor.open(endpoint.protocol(), error);
  if (error) return to_error(error, "socket");
  if (endpoint.protocol().family() == AF_UNIX) {
    // Linux makes the file of bind(2) with the mode of the socket less the umask, so it is at no
    // moment more open than asked for.
    if (fchmod(acceptor.native_handle(), mode) != 0)
      return to_error({errno, boost::system::system_category()}, "mode of socket");
  } else {
    acceptor.set_option(Acceptor::reuse_address(true), error);
  }
  acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(options.backlog, error);
  if (error) return to_error(error, address_text(endpoint));
  return acceptor;
}

// Ok when `path` is free, or was a socket that nobody listens on and is removed. Two processes that
// start at once may both find it stale; the later one gets the path, and the earlier one is deaf:
// who shares a path takes a lock of his own.
Result<void> clear_stale(SystemLoop& loop, const std::string& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) return {};  // bind() says what else is wrong
  if (!S_ISSOCK(status.st_mode))
    return make_error(ErrorCode::kFailedPrecondition, "`{}` exists and is not a socket", path);
  Socket probe(loop.io().context.get_executor());
  SystemError error;
  const UnixEndpoint endpoint(path);
  probe.open(endpoint.protocol(), error);
  if (!error) probe.non_blocking(true, error);  // a full backlog must not hold us up
  if (error) return to_error(error, "socket");
  probe.connect(endpoint, error);
  if (error != asio::error::connection_refused)
    return make_error(ErrorCode::kAlreadyExists, "`{}` is in use by another process", path);
  unlink(path.c_str());
  return {};
}

}  // namespace

Result<std::unique_ptr<Listener>> listen_tcp(SystemLoop& loop, std::string_view address,
                                             std::uint16_t port, const ListenOptions& options,
                                             AcceptCallback on_accept) {
  SystemError error;
  const auto parsed = asio::ip::make_address(std::string(address), error);
  if (error)
    return invalid_argument("listen address `{}`: expected a numeric IPv4 or IPv6 address",
                            address);
  WARD_TRY(auto acceptor, bind_and_listen(loop, asio::ip::tcp::endpoint(parsed, port), options, 0));
  return start_listener(loop, std::move(acceptor), {}, options, std::move(on_accept));
}

Result<std::unique_ptr<Listener>> listen_unix(SystemLoop& loop, const std::string& path,
                                              mode_t mode, const ListenOptions& options,
                                              AcceptCallback on_accept) {
  if (path.empty() || path.size() > kUnixPathMax || path.contains('\0'))
    return invalid_argument("socket path `{}`: expected 1 to {} bytes", path, kUnixPathMax);
  WARD_RETURN_IF_ERROR(clear_stale(loop, path));
  WARD_TRY(auto acceptor, bind_and_listen(loop, UnixEndpoint(path), options, mode));
  // The umask took bits that were asked for; it never added any.
  struct stat status{};
  if (chmod(path.c_str(), mode) != 0 || lstat(path.c_str(), &status) != 0)
    return to_error({errno, boost::system::system_category()}, path);
  return start_listener(loop, std::move(acceptor), {path, status.st_dev, status.st_ino}, options,
                        std::move(on_accept));
}

Result<std::unique_ptr<Listener>> listen_inherited(SystemLoop& loop, int descriptor,
                                                   const ListenOptions& options,
                                                   AcceptCallback on_accept) {
  int is_listening = 0, type = 0, family = 0;
  socklen_t size = sizeof(int);
  const auto ask = [&](int what, int& answer) {
    return getsockopt(descriptor, SOL_SOCKET, what, &answer, &size) == 0;
  };
  if (!ask(SO_ACCEPTCONN, is_listening) || !ask(SO_TYPE, type) || !ask(SO_DOMAIN, family) ||
      is_listening == 0 || type != SOCK_STREAM) {
    ::close(descriptor);
    return invalid_argument("descriptor {}: expected a listening stream socket", descriptor);
  }
  Acceptor acceptor(loop.io().context.get_executor());
  SystemError error;
  acceptor.assign(Protocol(family, 0), descriptor, error);
  if (error) {
    ::close(descriptor);
    return to_error(error, "inherited socket");
  }
  return start_listener(loop, std::move(acceptor), {}, options, std::move(on_accept));
}

}  // namespace ward::net
