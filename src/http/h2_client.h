// The client's side of one HTTP/2 connection on a stream: many requests at once, each with an
// observer. What gRPC channels and http::fetch stand on.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"
#include "http/h2_session.h"
#include "http/limits.h"
#include "http/message.h"
#include "net/loop.h"
#include "net/stream.h"

namespace ward::http {

// Events of one request. Each may abandon it, or destroy what owns the connection.
class ResponseObserver {
 public:
  virtual ~ResponseObserver() = default;
  virtual void on_response(ResponseHead&& head) = 0;
  virtual void on_body(ByteView bytes) = 0;  // counts against the window until consume()
  virtual void on_body_end(const Headers& trailers) = 0;
  virtual void on_progress() {}  // some of what was queued was taken
  // The request is gone, whole or not: nothing follows. `code` is HTTP/2's when the stream was
  // reset, else `why` tells how the connection was lost.
  struct Closed {
    std::uint32_t code = 0;
    const Error* why = nullptr;
  };
  virtual void on_close(const Closed& closed) = 0;
};

struct H2ClientOptions {
  Limits limits = {};
  // See grpc::ChannelOptions. Zero: none.
  std::chrono::milliseconds keepalive_interval{0};
  std::chrono::milliseconds keepalive_timeout{10'000};
};

// Loop thread. May be destroyed at any time, also by its own events; observers then hear nothing.
class H2Client {
 public:
  struct Events {
    std::function<void()> on_retired;           // takes no request any more (GOAWAY)
    std::function<void(const Error&)> on_gone;  // after every observer's on_close; the last
  };

  H2Client(net::Loop& loop, std::unique_ptr<net::Stream> stream, const H2ClientOptions& options,
           Events events);
  ~H2Client();
  H2Client(const H2Client&) = delete;
  H2Client& operator=(const H2Client&) = delete;

  bool can_request() const;
  bool is_lost() const;  // true in on_gone
  // `observer` outlives the request or abandons it. kUnavailable when none may be made.
  Result<StreamId> request(const RequestHead& head, bool is_last, ResponseObserver& observer);
  void send_body(StreamId id, ByteView bytes);
  void finish(StreamId id, const Headers& trailers = {});
  void consume(StreamId id, std::size_t bytes);
  std::size_t unsent(StreamId id) const;
  // Resets the request if it is not over; its observer hears nothing more.
  void abandon(StreamId id, ResetCode code);
  std::size_t request_count() const;

  class State;  // private to h2_client.cc

 private:
  std::unique_ptr<State> state_;
};

}  // namespace ward::http
