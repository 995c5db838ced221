// A TLS engine between a stream of the wire and a stream of plaintext. Private to net.
#pragma once

#include <memory>

#include "net/connect.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/tls/engine.h"
#include "net/tls/options.h"

namespace ward::net {

class TlsSession;

// Handshakes on `wire` and calls `done` later, once, with the stream of plaintext. Until then
// cancel() ends it without a callback; afterwards it does nothing.
std::shared_ptr<TlsSession> start_tls(Loop& loop, std::unique_ptr<Stream> wire,
                                      std::unique_ptr<TlsEngine> engine, const TlsLimits& limits,
                                      ConnectCallback done);
void cancel_tls(const std::shared_ptr<TlsSession>& session);

}  // namespace ward::net
