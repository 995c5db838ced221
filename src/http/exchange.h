// One request being answered, whichever version of HTTP carries it.
//
// The server makes an Exchange once the head of a request has come and gives it to a handler, which
// owns it and answers now or later, always on the loop's thread. It stays usable when the
// connection is lost: the observer hears on_abort, and everything sent after is dropped. Destroying
// an Exchange whose answer is not complete ends it: 500 if nothing was sent, else the stream is
// reset or the connection closed.
//
// Every method may be called from within a callback, and so may the destructor.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/error.h"
#include "http/message.h"

namespace ward::net {
struct Peer;
}

namespace ward::http {

// RFC 9113 7. Over HTTP/1.1 any of them closes the connection.
enum class ResetCode : std::uint32_t {
  kNoError = 0,
  kProtocolError = 1,
  kInternalError = 2,
  kFlowControlError = 3,
  kStreamClosed = 5,
  kRefusedStream = 7,
  kCancel = 8,
  kEnhanceYourCalm = 11,
};

class ExchangeObserver {
 public:
  virtual ~ExchangeObserver() = default;
  // Body bytes, valid during the call. They count against the peer's window until consume().
  virtual void on_body(ByteView bytes) = 0;
  virtual void on_body_end(const Headers& trailers) = 0;
  // is_writable() has become true again.
  virtual void on_writable() {}
  // The peer gave up or was lost, or broke the protocol: nothing follows, nothing can be sent.
  virtual void on_abort(const Error& why) = 0;
};

// What carries an exchange: a connection of either version.
class ExchangeCarrier {
 public:
  virtual void read(std::uint32_t id) = 0;
  virtual void consume(std::uint32_t id, std::size_t bytes) = 0;
  virtual void send_head(std::uint32_t id, const ResponseHead& head, bool is_last) = 0;
  virtual void send_body(std::uint32_t id, ByteView bytes) = 0;
  virtual void finish(std::uint32_t id, const Headers& trailers) = 0;
  virtual void reset(std::uint32_t id, ResetCode code) = 0;
  virtual std::size_t unsent(std::uint32_t id) const = 0;
  virtual void release(std::uint32_t id) = 0;  // the exchange is being destroyed

 protected:
  ~ExchangeCarrier() = default;
};

class Exchange final {
 public:
  // For carriers. `id` is the carrier's own name for the exchange.
  Exchange(ExchangeCarrier& carrier, std::uint32_t id, RequestHead head, const net::Peer& peer,
           std::size_t output_high_water);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  const RequestHead& head() const { return head_; }
  RequestHead& head() { return head_; }
  const net::Peer& peer() const { return *peer_; }  // valid while is_open()
  bool is_open() const { return carrier_ != nullptr; }

  // Starts delivery of the body to `observer`, which outlives the
  // exchange or ignore(). Until then the peer is
  // held back (and, if it asked, not told to continue: RFC 9110 10.1.1).
  void read(ExchangeObserver& observer);
  // The body is gathered whole before anything else happens, so Limits::body_timeout applies to it.
  void set_gathered() { is_gathered_ = true; }
  bool is_gathered() const { return is_gathered_; }
  // No event is delivered any more; the observer may go.
  void ignore() { observer_ = nullptr; }
  // Gives `bytes` of the window back to the peer.
  void consume(std::size_t bytes);

  // The order is: head, body pieces, finish. Bodies of answers that have none (HEAD, 204, 304) are
  // dropped by the carrier.
  void send_head(const ResponseHead& head);
  void send_body(ByteView bytes);
  void finish(const Headers& trailers = {});
  // A head and nothing else, in one.
  void send_only_head(const ResponseHead& head);
  // A whole answer; sets Content-Length.
  void send(Response response);
  // Ends without an answer.
  void reset(ResetCode code);

  bool has_head() const { return has_head_; }
  bool is_finished() const { return is_finished_; }
  // Whether less than the high-water mark waits to be taken by the peer.
  bool is_writable() const;

  // For carriers: events in. After deliver_abort the exchange knows its carrier no more. Each may
  // destroy the exchange.
  void deliver_body(ByteView bytes);
  void deliver_end(const Headers& trailers);
  void deliver_progress();
  void deliver_abort(const Error& why);

 private:
  ExchangeCarrier* carrier_;
  std::uint32_t id_;
  RequestHead head_;
  const net::Peer* peer_;
  std::size_t output_high_water_;
  ExchangeObserver* observer_ = nullptr;
  bool is_reading_ = false;
  bool is_gathered_ = false;
  bool has_head_ = false;
  bool is_finished_ = false;
  mutable bool was_full_ = false;  // somebody was told to wait
};

}  // namespace ward::http
