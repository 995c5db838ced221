#include "grpc/client_core.h"

#include <google/protobuf/message_lite.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "grpc/message_codec.h"
#include "grpc/status.h"

namespace ward::grpc {
namespace {

constexpr int kBackoffDoublingsMax = 16;

std::uint32_t parse_code(std::string_view text) {
  std::uint32_t code = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), code);
  const bool is_whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return is_whole ? code : static_cast<std::uint32_t>(ErrorCode::kUnknown);
}

Result<void> status_of(const http::Headers& trailers) {
  const auto code = trailers.find("grpc-status");
  if (!code) return Error(ErrorCode::kUnknown, "the answer has no grpc-status");
  if (*code == "0") return {};
  const auto message = trailers.find("grpc-message");
  return error_of(parse_code(*code), message ? decode_status_message(*message) : "");
}

}  // namespace

Channel::State::State(net::Loop& loop_, Random& random_, Connector connector_,
                      ChannelOptions options_)
    : loop(loop_),
      random(random_),
      connector(std::move(connector_)),
      options(std::move(options_)) {}

Channel::State::~State() {
  attempt_.cancel();
  // Each tells its owner, which may destroy others.
  while (!calls.empty()) {
    ClientCall* call = *calls.begin();
    calls.erase(calls.begin());
    call->leave();
  }
}

void Channel::State::add(ClientCall& call) {
  calls.insert(&call);
  if (client && client->can_request()) return call.start(*client);
  if (waiting.size() >= options.waiting_calls_max) {
    return call.fail_later(Error(ErrorCode::kResourceExhausted, "too many calls wait"));
  }
  waiting.push_back(&call);
  if (!retry_running_) connect();
}

void Channel::State::remove(ClientCall& call) {
  calls.erase(&call);
  waiting.remove(&call);
}

void Channel::State::connect() {
  if (std::exchange(is_connecting_, true)) return;
  attempt_ = connector([this](Result<std::unique_ptr<net::Stream>> stream) {
    is_connecting_ = false;
    if (!stream.ok()) return failed(stream.error());
    connected(std::move(*stream));
  });
}

void Channel::State::connected(std::unique_ptr<net::Stream> stream) {
  failures_ = 0;
  const http::H2ClientOptions h2{.limits = options.http,
                                 .keepalive_interval = options.keepalive_interval,
                                 .keepalive_timeout = options.keepalive_timeout};
  if (client) retired_.push_back(std::move(client));
  http::H2Client::Events events{.on_retired = [this] { retire(); },
                                .on_gone = [this](const Error& why) { lost(why); }};
  client = std::make_unique<http::H2Client>(loop, std::move(stream), h2, std::move(events));
  start_waiting();
  tell_state(true);
}

void Channel::State::lost(const Error& why) {
  std::erase_if(retired_, [](const auto& old) { return old->is_lost(); });
  if (!client || !client->is_lost()) return;
  client.reset();
  if (!waiting.empty()) failed(why);
  tell_state(false);
}

// The callback may destroy the channel: nothing is touched after.
void Channel::State::tell_state(bool is_connected) {
  if (const auto callback = on_state) callback(is_connected);
}

void Channel::State::start_waiting() {
  for (ClientCall* call : std::exchange(waiting, {})) call->start(*client);
}

// The server takes no new calls on this connection; those on it go on.
void Channel::State::retire() {
  if (!client) return;
  retired_.push_back(std::move(client));
  tell_state(false);
}

void Channel::State::failed(const Error& why) {
  ++failures_;
  const Error reason(ErrorCode::kUnavailable, why.message());
  std::list<ClientCall*> failing;
  for (ClientCall* call : waiting) {
    if (!call->waits_for_ready()) failing.push_back(call);
  }
  retry_running_ = true;
  retry_ = loop.after(next_pause(), [this] {
    retry_running_ = false;
    if (!waiting.empty()) connect();
  });
  for (ClientCall* call : failing) {
    waiting.remove(call);
    call->fail_later(reason);  // its callback may destroy the channel
  }
}

// Exponential with full jitter above the half, so that clients of one server do not return at once.
std::chrono::nanoseconds Channel::State::next_pause() {
  const auto doublings = std::min(failures_ - 1, kBackoffDoublingsMax);
  const auto pause =
      std::min(options.backoff_min * (std::int64_t{1} << doublings), options.backoff_max);
  const auto half = std::chrono::nanoseconds(pause) / 2;
  const auto bound = static_cast<std::uint64_t>(std::max<std::int64_t>(half.count(), 1));
  return half + std::chrono::nanoseconds(static_cast<std::int64_t>(random.below(bound)));
}

// On the stack around a callback. Nested ones tell the outer.
class ClientCall::Watch {
 public:
  explicit Watch(ClientCall& call) : call_(call), outer_(call.gone_) { call.gone_ = &is_gone_; }
  ~Watch() {
    if (!is_gone_) {
      call_.gone_ = outer_;
    } else if (outer_ != nullptr) {
      *outer_ = true;
    }
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  bool is_gone() const { return is_gone_; }

 private:
  ClientCall& call_;
  bool* outer_;
  bool is_gone_ = false;
};

ClientCall::ClientCall(Channel::State& channel, std::string_view method, CallOptions options,
                       internal::ClientCallEvents& events)
    : channel_(&channel),
      method_(method),
      options_(std::move(options)),
      events_(events),
      deframer_(channel.options.limits.receive_bytes_max) {
  if (options_.timeout.count() <= 0) return;
  deadline_ = channel.loop.clock().monotonic() + options_.timeout;
  timer_ = channel.loop.after(options_.timeout, [this] {
    done(Error(ErrorCode::kDeadlineExceeded, "the deadline has passed"));
  });
}

ClientCall::~ClientCall() {
  if (gone_ != nullptr) *gone_ = true;
  if (client_ != nullptr) client_->abandon(id_, http::ResetCode::kCancel);
  if (channel_ != nullptr) channel_->remove(*this);
}

http::RequestHead ClientCall::make_head() const {
  const ChannelOptions& options = channel_->options;
  http::RequestHead head{.method = "POST",
                         .scheme = options.is_tls ? "https" : "http",
                         .authority = options.authority,
                         .target = '/' + method_,
                         .headers = {{"content-type", "application/grpc"},
                                     {"te", "trailers"},
                                     {"user-agent", options.user_agent},
                                     {"grpc-accept-encoding", "identity"}},
                         .version = http::Version::kHttp2};
  if (deadline_) {
    const auto left = *deadline_ - channel_->loop.clock().monotonic();
    head.headers.add("grpc-timeout", format_timeout(left));
  }
  options_.metadata.append_to(head.headers);
  return head;
}

void ClientCall::start(http::H2Client& client) {
  if (is_done_) return;
  const auto id = client.request(make_head(), false, *this);
  if (!id.ok()) return fail_later(id.error());
  client_ = &client;
  id_ = *id;
  client.send_body(id_, std::exchange(waiting_out_, {}));
  if (has_ended_writes_) client.finish(id_);
}

void ClientCall::fail_later(Error why) {
  failure_ = channel_->loop.after({}, [this, why = std::move(why)] { done(why); });
}

void ClientCall::leave() {
  client_ = nullptr;  // its connection goes with the channel
  channel_ = nullptr;
  done(Error(ErrorCode::kCancelled, "the channel was closed"));
}

bool ClientCall::write(const google::protobuf::MessageLite& message) {
  if (is_done_ || has_ended_writes_ || channel_ == nullptr) return false;
  const auto frame = encode_frame(message, channel_->options.limits.send_bytes_max);
  if (!frame.ok()) {
    has_ended_writes_ = true;
    fail_later(frame.error());
    return false;
  }
  if (client_ != nullptr) {
    client_->send_body(id_, *frame);
  } else {
    append(waiting_out_, *frame);
  }
  if (is_writable()) return true;
  was_full_ = true;
  return false;
}

bool ClientCall::is_writable() const {
  if (is_done_ || has_ended_writes_ || channel_ == nullptr) return false;
  const auto unsent = client_ != nullptr ? client_->unsent(id_) : waiting_out_.size();
  return unsent < channel_->options.http.output_high_water;
}

void ClientCall::end_writes() {
  if (std::exchange(has_ended_writes_, true) || is_done_) return;
  if (client_ != nullptr) client_->finish(id_);
}

void ClientCall::on_progress() {
  if (!was_full_ || !is_writable()) return;
  was_full_ = false;
  events_.on_writable();
}

void ClientCall::on_response(http::ResponseHead&& head) {
  const auto type = head.headers.find("content-type");
  const bool is_grpc = type && is_grpc_content_type(*type);
  if (head.status != 200 || !is_grpc) {
    if (head.headers.contains("grpc-status")) return done(status_of(head.headers));
    return done(error_of_http_status(head.status));
  }
  has_response_ = true;
  if (head.headers.contains("grpc-status")) {  // "Trailers-Only"
    trailers_ = std::move(head.headers);
    return;
  }
  const Metadata metadata = Metadata::from_headers(head.headers);
  // Moved out: it may destroy the call that holds it.
  const auto callback = std::exchange(options_.on_initial_metadata, nullptr);
  if (callback && !metadata.empty()) callback(metadata);
}

void ClientCall::on_body(ByteView bytes) {
  unconsumed_ += bytes.size();
  deframer_.feed(bytes);
  const Watch watch(*this);
  receive();
  if (!watch.is_gone()) deframer_.keep();
}

void ClientCall::on_body_end(const http::Headers& trailers) {
  if (!trailers_) trailers_ = trailers;
  receive();
}

void ClientCall::resume() {
  if (!std::exchange(is_held_, false) || is_done_) return;
  // Later: messages come from the loop, never from within a call of the application's.
  resumption_ = channel_->loop.after({}, [this] { receive(); });
}

void ClientCall::receive() {
  if (std::exchange(is_receiving_, true)) return;
  const Watch watch(*this);
  bool is_gone = false;
  while (!is_done_ && !is_held_) {
    const auto received = receive_one(is_gone);
    if (is_gone) return;
    if (!received.ok()) {
      is_receiving_ = false;
      return done(received.error());
    }
    if (!*received) break;
  }
  is_receiving_ = false;
  if (is_done_ || is_held_) return;
  if (client_ != nullptr) client_->consume(id_, std::exchange(unconsumed_, 0));
  if (trailers_) receive_end();
}

Result<bool> ClientCall::receive_one(bool& is_gone) {
  WARD_TRY(const auto bytes, deframer_.next());
  if (!bytes) return false;
  auto message = events_.make_message();
  WARD_RETURN_IF_ERROR(decode_message(*bytes, *message));
  const Watch watch(*this);
  events_.on_message(*message);
  is_gone = watch.is_gone();
  return true;
}

void ClientCall::receive_end() {
  auto status = status_of(*trailers_);
  if (status.ok() && deframer_.pending() > 0) {
    status = Error(ErrorCode::kInternal, "the last message is cut short");
  }
  if (auto callback = std::exchange(options_.on_trailers, nullptr)) {
    const Metadata metadata = Metadata::from_headers(*trailers_);
    const Watch watch(*this);
    if (!metadata.empty()) callback(metadata);
    if (watch.is_gone()) return;
  }
  done(std::move(status));
}

void ClientCall::on_close(const Closed& closed) {
  client_ = nullptr;
  if (is_done_ || trailers_) return;  // the end is known, or waits for resume()
  if (closed.why != nullptr) return done(*closed.why);
  done(error_of_reset(closed.code, deadline_ && *deadline_ <= channel_->loop.clock().monotonic()));
}

void ClientCall::done(Result<void> status) {
  if (std::exchange(is_done_, true)) return;
  timer_.cancel();
  failure_.cancel();
  resumption_.cancel();
  if (auto* client = std::exchange(client_, nullptr)) {
    client->abandon(id_, http::ResetCode::kCancel);
  }
  if (channel_ != nullptr) channel_->remove(*this);
  channel_ = nullptr;
  events_.on_done(status);  // may destroy the call
}

}  // namespace ward::grpc
