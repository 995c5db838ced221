// Streams over sockets of the system. Private to net.
#pragma once

#include <memory>

#include "net/stream.h"
#include "net/system_io.h"

namespace ward::net {

// Who is at the other end of a connected socket; on a Unix socket from SO_PEERCRED and
// SO_PEERPIDFD. An error when it is gone already, or the kernel cannot say who it is.
Result<Peer> peer_of(Socket& socket);

// `127.0.0.1:443`, `[::1]:443`, `unix:/path`.
std::string address_text(const Protocol::endpoint& endpoint);

// `lease` is kept until the stream is closed: how a listener counts its streams.
std::unique_ptr<Stream> make_socket_stream(SystemLoop& loop, Socket socket, Peer peer,
                                           const StreamLimits& limits,
                                           std::shared_ptr<void> lease = nullptr);

}  // namespace ward::net
