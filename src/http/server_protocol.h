// The server's side of one connection as a state machine, the same for either version: what
// connects server.cc, which has the stream and the clock, with h1_server and h2_server, which have
// neither.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/bytes.h"
#include "base/error.h"
#include "http/date.h"
#include "http/limits.h"
#include "http/router.h"

namespace ward::http {

// What the connection waits for from the peer, which decides the time-out that applies.
enum class Waiting : std::uint8_t {
  kRequest,  // nothing is in progress
  kHead,     // part of a head has come
  kBody,     // a body that is gathered whole, and its reader is ready for more
  kNothing,  // it is our turn
};

// Where a protocol finds its surroundings; all outlive it.
struct ServerProtocolContext {
  const Router& router;
  const net::Peer& peer;
  const Limits& limits;
  // Called when, outside of feed(), there is something for pump() or take_output() to do. The
  // owner does it later, not from within.
  std::function<void()> wake;
  // Of every answer but interim ones. Null: without a clock there is none (RFC 9110 6.6.1).
  DateField* date = nullptr;
};

class ServerProtocol {
 public:
  virtual ~ServerProtocol() = default;

  virtual void feed(ByteView bytes) = 0;
  virtual void feed_end() = 0;  // the peer will send nothing more
  virtual void pump() = 0;      // goes on with what feed() had to leave
  virtual void take_output(Bytes& out, std::size_t bytes_max) = 0;
  // False while the peer is held back.
  virtual bool wants_input() const = 0;
  // Once the output is written, the connection is to be closed.
  virtual bool is_done() const = 0;

  virtual Waiting waiting() const = 0;
  // The time-out of waiting() has passed, the first time or again since the last call.
  virtual void time_out() = 0;
  // Asks the peer whether it lives; false when the version has no way to.
  virtual bool probe() = 0;
  virtual void shut_down() = 0;
  // The connection is lost: every exchange is aborted. Nothing else is called after.
  virtual void abort(const Error& why) = 0;
};

std::unique_ptr<ServerProtocol> make_h1_server(ServerProtocolContext context);
std::unique_ptr<ServerProtocol> make_h2_server(ServerProtocolContext context);

}  // namespace ward::http
