#include "grpc/server_core.h"

#include <google/protobuf/message_lite.h>

#include "base/check.h"
#include "grpc/message_codec.h"
#include "grpc/status.h"

namespace ward::grpc {
namespace {

constexpr std::string_view kContentType = "application/grpc";

void append_status(http::Headers& headers, const Result<void>& status, const Limits& limits) {
  if (status.ok()) return headers.add("grpc-status", "0");
  headers.add("grpc-status", std::to_string(static_cast<int>(status.error().code())));
  const std::string_view message = status.error().message();
  if (!message.empty()) {
    headers.add("grpc-message",
                encode_status_message(message.substr(0, limits.status_message_bytes_max)));
  }
}

}  // namespace

// While one lives the call is not destroyed; the last one to go does that if the call is over.
class ServerCall::Inside {
 public:
  explicit Inside(ServerCall& call, When when = kNow) : call_(call), when_(when) { ++call_.depth_; }
  ~Inside() {
    --call_.depth_;
    call_.bury_if_over(when_);
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  ServerCall& call_;
  When when_;
};

ServerCall::ServerCall(Server::State& state, std::unique_ptr<http::Exchange> exchange)
    : state_(&state), exchange_(std::move(exchange)), deframer_(state.limits.receive_bytes_max) {}

ServerCall::~ServerCall() {
  // The object goes first and may still use the call.
  is_buried_ = true;
  object_.reset();
  if (exchange_) exchange_->ignore();
  if (exchange_ && exchange_->is_open() && !exchange_->is_finished()) {
    exchange_->reset(http::ResetCode::kCancel);
  }
}

std::string_view ServerCall::method() const {
  return exchange_->head().path().substr(1);
}

const net::Peer& ServerCall::peer() const {
  return lost_peer_ ? *lost_peer_ : exchange_->peer();
}

void ServerCall::start() {
  const Inside inside(*this);
  auto status = read_head();
  if (status.ok()) status = intercept();
  if (status.ok()) {
    method_ = state_->find(exchange_->head().path());
    if (method_ == nullptr) {
      status = make_error(ErrorCode::kUnimplemented, "no method `{}`", method());
    }
  }
  if (!status.ok()) return finish(status.error());
  if (method_->reads_stream) {
    object_ = method_->open(*this);
    if (!object_ && !is_finished_) {
      return finish(Error(ErrorCode::kInternal, "the method gave no object for the call"));
    }
  }
  if (is_finished_) return;
  exchange_->read(*this);
}

Result<void> ServerCall::read_head() {
  const http::RequestHead& head = exchange_->head();
  metadata_ = Metadata::from_headers(head.headers);
  const auto encoding = head.headers.find("grpc-encoding");
  if (encoding && *encoding != "identity") {
    // doc/compression.md: the client is told what would be taken.
    initial_metadata_ = {};
    return make_error(ErrorCode::kUnimplemented,
                      "the message encoding `{}` is not supported; only identity is", *encoding);
  }
  const auto text = head.headers.find("grpc-timeout");
  if (!text) return {};
  WARD_TRY(const auto timeout, parse_timeout(*text));
  deadline_ = state_->loop.clock().monotonic() + timeout;
  deadline_timer_ = state_->loop.after(timeout, [this] {
    const Inside inside(*this);
    finish(Error(ErrorCode::kDeadlineExceeded, "the deadline has passed"));
    cancel();
  });
  return {};
}

Result<void> ServerCall::intercept() {
  for (const auto& [prefix, interceptor] : state_->interceptors) {
    if (method().starts_with(prefix)) WARD_RETURN_IF_ERROR(interceptor(*this));
  }
  return {};
}

void ServerCall::on_body(ByteView bytes) {
  const Inside inside(*this);
  unconsumed_ += bytes.size();
  if (is_finished_) return exchange_->consume(std::exchange(unconsumed_, 0));
  deframer_.feed(bytes);
  receive();
  if (!is_finished_) deframer_.keep();
}

void ServerCall::on_body_end(const http::Headers&) {
  const Inside inside(*this);
  is_input_ended_ = true;
  receive();
}

void ServerCall::resume() {
  if (!std::exchange(is_held_, false) || is_over()) return;
  const Inside inside(*this, kLater);
  receive();
}

// Delivers what is there until it is held, over or used up.
void ServerCall::receive() {
  if (std::exchange(is_receiving_, true)) return;  // resume() from within a message
  while (!is_over() && !is_held_) {
    const auto received = receive_one();
    if (!received.ok()) {
      finish(received.error());
      break;
    }
    if (!*received) break;
  }
  if (!is_held_ || is_finished_) exchange_->consume(std::exchange(unconsumed_, 0));
  if (is_input_ended_ && !is_over() && !is_held_) {
    const auto ended = receive_end();
    if (!ended.ok()) finish(ended.error());
  }
  is_receiving_ = false;
}

Result<bool> ServerCall::receive_one() {
  WARD_TRY(const auto bytes, deframer_.next());
  if (!bytes) return false;
  auto message = method_->make_request();
  WARD_RETURN_IF_ERROR(decode_message(*bytes, *message));
  if (method_->reads_stream) {
    method_->deliver(*object_, *message);
    return true;
  }
  if (request_) return Error(ErrorCode::kUnimplemented, "expected one request, got more");
  request_ = std::move(message);
  return true;
}

Result<void> ServerCall::receive_end() {
  if (std::exchange(is_end_delivered_, true)) return {};
  if (deframer_.pending() > 0) return Error(ErrorCode::kInternal, "the last message is cut short");
  if (method_->reads_stream) {
    method_->deliver_end(*object_);
    return {};
  }
  if (!request_) return Error(ErrorCode::kUnimplemented, "expected one request, got none");
  object_ = method_->start(*this, *request_);
  request_.reset();
  if (!object_ && !has_handle_ && !is_finished_) {
    return Error(ErrorCode::kInternal, "the method gave no object for the call");
  }
  return {};
}

void ServerCall::on_writable() {
  const Inside inside(*this);
  if (object_ && !is_over()) object_->on_writable();
}

void ServerCall::on_abort(const Error&) {
  const Inside inside(*this);
  lost_peer_ = exchange_->peer();
  if (!is_finished_) cancel();
}

void ServerCall::cancel() {
  if (std::exchange(is_cancelled_, true)) return;
  deadline_timer_.cancel();
  if (auto callback = std::exchange(on_cancel_, nullptr)) callback();
}

void ServerCall::send_initial_metadata() {
  if (is_over() || exchange_->has_head()) return;
  send_head();
}

void ServerCall::send_head() {
  http::ResponseHead head{.status = 200, .headers = {{"content-type", kContentType}}};
  initial_metadata_.append_to(head.headers);
  exchange_->send_head(head);
}

bool ServerCall::write(const google::protobuf::MessageLite& message) {
  if (is_over()) return false;
  const auto frame = encode_frame(message, state_->limits.send_bytes_max);
  if (!frame.ok()) {
    finish(frame.error());
    return false;
  }
  send_initial_metadata();
  exchange_->send_body(*frame);
  return exchange_->is_writable();
}

bool ServerCall::is_writable() const {
  return !is_over() && exchange_->is_writable();
}

void ServerCall::finish(Result<void> status) {
  if (std::exchange(is_finished_, true)) return;
  deadline_timer_.cancel();
  if (state_ != nullptr && exchange_->is_open()) {
    if (!exchange_->has_head() && !initial_metadata_.empty()) send_head();
    http::Headers trailers;
    const bool is_alone = !exchange_->has_head();  // "Trailers-Only"
    if (is_alone) trailers.add("content-type", kContentType);
    append_status(trailers, status, state_->limits);
    if (!status.ok() && status.error().code() == ErrorCode::kUnimplemented) {
      trailers.add("grpc-accept-encoding", "identity");
    }
    trailers_.append_to(trailers);
    if (is_alone) {
      exchange_->send_only_head({.status = 200, .headers = std::move(trailers)});
    } else {
      exchange_->finish(trailers);
    }
  }
  bury_if_over(kLater);
}

void ServerCall::acquire_handle() {
  has_handle_ = true;
}

void ServerCall::release_handle() {
  has_handle_ = false;
  if (state_ == nullptr) {
    if (!is_buried_) delete this;  // orphaned: nobody else knows it
    return;
  }
  if (is_over()) return bury_if_over(kNow);
  finish(Error(ErrorCode::kInternal, "the call was dropped unanswered"));
}

void ServerCall::bury_if_over(When when) {
  if (depth_ > 0 || is_buried_ || state_ == nullptr || !is_over()) return;
  if (object_ != nullptr) {
    // An object that ends its call from outside may be in the middle of a method of its own.
    if (when == kLater) return state_->bury_later(*this);
    ++depth_;
    object_.reset();  // may let go of the handle
    --depth_;
  }
  if (has_handle_) return;
  is_buried_ = true;
  std::erase(state_->ended, this);  // the connection may have ended before the reaper came
  state_->calls.erase(place);
}

void ServerCall::orphan() {
  ++depth_;
  cancel();
  state_ = nullptr;
  is_buried_ = true;
  object_.reset();
  is_buried_ = !has_handle_;
}

Server::State::~State() {
  for (auto& call : calls) {
    call->orphan();
    // SAFETY: from here on the call belongs to its handle, whose release deletes it.
    if (call->has_handle()) static_cast<void>(call.release());
  }
}

void Server::State::bury_later(ServerCall& call) {
  if (std::ranges::find(ended, &call) != ended.end()) return;
  ended.push_back(&call);
  if (ended.size() > 1) return;
  reaper = loop.after({}, [this] {
    while (!ended.empty()) {
      ServerCall* dead = ended.back();
      ended.pop_back();
      dead->bury_if_over(ServerCall::kNow);
    }
  });
}

}  // namespace ward::grpc
