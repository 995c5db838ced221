// One call on the server, and the list of them. Private to the room: what server.cc routes to.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "grpc/limits.h"
#include "grpc/server.h"
#include "grpc/wire.h"
#include "http/exchange.h"
#include "net/loop.h"
#include "net/peer.h"

namespace ward::grpc {

class ServerCall;

class Server::State {
 public:
  State(net::Loop& loop_, Limits limits_) : loop(loop_), limits(limits_) {}
  ~State();

  void handle(std::unique_ptr<http::Exchange> exchange);
  const internal::Method* find(std::string_view path) const;
  bool has_service_of(std::string_view path) const;

  void bury_later(ServerCall& call);

  net::Loop& loop;
  const Limits limits;
  std::map<std::string, internal::Method, std::less<>>
      methods;  // by path: `/package.Service/Method`
  std::vector<std::pair<std::string, Interceptor>> interceptors;
  std::list<std::unique_ptr<ServerCall>> calls;
  std::vector<ServerCall*> ended;  // whose objects are to be destroyed from the loop
  net::Timer reaper;
};

// A call lives until it is over (finished or cancelled), nobody holds its handle, and none of its
// callbacks runs.
class ServerCall final : public internal::ServerCallCore, public http::ExchangeObserver {
 public:
  ServerCall(Server::State& state, std::unique_ptr<http::Exchange> exchange);
  ~ServerCall() override;

  // Judges the head and starts the method.
  void start();
  // The server goes: the call ends, and if a handle is out it belongs to that from now on.
  void orphan();
  bool has_handle() const { return has_handle_; }

  // Destroys what is over: at once, or from the loop when the caller may be the call's own object.
  enum When : std::uint8_t { kNow, kLater };
  void bury_if_over(When when);

  std::list<std::unique_ptr<ServerCall>>::iterator place;  // in the server's list

  // ServerContext
  std::string_view method() const override;
  const net::Peer& peer() const override;
  const Metadata& metadata() const override { return metadata_; }
  std::optional<MonotonicTime> deadline() const override { return deadline_; }
  bool is_cancelled() const override { return is_cancelled_; }
  void on_cancel(std::function<void()> callback) override { on_cancel_ = std::move(callback); }
  Metadata& initial_metadata() override { return initial_metadata_; }
  void send_initial_metadata() override;
  Metadata& trailers() override { return trailers_; }
  void hold() override { is_held_ = true; }
  void resume() override;

  // ServerCallCore
  bool write(const google::protobuf::MessageLite& message) override;
  bool is_writable() const override;
  void finish(Result<void> status) override;
  void acquire_handle() override;
  void release_handle() override;

  // ExchangeObserver
  void on_body(ByteView bytes) override;
  void on_body_end(const http::Headers& trailers) override;
  void on_writable() override;
  void on_abort(const Error& why) override;

 private:
  bool is_over() const { return is_finished_ || is_cancelled_; }
  class Inside;  // marks that a callback runs

  Result<void> read_head();
  Result<void> intercept();
  void receive();
  Result<bool> receive_one();
  Result<void> receive_end();
  void send_head();
  void cancel();

  Server::State* state_;
  std::unique_ptr<http::Exchange> exchange_;
  const internal::Method* method_ = nullptr;
  Metadata metadata_;
  Metadata initial_metadata_;
  Metadata trailers_;
  std::optional<net::Peer> lost_peer_;  // a copy, once the connection is gone
  std::optional<MonotonicTime> deadline_;
  net::Timer deadline_timer_;
  std::function<void()> on_cancel_;
  Deframer deframer_;
  std::unique_ptr<google::protobuf::MessageLite> request_;  // of a method that reads one
  std::unique_ptr<CallObject> object_;
  std::size_t unconsumed_ = 0;
  int depth_ = 0;
  bool has_handle_ = false;
  bool is_held_ = false;
  bool is_input_ended_ = false;
  bool is_end_delivered_ = false;
  bool is_receiving_ = false;
  bool is_finished_ = false;
  bool is_cancelled_ = false;
  bool is_buried_ = false;
};

}  // namespace ward::grpc
