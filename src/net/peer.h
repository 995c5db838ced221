// Who is at the other end of a stream: what the kernel says of a Unix socket, what a verified
// handshake says of TLS.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/x509.h"
#include "os/process.h"
#include "spiffe/id.h"

namespace ward::net {

// The process that connected (or, for a client, that listens), as it was then. `process` is the
// process itself, not its number, which the kernel may give to another; os/process.h reads from it.
struct UnixPeer {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
  std::shared_ptr<const os::ProcessHandle> process;
};

// What the peer proved in the handshake; every certificate here was verified.
struct TlsPeer {
  std::vector<crypto::Certificate> chain{};  // leaf first; empty when the peer showed none
  std::optional<spiffe::SpiffeId> id{};      // absent when it showed none, or is no SPIFFE workload
  std::string alpn{};
};

struct Peer {
  std::string address;  // `127.0.0.1:443`, `[::1]:443` or `unix:/path`; `unix:` when it has no name
  std::optional<UnixPeer> unix_peer{};
  std::optional<TlsPeer> tls{};
};

}  // namespace ward::net
