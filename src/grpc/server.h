// gRPC server: services of typed methods, mounted on an http::Router.
//
//   grpc::Server server(loop);
//   server.unary<AskRequest, AskResponse>("ward.v1.Admin/Ask",
//       [&](const AskRequest& request, grpc::UnaryReply<AskResponse> reply) {
//         reply.finish(decide(request, reply.context().peer()));   // now or later, on the loop
//       });
//   server.server_stream<WatchRequest, Fact>("ward.v1.Journal/Watch",
//       [&](const WatchRequest& request, grpc::ServerWriter<Fact> writer) {
//         return std::make_unique<Watcher>(journal, request.after(), writer);
//       });
//   server.mount(router);
//
// Everything runs on the loop's thread. Streams are objects: a method makes one for each call, the
// call owns it, and its destruction is the end of the call, whoever ended it. It deregisters there
// from what feeds it; nothing else can dangle.
//
// Wire: gRPC over HTTP/2 (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md). Compression is identity
// only: a compressed message is answered kUnimplemented with grpc-accept-encoding, as
// doc/compression.md asks. A content-type other than application/grpc[+proto] is answered HTTP 415,
// an unknown method kUnimplemented.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "grpc/limits.h"
#include "grpc/message.h"
#include "grpc/server_call.h"
#include "net/loop.h"

namespace ward::http {
class Router;
}

namespace ward::grpc {

// What a streaming call keeps while it lives.
class CallObject {
 public:
  virtual ~CallObject() = default;
  // write() may be called again without growing the queue; after a write() that said false.
  virtual void on_writable() {}
};

// A call that reads. Messages come one by one, unless context().hold().
template <Message Request>
class CallReader : public CallObject {
 public:
  virtual void on_message(const Request& message) = 0;
  virtual void on_end() = 0;  // the client has sent all
};

// The answer of a call that answers once. Moved to where the answer is known; dropped unanswered it
// answers kInternal. Valid after cancellation too: then nothing is sent.
template <Message Response>
class UnaryReply {
 public:
  explicit UnaryReply(internal::ServerCallCore& call) : handle_(call) {}

  ServerContext& context() const { return handle_.call(); }
  // Each ends the call; context() is gone after.
  void finish(const Response& response) { handle_.finish(response); }
  void finish(const Result<Response>& response) {
    if (response.ok()) return handle_.finish(*response);
    handle_.fail(response.error());
  }
  void fail(Error error) { handle_.fail(std::move(error)); }
  bool is_done() const { return handle_.is_done(); }

 private:
  internal::ReplyHandle handle_;
};

// The sending side of a streaming call: a handle to copy, valid while the call's object lives.
template <Message Response>
class ServerWriter {
 public:
  explicit ServerWriter(internal::ServerCallCore& call) : call_(&call) {}

  ServerContext& context() const { return *call_; }
  // True while more may be written at once; false asks to wait for on_writable(). The message is
  // sent in either case. One over Limits::send_bytes_max ends the call with kResourceExhausted.
  bool write(const Response& message) { return call_->write(message); }
  bool is_writable() const { return call_->is_writable(); }
  // Ends the call: Result<void>{} is OK. The call's object is destroyed soon after, never within
  // one of its own methods.
  void finish(Result<void> status) { call_->finish(std::move(status)); }

 private:
  internal::ServerCallCore* call_;
};

namespace internal {

// A method without its types.
struct Method {
  MessageFactory make_request;
  bool reads_stream;
  // For methods that read one message: starts the call with it. May return null.
  std::function<std::unique_ptr<CallObject>(ServerCallCore&, google::protobuf::MessageLite&)> start;
  // For methods that read a stream.
  std::function<std::unique_ptr<CallObject>(ServerCallCore&)> open;
  void (*deliver)(CallObject&, google::protobuf::MessageLite&) = nullptr;
  void (*deliver_end)(CallObject&) = nullptr;
};

template <Message Request>
void deliver_message(CallObject& object, google::protobuf::MessageLite& message) {
  static_cast<CallReader<Request>&>(object).on_message(static_cast<Request&>(message));
}
template <Message Request>
void deliver_end(CallObject& object) {
  static_cast<CallReader<Request>&>(object).on_end();
}

}  // namespace internal

class Server {
 public:
  template <Message Request, Message Response>
  using UnaryHandler = std::function<void(const Request&, UnaryReply<Response>)>;
  // The object may be null when the call is finished already.
  template <Message Request, Message Response>
  using ServerStreamHandler =
      std::function<std::unique_ptr<CallObject>(const Request&, ServerWriter<Response>)>;
  template <Message Request, Message Response>
  using ClientStreamHandler =
      std::function<std::unique_ptr<CallReader<Request>>(UnaryReply<Response>)>;
  template <Message Request, Message Response>
  using BidiHandler = std::function<std::unique_ptr<CallReader<Request>>(ServerWriter<Response>)>;

  // Judges a call by its context before its method sees it; an error is the call's status.
  using Interceptor = std::function<Result<void>(ServerContext&)>;

  // `loop` outlives the server; the server outlives the http::Server whose router it is mounted on.
  explicit Server(net::Loop& loop, Limits limits = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // `method` is `package.Service/Method`; each is registered once.
  template <Message Request, Message Response>
  void unary(std::string_view method, UnaryHandler<Request, Response> handler);
  template <Message Request, Message Response>
  void server_stream(std::string_view method, ServerStreamHandler<Request, Response> handler);
  template <Message Request, Message Response>
  void client_stream(std::string_view method, ClientStreamHandler<Request, Response> handler);
  template <Message Request, Message Response>
  void bidi(std::string_view method, BidiHandler<Request, Response> handler);

  // For every method whose name starts with `prefix`, known or not; in order of registration.
  // An interceptor of `` sees all.
  void intercept(std::string prefix, Interceptor interceptor);

  // Takes every gRPC request that the router has no other route for.
  void mount(http::Router& router);

  // Names of services that have methods, sorted.
  std::vector<std::string> services() const;

  class State;  // private to the room

 private:
  void add(std::string_view method, internal::Method entry);

  std::unique_ptr<State> state_;
};

template <Message Request, Message Response>
void Server::unary(std::string_view method, UnaryHandler<Request, Response> handler) {
  add(method, {.make_request = &make_message<Request>,
               .reads_stream = false,
               .start = [handler = std::move(handler)](
                            internal::ServerCallCore& call,
                            google::protobuf::MessageLite& request) -> std::unique_ptr<CallObject> {
                 handler(static_cast<const Request&>(request), UnaryReply<Response>(call));
                 return nullptr;
               },
               .open = {}});
}

template <Message Request, Message Response>
void Server::server_stream(std::string_view method,
                           ServerStreamHandler<Request, Response> handler) {
  add(method, {.make_request = &make_message<Request>,
               .reads_stream = false,
               .start = [handler = std::move(handler)](
                            internal::ServerCallCore& call,
                            google::protobuf::MessageLite& request) -> std::unique_ptr<CallObject> {
                 return handler(static_cast<const Request&>(request), ServerWriter<Response>(call));
               },
               .open = {}});
}

template <Message Request, Message Response>
void Server::client_stream(std::string_view method,
                           ClientStreamHandler<Request, Response> handler) {
  add(method, {.make_request = &make_message<Request>,
               .reads_stream = true,
               .start = {},
               .open = [handler = std::move(handler)](internal::ServerCallCore& call)
                   -> std::unique_ptr<CallObject> { return handler(UnaryReply<Response>(call)); },
               .deliver = &internal::deliver_message<Request>,
               .deliver_end = &internal::deliver_end<Request>});
}

template <Message Request, Message Response>
void Server::bidi(std::string_view method, BidiHandler<Request, Response> handler) {
  add(method, {.make_request = &make_message<Request>,
               .reads_stream = true,
               .start = {},
               .open = [handler = std::move(handler)](internal::ServerCallCore& call)
                   -> std::unique_ptr<CallObject> { return handler(ServerWriter<Response>(call)); },
               .deliver = &internal::deliver_message<Request>,
               .deliver_end = &internal::deliver_end<Request>});
}

}  // namespace ward::grpc
