// A channel's connection and the calls on it. Private to the room.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "grpc/client.h"
#include "grpc/wire.h"
#include "http/h2_client.h"

namespace ward::grpc {

class ClientCall;

// Connects when a call asks, hands the connection to those that wait, and tries again, later each
// time, when it cannot.
class Channel::State {
 public:
  State(net::Loop& loop_, Random& random_, Connector connector_, ChannelOptions options_);
  ~State();

  // The call is started now or once there is a connection, unless it goes first.
  void add(ClientCall& call);
  void remove(ClientCall& call);

  net::Loop& loop;
  Random& random;
  const Connector connector;
  const ChannelOptions options;
  std::unique_ptr<http::H2Client> client;
  std::unordered_set<ClientCall*> calls;  // every one that is not done
  std::list<ClientCall*> waiting;         // those among them without a connection
  std::function<void(bool)> on_state;

 private:
  void connect();
  void connected(std::unique_ptr<net::Stream> stream);
  void failed(const Error& why);
  void retire();
  void lost(const Error& why);
  void tell_state(bool is_connected);
  void start_waiting();
  std::chrono::nanoseconds next_pause();

  net::Attempt attempt_;
  net::Timer retry_;
  std::list<std::unique_ptr<http::H2Client>> retired_;  // end the calls they have
  int failures_ = 0;
  bool is_connecting_ = false;
  bool retry_running_ = false;
};

class ClientCall final : public internal::ClientCallCore, public http::ResponseObserver {
 public:
  ClientCall(Channel::State& channel, std::string_view method, CallOptions options,
             internal::ClientCallEvents& events);
  ~ClientCall() override;

  // For the channel.
  void start(http::H2Client& client);
  void fail(Error why) { done(std::move(why)); }
  void fail_later(Error why);
  void leave();  // the channel is gone
  bool waits_for_ready() const { return options_.wait_for_ready; }

  // ClientCallCore
  bool write(const google::protobuf::MessageLite& message) override;
  bool is_writable() const override;
  void end_writes() override;
  void hold() override { is_held_ = true; }
  void resume() override;

  // ResponseObserver
  void on_response(http::ResponseHead&& head) override;
  void on_body(ByteView bytes) override;
  void on_body_end(const http::Headers& trailers) override;
  void on_progress() override;
  void on_close(const Closed& closed) override;

 private:
  class Watch;  // tells whether a callback destroyed the call

  http::RequestHead make_head() const;
  void receive();
  Result<bool> receive_one(bool& is_gone);
  void receive_end();
  void done(Result<void> status);

  Channel::State* channel_;
  const std::string method_;
  CallOptions options_;
  internal::ClientCallEvents& events_;
  std::optional<MonotonicTime> deadline_;
  net::Timer timer_;
  net::Timer failure_;
  net::Timer resumption_;
  http::H2Client* client_ = nullptr;
  http::StreamId id_ = 0;
  Bytes waiting_out_;  // written before there was a connection
  Deframer deframer_;
  std::optional<http::Headers> trailers_;  // once the response has ended
  std::size_t unconsumed_ = 0;
  bool* gone_ = nullptr;
  bool has_ended_writes_ = false;
  bool has_response_ = false;
  bool is_held_ = false;
  bool is_receiving_ = false;
  bool was_full_ = false;
  bool is_done_ = false;
};

}  // namespace ward::grpc
