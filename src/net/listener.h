// Listening sockets: TCP, Unix, or inherited from a service manager.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/loop.h"
#include "net/stream.h"

namespace ward::net {

struct ListenOptions {
  int backlog = 1024;
  // At this many open streams accepting pauses; the kernel's backlog holds the next ones.
  std::size_t connections_max = 16'384;
  // Open streams of one peer (an IP address, or the uid on a Unix socket); a further one is closed
  // at once. Zero: no bound.
  std::size_t connections_per_peer_max = 0;
  StreamLimits stream{};
};

// Called on the loop thread for each connection; owns the stream from then on.
using AcceptCallback = std::move_only_function<void(std::unique_ptr<Stream>)>;

// Accepts until it is closed. Running out of file descriptors or memory (EMFILE, ENFILE, ENOBUFS,
// ENOMEM) pauses it for a moment and never ends it. Loop thread; destroyed before its loop.
class Listener {
 public:
  struct Counts {
    std::uint64_t accepted = 0;  // handed to the callback
    std::uint64_t refused =
        0;                     // over connections_per_peer_max, or gone before they were told apart
    std::uint64_t paused = 0;  // times that accepting paused
    std::size_t open = 0;      // streams that live now
  };

  virtual ~Listener() = default;

  // Stops accepting and frees the address; streams that were accepted live on. A Unix socket's path
  // is removed if it still is this socket. Idempotent, and what destruction does.
  virtual void close() = 0;

  virtual std::uint16_t port() const = 0;          // the real one, when 0 was asked; 0 for Unix
  virtual const std::string& address() const = 0;  // as in Peer
  virtual Counts counts() const = 0;
};

// `address` is a numeric IPv4 or IPv6 address; port 0 lets the system choose. SO_REUSEADDR is set,
// streams have TCP_NODELAY. kInvalidArgument, kAlreadyExists when the port is in use,
// kPermissionDenied.
Result<std::unique_ptr<Listener>> listen_tcp(SystemLoop& loop, std::string_view address,
                                             std::uint16_t port, const ListenOptions& options,
                                             AcceptCallback on_accept);

// `path` has 1 to kUnixPathMax bytes; abstract sockets are not offered, because any
// process may squat them. The socket has `mode` from its first moment. A stale socket that nobody
// listens on is replaced; kAlreadyExists when somebody does, kFailedPrecondition when the path is
// anything but a socket.
inline constexpr std::size_t kUnixPathMax = 107;  // sun_path less its zero (unix(7))
Result<std::unique_ptr<Listener>> listen_unix(SystemLoop& loop, const std::string& path,
                                              mode_t mode, const ListenOptions& options,
                                              AcceptCallback on_accept);

// Takes over a listening TCP or Unix stream socket that a service manager passed
// (sd_listen_fds(3)). The descriptor is owned from here on, also on error; a Unix path is left in
// place on close.
Result<std::unique_ptr<Listener>> listen_inherited(SystemLoop& loop, int descriptor,
                                                   const ListenOptions& options,
                                                   AcceptCallback on_accept);

}  // namespace ward::net
