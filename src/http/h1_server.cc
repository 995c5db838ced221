// HTTP/1.1, the server's side: one exchange at a time, pipelined requests wait in `in_`.
//
// `in_` is bounded: while a head or a chunk header is incomplete by the parser's bounds, and
// otherwise by wants_input(), which stops the reading of the socket.
#include <fmt/format.h>

#include <utility>

#include "base/check.h"
#include "http/h1_parser.h"
#include "http/server_protocol.h"
#include "net/peer.h"

namespace ward::http {
namespace {

// RFC 9112 7.1.1 sets no bound for chunk extensions and trailers; this is ours, and what is read
// ahead of the request in progress.
constexpr std::size_t kReadAheadMax = 64 * 1024;

class H1Server final : public ServerProtocol, public ExchangeCarrier, H1ParserEvents {
 public:
  explicit H1Server(ServerProtocolContext context)
      : context_(std::move(context)), parser_(H1Parser::Kind::kRequest, context_.limits, *this) {}

  ~H1Server() override { drop_exchange(Error(ErrorCode::kUnavailable, "the server closed")); }

  void feed(ByteView bytes) override {
    if (is_closing_) return;
    append(in_, bytes);
    pump();
  }

  void feed_end() override {
    is_input_ended_ = true;
    pump();
  }

  void pump() override {
    if (std::exchange(is_pumping_, true)) return;
    while (!is_closing_ && step()) {
    }
    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(in_used_));
    in_used_ = 0;
    is_pumping_ = false;
    if (is_input_ended_ && !is_closing_) end_input();
  }

  void take_output(Bytes& out, std::size_t) override {
    if (out_.empty()) return;
    append(out, std::exchange(out_, {}));
    if (exchange_ != nullptr) exchange_->deliver_progress();
  }

  bool wants_input() const override {
    if (is_closing_ || is_input_ended_) return false;
    if (is_exchanging_ && !is_request_whole_) return is_reading_ && unconsumed_ == 0;
    return in_.size() < kReadAheadMax;
  }

  bool is_done() const override { return is_closing_; }

  Waiting waiting() const override {
    if (!is_exchanging_) return in_.empty() ? Waiting::kRequest : Waiting::kHead;
    return !is_request_whole_ && wants_input() ? Waiting::kBody : Waiting::kNothing;
  }

  void time_out() override {
    if (waiting() == Waiting::kHead) return refuse(408);
    if (waiting() == Waiting::kBody) {
      if (std::exchange(has_body_moved_, false)) return;
      const bool has_head = has_head_;
      drop_exchange(Error(ErrorCode::kDeadlineExceeded, "the body did not come in time"));
      if (!has_head) return refuse(408);
    }
    is_closing_ = true;
  }

  bool probe() override { return false; }

  void shut_down() override {
    is_shutting_down_ = true;
    if (!is_exchanging_ && in_.empty()) is_closing_ = true;
  }

  void abort(const Error& why) override {
    is_closing_ = true;
    drop_exchange(why);
  }

 private:
  // One step forward; false when it needs input or the exchange to go on.
  bool step() {
    if (is_exchanging_) {
      if (is_request_whole_) return is_answered_ && next_request();
      if (is_answered_) return give_up_request();
      return is_reading_ && unconsumed_ == 0 && feed_parser();
    }
    return feed_parser();
  }

  // Nothing more will come, and what did is used up. A half-closed peer still gets its answer.
  void end_input() {
    if (is_exchanging_ && (is_request_whole_ || !is_reading_ || unconsumed_ > 0)) return;
    drop_exchange(Error(ErrorCode::kUnavailable, "the request was cut short"));
    is_closing_ = true;
  }

  bool feed_parser() {
    const ByteView rest = ByteView(in_).subspan(in_used_);
    if (rest.empty() && parser_.phase() != H1Parser::Phase::kDone) return false;
    const auto phase = parser_.phase();
    // INVARIANT: events of the parser may send and finish, but not touch in_: pump() is locked.
    const auto taken = parser_.feed(rest);
    in_used_ += taken;
    if (parser_.failure()) return fail_parse(), false;
    if (phase == H1Parser::Phase::kHead && parser_.phase() != H1Parser::Phase::kHead) {
      start_exchange();
      return true;
    }
    if (is_exchanging_ && parser_.phase() == H1Parser::Phase::kDone) return end_request(), true;
    if (taken == 0 && rest.size() > kReadAheadMax) {
      drop_exchange(Error(ErrorCode::kInvalidArgument, "a chunk header or trailer is too long"));
      refuse(400);
    }
    return taken > 0;
  }

  void fail_parse() {
    const bool may_answer = !is_exchanging_ || !has_head_;
    drop_exchange(make_error(ErrorCode::kInvalidArgument, "{}", parser_.failure()->why));
    const int status = parser_.failure()->status;
    if (may_answer && status != H1Parser::Failure::kNoAnswer) return refuse(status);
    is_closing_ = true;
  }

  void start_exchange() {
    ++id_;
    ++request_count_;
    is_exchanging_ = true;
    is_request_whole_ = is_answered_ = is_reading_ = has_head_ = has_body_moved_ = false;
    unconsumed_ = 0;
    keeps_alive_ = parser_.keeps_alive() && !parser_.is_http10() &&
                   request_count_ < context_.limits.requests_per_connection_max;
    is_head_request_ = parser_.request().method == "HEAD";
    is_body_empty_ = parser_.is_body_empty();
    if (const auto expect = parser_.request().headers.find("expect");
        expect && !parser_.expects_continue() && !parser_.is_http10()) {
      return refuse(417);
    }
    needs_continue_ = parser_.expects_continue();
    parser_.request().scheme = context_.peer.tls ? "https" : "http";
    auto exchange = std::make_unique<Exchange>(*this, id_, std::move(parser_.request()),
                                               context_.peer, context_.limits.output_high_water);
    exchange_ = exchange.get();
    context_.router.dispatch(std::move(exchange));
  }

  void end_request() {
    is_request_whole_ = true;
    if (is_reading_ && exchange_ != nullptr) exchange_->deliver_end(parser_.trailers());
  }

  bool next_request() {
    if (!keeps_alive_ || is_shutting_down_) {
      is_closing_ = true;
      return false;
    }
    is_exchanging_ = false;
    parser_.restart();
    return in_used_ < in_.size();
  }

  // Answered before the body was read: reading on would cost more than a new connection.
  bool give_up_request() {
    if (is_body_empty_) return feed_parser();
    is_closing_ = true;
    return false;
  }

  void refuse(int status) {
    append_status(status, {});
    append(out_, "connection: close\r\ncontent-length: 0\r\n\r\n");
    is_closing_ = true;
  }

  void drop_exchange(const Error& why) {
    is_exchanging_ = false;
    if (Exchange* exchange = std::exchange(exchange_, nullptr)) exchange->deliver_abort(why);
  }

  void wake() {
    if (!is_pumping_) context_.wake();
  }

  // H1ParserEvents
  void on_body(ByteView bytes) override {
    unconsumed_ += bytes.size();
    has_body_moved_ = true;
    needs_continue_ = false;
    if (exchange_ != nullptr) exchange_->deliver_body(bytes);
  }

  // ExchangeCarrier
  void read(std::uint32_t id) override {
    if (id != id_ || !is_exchanging_) return;
    is_reading_ = true;
    if (needs_continue_ && in_used_ == in_.size() && !has_head_) {
      append(out_, "HTTP/1.1 100 Continue\r\n\r\n");
    }
    needs_continue_ = false;
    wake();
  }

  void consume(std::uint32_t id, std::size_t bytes) override {
    if (id != id_ || !is_exchanging_) return;
    WARD_CHECK(bytes <= unconsumed_);
    unconsumed_ -= bytes;
    if (unconsumed_ == 0) wake();
  }

  void send_head(std::uint32_t id, const ResponseHead& head, bool is_last) override {
    if (id != id_ || !is_exchanging_) return;
    has_head_ = true;
    has_no_body_ = is_head_request_ || head.status == 204 || head.status == 304;
    const bool has_length = head.headers.contains("content-length");
    is_chunked_ = !has_length && !has_no_body_ && !is_last && !parser_.is_http10();
    if (!has_length && !is_chunked_ && !has_no_body_ && !is_last) keeps_alive_ = false;
    if (head.headers.list_contains("connection", "close") || is_shutting_down_ ||
        !(is_request_whole_ || is_body_empty_)) {
      keeps_alive_ = false;
    }
    append_status(head.status, head.headers);
    append_fields(head.headers);
    if (is_chunked_) append(out_, "transfer-encoding: chunked\r\n");
    if (is_last && !has_length && !has_no_body_) append(out_, "content-length: 0\r\n");
    if (!keeps_alive_) append(out_, "connection: close\r\n");
    append(out_, "\r\n");
    if (is_last) is_answered_ = true;
    wake();
  }

  // The status line, and the date unless the answer has its own.
  void append_status(int status, const Headers& headers) {
    append(out_, fmt::format("HTTP/1.1 {} {}\r\n", status, reason_phrase(status)));
    if (context_.date == nullptr || headers.contains("date")) return;
    append(out_, "date: ");
    append(out_, context_.date->text());
    append(out_, "\r\n");
  }

  void append_fields(const Headers& headers) {
    for (const auto [name, value] : headers) {
      if (name == "connection" || name == "transfer-encoding") continue;
      append(out_, name);
      append(out_, ": ");
      append(out_, value);
      append(out_, "\r\n");
    }
  }

  void send_body(std::uint32_t id, ByteView bytes) override {
    if (id != id_ || !is_exchanging_ || has_no_body_ || bytes.empty()) return;
    if (is_chunked_) append(out_, fmt::format("{:x}\r\n", bytes.size()));
    append(out_, bytes);
    if (is_chunked_) append(out_, "\r\n");
    wake();
  }

  void finish(std::uint32_t id, const Headers& trailers) override {
    if (id != id_ || !is_exchanging_) return;
    if (is_chunked_) {
      append(out_, "0\r\n");
      append_fields(trailers);
      append(out_, "\r\n");
    }
    is_answered_ = true;
    wake();
  }

  void reset(std::uint32_t id, ResetCode) override {
    if (id != id_ || !is_exchanging_) return;
    is_closing_ = true;
    wake();
  }

  std::size_t unsent(std::uint32_t id) const override { return id == id_ ? out_.size() : 0; }

  void release(std::uint32_t id) override {
    if (id == id_) exchange_ = nullptr;
  }

  ServerProtocolContext context_;
  H1Parser parser_;
  Bytes in_;
  std::size_t in_used_ = 0;
  Bytes out_;
  bool is_pumping_ = false;
  bool is_input_ended_ = false;
  bool is_shutting_down_ = false;
  bool is_closing_ = false;

  // The exchange in progress.
  std::uint32_t id_ = 0;
  std::size_t request_count_ = 0;
  Exchange* exchange_ = nullptr;  // null once its owner let go of it
  bool is_exchanging_ = false;
  bool is_reading_ = false;
  bool is_request_whole_ = false;
  bool is_answered_ = false;
  bool is_head_request_ = false;
  bool is_body_empty_ = false;
  bool needs_continue_ = false;
  bool keeps_alive_ = false;
  bool has_head_ = false;
  bool has_no_body_ = false;
  bool is_chunked_ = false;
  bool has_body_moved_ = false;  // since the last time-out
  std::size_t unconsumed_ = 0;
};

}  // namespace

std::unique_ptr<ServerProtocol> make_h1_server(ServerProtocolContext context) {
  return std::make_unique<H1Server>(std::move(context));
}

}  // namespace ward::http
