// A connected byte stream: TCP, Unix socket, TLS over one of them, or memory.
//
// Loop thread only. Callbacks are never called from inside the call that takes them, but later from
// the loop; so callers need no guard against recursion. Destroying a stream closes it, and a
// callback may destroy the stream that calls it.
#pragma once

#include <functional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "net/peer.h"

namespace ward::net {

class Stream {
 public:
  // An empty view is the orderly end of the stream. The view is valid during the call only.
  using ReadCallback = std::move_only_function<void(Result<ByteView>)>;
  using WriteCallback = std::move_only_function<void(Result<void>)>;

  virtual ~Stream() = default;

  // At most one outstanding (checked). Delivers at least one byte, the end, or an error:
  // kUnavailable when the peer reset the connection, kDeadlineExceeded when the idle time-out of
  // StreamLimits passed, kDataLoss when TLS found a truncated or forged record. After the end or an
  // error, every further read gives the same.
  virtual void read(ReadCallback done) = 0;

  // At most one outstanding (checked). Done when the whole buffer is handed to the system, not when
  // the peer has it. Errors as for read; kDeadlineExceeded also when the peer takes no byte for
  // StreamLimits::write_timeout; kResourceExhausted when `bytes` exceeds write_size_max.
  virtual void write(Bytes bytes, WriteCallback done) = 0;

  // Half close: the peer reads the end of the stream once it has read what was written; reading
  // goes on. Not while a write is outstanding (checked). TLS sends close_notify.
  virtual void shutdown() = 0;

  // Ends both directions at once and drops outstanding callbacks: they are never called.
  // Idempotent.
  virtual void close() = 0;

  virtual const Peer& peer() const = 0;

  // The protocol that ALPN (RFC 7301) agreed on; empty without TLS or agreement.
  virtual std::string_view alpn() const = 0;
};

// Bounds of one stream; they hold from its first byte.
struct StreamLimits {
  // No byte in either direction for this long ends the stream. Zero: none, for protocols that have
  // a keep-alive of their own.
  std::chrono::nanoseconds idle_timeout{0};
  std::chrono::nanoseconds write_timeout{std::chrono::seconds{30}};
  std::size_t write_size_max = std::size_t{16} << 20;
};

}  // namespace ward::net
