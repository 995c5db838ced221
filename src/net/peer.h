// Who is at the other end of a stream: what the kernel says of a Unix socket, what a verified
// handshake says of TLS.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace ward::net {

// The process that connected (or, for a client, that listens), from SO_PEERCRED and SO_PEERPIDFD.
struct UnixPeer {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
};

// What the peer proved in the handshake. Filled only when its certificate was verified.
struct TlsPeer {
  std::vector<Bytes> chain_der;  // leaf first, as sent; empty when the peer sent no certificate
  WallTime not_after;            // of the leaf; when the chain is empty, the epoch
  std::string alpn;
};

struct Peer {
  std::string address;  // `127.0.0.1:443`, `[::1]:443` or `unix:/path`; `unix:` when it has no name
  std::optional<UnixPeer> unix_peer{};
  std::optional<TlsPeer> tls{};
};

}  // namespace ward::net
