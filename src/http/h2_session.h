// One HTTP/2 connection as a state machine (RFC 9113, by nghttp2): bytes in, events out, bytes out.
//
// The owner feeds what it reads, and after any call takes what is to be written. Nothing here knows
// a socket or a clock. Flow control is the reader's: a byte given to on_body is the peer's again
// only by consume(), so a slow reader slows its peer and no queue grows beyond the window.
//
// Events come from within feed() and take_output() only. Every method but these two may be called
// from an event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "http/date.h"
#include "http/exchange.h"
#include "http/limits.h"
#include "http/message.h"

namespace ward::http {

using StreamId = std::uint32_t;

class H2Events {
 public:
  virtual ~H2Events() = default;
  virtual void on_request(StreamId, RequestHead&&) {}    // server
  virtual void on_response(StreamId, ResponseHead&&) {}  // client; interim ones are dropped
  virtual void on_body(StreamId, ByteView) = 0;
  virtual void on_end(StreamId, const Headers& trailers) = 0;  // the peer has sent all
  virtual void on_progress(StreamId) = 0;  // some of what send_body queued was taken
  // The last of a stream: both sides ended it (0), or one reset it with this code, or the
  // connection failed.
  virtual void on_close(StreamId, std::uint32_t code) = 0;
  virtual void on_goaway(StreamId /*last*/, std::uint32_t /*code*/) {}
  virtual void on_pong() {}
  virtual void on_settings() {}
};

class H2Session {
 public:
  enum class Role : std::uint8_t { kServer, kClient };

  // `events` and `date` outlive it. The first output holds the preface and settings. A server's
  // answers have `date` unless it is null or they have their own.
  H2Session(Role role, const Limits& limits, H2Events& events, DateField* date = nullptr);
  ~H2Session();
  H2Session(const H2Session&) = delete;
  H2Session& operator=(const H2Session&) = delete;

  // An error means that the connection is beyond use; what take_output() still gives (a GOAWAY) is
  // worth writing before it is closed.
  Result<void> feed(ByteView bytes);
  // Appends frames to `out` until it holds `bytes_max` (to within a frame) or nothing waits.
  void take_output(Bytes& out, std::size_t bytes_max);
  bool has_output() const;
  // Nothing more will be read or written: the connection may be closed.
  bool is_done() const;

  // Client. kUnavailable when no stream may be opened any more. Beyond peer_streams_max() requests
  // wait in here; bounding them is the caller's.
  Result<StreamId> request(const RequestHead& head, bool is_last);
  std::uint32_t peer_streams_max() const;
  bool can_request() const;  // false after a GOAWAY of either side
  // Server.
  void respond(StreamId id, const ResponseHead& head, bool is_last);

  // Both. A stream that is gone is ignored: an event may have overtaken the caller.
  void send_body(StreamId id, ByteView bytes);
  void finish(StreamId id, const Headers& trailers);
  void reset(StreamId id, ResetCode code);
  void consume(StreamId id, std::size_t bytes);
  std::size_t unsent(StreamId id) const;
  std::size_t stream_count() const;

  void ping();
  // Server: takes no new stream, once the peer had a round trip's time to hear of it (RFC 9113
  // 6.8). Client: says goodbye.
  void shut_down();
  // Ends the connection with this code once the output is written.
  void terminate(ResetCode code);

  struct State;  // h2_state.h, private

 private:
  std::unique_ptr<State> state_;
};

}  // namespace ward::http
