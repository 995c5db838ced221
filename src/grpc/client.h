// gRPC client: a channel to one server, and typed calls on it.
//
//   grpc::Channel channel(loop, random, grpc::unix_connector(loop, "/run/ward/api.sock"), {});
//   call_ = channel.unary<AskRequest, AskResponse>("ward.v1.Admin/Ask", request, {.timeout = 2s},
//       [this](Result<AskResponse> response) { ... });
//
// A channel keeps one HTTP/2 connection, made when the first call needs it and made again, after a
// growing pause with jitter, when it is lost. Loop thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/random.h"
#include "base/result.h"
#include "grpc/limits.h"
#include "grpc/message.h"
#include "grpc/metadata.h"
#include "http/limits.h"
#include "net/connect.h"
#include "net/loop.h"

namespace ward::grpc {

// Makes a connected stream (for TLS: with ALPN `h2` agreed). Destroying the Attempt cancels it.
using Connector = std::function<net::Attempt(net::ConnectCallback)>;

Connector unix_connector(net::SystemLoop& loop, std::string path, net::ConnectOptions options = {});
Connector tcp_connector(net::SystemLoop& loop, std::string host, std::uint16_t port,
                        net::ConnectOptions options = {});

struct CallOptions {
  // Zero: none. The call ends with kDeadlineExceeded here, and the server is told.
  std::chrono::nanoseconds timeout{0};
  Metadata metadata = {};
  // Wait through failed connection attempts rather than fail with kUnavailable (until the timeout).
  bool wait_for_ready = false;
  // Called before the first message, and before the end, when the server sent any.
  std::function<void(const Metadata&)> on_initial_metadata = {};
  std::function<void(const Metadata&)> on_trailers = {};
};

struct ChannelOptions {
  std::string authority = "localhost";  // :authority
  bool is_tls = false;                  // :scheme
  std::string user_agent = "ward";
  Limits limits = {};
  http::Limits http = {};
  std::chrono::milliseconds backoff_min{100};
  std::chrono::milliseconds backoff_max{20'000};
  // A PING when nothing was received for `keepalive_interval` while calls are open; without an
  // answer for `keepalive_timeout` the connection is given up. Zero interval: none.
  std::chrono::milliseconds keepalive_interval{0};
  std::chrono::milliseconds keepalive_timeout{10'000};
  // Calls that wait for a connection or for a stream; one more fails with kResourceExhausted.
  std::size_t waiting_calls_max = 10'000;
};

namespace internal {

class ClientCallEvents {
 public:
  virtual ~ClientCallEvents() = default;
  virtual std::unique_ptr<google::protobuf::MessageLite> make_message() = 0;
  virtual void on_message(google::protobuf::MessageLite& message) = 0;
  virtual void on_writable() {}
  virtual void on_done(const Result<void>& status) = 0;  // the last
};

// One call without its types. Destroying it cancels it, and no event follows. Destroyed by events
// too.
class ClientCallCore {
 public:
  virtual ~ClientCallCore() = default;
  virtual bool write(const google::protobuf::MessageLite& message) = 0;
  virtual bool is_writable() const = 0;
  virtual void end_writes() = 0;
  virtual void hold() = 0;
  virtual void resume() = 0;
};

// The state of a call that gets one message: gathers it and reports once.
template <Message Response>
class OneResponse final : public ClientCallEvents {
 public:
  explicit OneResponse(std::move_only_function<void(Result<Response>)> done)
      : done_(std::move(done)) {}

  std::unique_ptr<google::protobuf::MessageLite> make_message() override {
    return std::make_unique<Response>();
  }
  void on_message(google::protobuf::MessageLite& message) override {
    if (++count_ == 1) response_ = std::move(static_cast<Response&>(message));
  }
  void on_done(const Result<void>& status) override {
    auto done = std::move(done_);  // it may destroy this object
    if (!status.ok()) return done(status.error());
    if (count_ != 1) {
      return done(make_error(ErrorCode::kInternal, "expected 1 response, got {}", count_));
    }
    done(std::move(response_));
  }

 private:
  std::move_only_function<void(Result<Response>)> done_;
  Response response_;
  std::size_t count_ = 0;
};

}  // namespace internal

// A call in progress that reports through a callback. Destroying it cancels: the callback does not
// run. Empty once done is not needed: it may be kept or destroyed, also by its own callback.
class [[nodiscard]] PendingCall {
 public:
  PendingCall() = default;
  PendingCall(std::unique_ptr<internal::ClientCallEvents> events,
              std::unique_ptr<internal::ClientCallCore> core)
      : events_(std::move(events)), core_(std::move(core)) {}
  void cancel() { *this = PendingCall(); }

  PendingCall(PendingCall&&) noexcept = default;
  PendingCall& operator=(PendingCall&& other) noexcept {
    core_ = std::move(other.core_);  // the call ends before what it reports to
    events_ = std::move(other.events_);
    return *this;
  }
  ~PendingCall() = default;

 private:
  std::unique_ptr<internal::ClientCallEvents> events_;
  std::unique_ptr<internal::ClientCallCore> core_;

  template <Message Request>
  friend class ClientWriter;
};

// The sending side of a client's stream; as PendingCall, destroying it cancels the call.
template <Message Request>
class [[nodiscard]] ClientWriter {
 public:
  ClientWriter() = default;
  explicit ClientWriter(PendingCall call) : call_(std::move(call)) {}

  // True while more may be written at once; false asks to wait for on_writable. The message is sent
  // in either case, and dropped once the call is done.
  bool write(const Request& message) { return call_.core_->write(message); }
  bool is_writable() const { return call_.core_->is_writable(); }
  void end_writes() { call_.core_->end_writes(); }  // half close
  // While held no message is delivered and the server's window is not refilled.
  void hold() { call_.core_->hold(); }
  void resume() { call_.core_->resume(); }
  void cancel() { call_.cancel(); }

 private:
  PendingCall call_;
};

// What a stream of responses is told; outlives the call.
template <Message Response>
class ResponseReader {
 public:
  virtual ~ResponseReader() = default;
  virtual void on_message(Response& message) = 0;
  virtual void on_writable() {}
  virtual void on_done(const Result<void>& status) = 0;  // the last
};

class Channel {
 public:
  // `loop` and `random` (for jitter) outlive the channel.
  Channel(net::Loop& loop, Random& random, Connector connector, ChannelOptions options);
  // Calls that are open end with kCancelled; their handles may be destroyed later.
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // `method` is `package.Service/Method`. The callback runs once, from the loop, never within this.
  template <Message Request, Message Response>
  PendingCall unary(std::string_view method, const Request& request, CallOptions options,
                    std::move_only_function<void(Result<Response>)> done);
  template <Message Request, Message Response>
  ClientWriter<Request> client_stream(std::string_view method, CallOptions options,
                                      std::move_only_function<void(Result<Response>)> done);
  template <Message Request, Message Response>
  PendingCall server_stream(std::string_view method, const Request& request, CallOptions options,
                            ResponseReader<Response>& reader);
  template <Message Request, Message Response>
  ClientWriter<Request> bidi(std::string_view method, CallOptions options,
                             ResponseReader<Response>& reader);

  bool is_connected() const;
  // Called whenever is_connected() changes; at most one.
  void on_state(std::function<void(bool is_connected)> callback);

  class State;  // private to the room

 private:
  std::unique_ptr<internal::ClientCallCore> start(std::string_view method, CallOptions options,
                                                  internal::ClientCallEvents& events);

  std::unique_ptr<State> state_;
};

namespace internal {

template <Message Response>
class ReaderEvents final : public ClientCallEvents {
 public:
  explicit ReaderEvents(ResponseReader<Response>& reader) : reader_(reader) {}
  std::unique_ptr<google::protobuf::MessageLite> make_message() override {
    return std::make_unique<Response>();
  }
  void on_message(google::protobuf::MessageLite& message) override {
    reader_.on_message(static_cast<Response&>(message));
  }
  void on_writable() override { reader_.on_writable(); }
  void on_done(const Result<void>& status) override { reader_.on_done(status); }

 private:
  ResponseReader<Response>& reader_;
};

}  // namespace internal

template <Message Request, Message Response>
PendingCall Channel::unary(std::string_view method, const Request& request, CallOptions options,
                           std::move_only_function<void(Result<Response>)> done) {
  auto events = std::make_unique<internal::OneResponse<Response>>(std::move(done));
  auto core = start(method, std::move(options), *events);
  core->write(request);
  core->end_writes();
  return {std::move(events), std::move(core)};
}

template <Message Request, Message Response>
ClientWriter<Request> Channel::client_stream(std::string_view method, CallOptions options,
                                             std::move_only_function<void(Result<Response>)> done) {
  auto events = std::make_unique<internal::OneResponse<Response>>(std::move(done));
  auto core = start(method, std::move(options), *events);
  return ClientWriter<Request>(PendingCall(std::move(events), std::move(core)));
}

template <Message Request, Message Response>
PendingCall Channel::server_stream(std::string_view method, const Request& request,
                                   CallOptions options, ResponseReader<Response>& reader) {
  auto events = std::make_unique<internal::ReaderEvents<Response>>(reader);
  auto core = start(method, std::move(options), *events);
  core->write(request);
  core->end_writes();
  return {std::move(events), std::move(core)};
}

template <Message Request, Message Response>
ClientWriter<Request> Channel::bidi(std::string_view method, CallOptions options,
                                    ResponseReader<Response>& reader) {
  auto events = std::make_unique<internal::ReaderEvents<Response>>(reader);
  auto core = start(method, std::move(options), *events);
  return ClientWriter<Request>(PendingCall(std::move(events), std::move(core)));
}

}  // namespace ward::grpc
