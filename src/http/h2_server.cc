// HTTP/2, the server's side: an H2Session whose streams are exchanges.
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "http/h2_session.h"
#include "http/server_protocol.h"

namespace ward::http {
namespace {

class H2Server final : public ServerProtocol, public ExchangeCarrier, H2Events {
 public:
  explicit H2Server(ServerProtocolContext context)
      : context_(std::move(context)),
        session_(H2Session::Role::kServer, context_.limits, *this, context_.date) {}
  ~H2Server() override { drop_all(Error(ErrorCode::kUnavailable, "the server closed")); }

  void feed(ByteView bytes) override {
    is_inside_ = true;
    const auto fed = session_.feed(bytes);
    is_inside_ = false;
    if (!fed.ok()) is_failed_ = true;
    if (is_failed_) drop_all(fed.error());
  }

  void feed_end() override {
    is_failed_ = true;
    drop_all(Error(ErrorCode::kUnavailable, "the client closed the connection"));
  }

  void pump() override {}

  void take_output(Bytes& out, std::size_t bytes_max) override {
    is_inside_ = true;
    session_.take_output(out, bytes_max);
    is_inside_ = false;
  }

  bool wants_input() const override { return !is_failed_; }
  bool is_done() const override {
    return session_.is_done() || (is_failed_ && !session_.has_output());
  }

  Waiting waiting() const override {
    if (streams_.empty()) return Waiting::kRequest;
    // A stream that is read as it comes may stay silent for ever (gRPC): its reader knows.
    for (const auto& [id, stream] : streams_) {
      if (stream.is_awaited()) return Waiting::kBody;
    }
    return Waiting::kNothing;
  }

  void time_out() override {
    if (streams_.empty()) return session_.terminate(ResetCode::kNoError);
    std::vector<StreamId> late;
    for (auto& [id, stream] : streams_) {
      if (!std::exchange(stream.has_moved, false) && stream.is_awaited()) late.push_back(id);
    }
    for (const StreamId id : late) {
      const auto node = streams_.extract(id);
      session_.respond(id, {.status = 408, .headers = {{"content-length", "0"}}}, true);
      if (node.empty() || node.mapped().exchange == nullptr) continue;
      node.mapped().exchange->deliver_abort(
          Error(ErrorCode::kDeadlineExceeded, "the body did not come in time"));
    }
  }

  bool probe() override {
    session_.ping();
    return true;
  }

  void shut_down() override { session_.shut_down(); }

  void abort(const Error& why) override {
    is_failed_ = true;
    drop_all(why);
  }

 private:
  struct Stream {
    Exchange* exchange = nullptr;  // null once its owner let go of it
    bool is_head_request = false;
    bool is_reading = false;
    bool is_ended = false;
    bool has_no_body = false;
    bool has_moved = true;  // since the last time-out
    Bytes held;             // came before read(); within the stream's window
    Headers trailers;

    bool is_awaited() const { return exchange != nullptr && exchange->is_gathered() && !is_ended; }
  };

  Stream* find(StreamId id) {
    const auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : &found->second;
  }

  void wake() {
    if (!is_inside_) context_.wake();
  }

  void drop_all(const Error& why) {
    while (!streams_.empty()) {
      const auto node = streams_.extract(streams_.begin());
      if (Exchange* exchange = node.mapped().exchange) exchange->deliver_abort(why);
    }
  }

  // H2Events
  void on_request(StreamId id, RequestHead&& head) override {
    Stream& stream = streams_[id];
    stream.is_head_request = head.method == "HEAD";
    auto exchange = std::make_unique<Exchange>(*this, id, std::move(head), context_.peer,
                                               context_.limits.output_high_water);
    stream.exchange = exchange.get();
    context_.router.dispatch(std::move(exchange));
  }

  void on_body(StreamId id, ByteView bytes) override {
    Stream* stream = find(id);
    if (stream == nullptr || stream->exchange == nullptr) return session_.consume(id, bytes.size());
    stream->has_moved = true;
    if (stream->is_reading) return stream->exchange->deliver_body(bytes);
    append(stream->held, bytes);
  }

  void on_end(StreamId id, const Headers& trailers) override {
    Stream* stream = find(id);
    if (stream == nullptr || stream->exchange == nullptr) return;
    stream->is_ended = true;
    stream->trailers = trailers;
    if (stream->is_reading) stream->exchange->deliver_end(stream->trailers);
  }

  void on_progress(StreamId id) override {
    Stream* stream = find(id);
    if (stream != nullptr && stream->exchange != nullptr) stream->exchange->deliver_progress();
  }

  void on_close(StreamId id, std::uint32_t code) override {
    const auto node = streams_.extract(id);
    if (node.empty() || node.mapped().exchange == nullptr) return;
    node.mapped().exchange->deliver_abort(
        make_error(ErrorCode::kCancelled, "the stream was closed with HTTP/2 code {}", code));
  }

  // ExchangeCarrier
  void read(std::uint32_t id) override {
    Stream* stream = find(id);
    if (stream == nullptr) return;
    stream->is_reading = true;
    const Bytes held = std::exchange(stream->held, {});
    const bool is_ended = stream->is_ended;
    if (!held.empty()) stream->exchange->deliver_body(held);
    stream = find(id);  // an event may have ended it
    if (is_ended && stream != nullptr && stream->exchange != nullptr) {
      stream->exchange->deliver_end(stream->trailers);
    }
  }

  void consume(std::uint32_t id, std::size_t bytes) override {
    session_.consume(id, bytes);
    wake();
  }

  void send_head(std::uint32_t id, const ResponseHead& head, bool is_last) override {
    Stream* stream = find(id);
    if (stream == nullptr) return;
    stream->has_no_body = stream->is_head_request || head.status == 204 || head.status == 304;
    session_.respond(id, head, is_last);
    wake();
  }

  void send_body(std::uint32_t id, ByteView bytes) override {
    Stream* stream = find(id);
    if (stream == nullptr || stream->has_no_body) return;
    session_.send_body(id, bytes);
    wake();
  }

  void finish(std::uint32_t id, const Headers& trailers) override {
    session_.finish(id, trailers);
    wake();
  }

  void reset(std::uint32_t id, ResetCode code) override {
    session_.reset(id, code);
    wake();
  }

  std::size_t unsent(std::uint32_t id) const override { return session_.unsent(id); }

  void release(std::uint32_t id) override {
    Stream* stream = find(id);
    if (stream == nullptr) return;
    stream->exchange = nullptr;
    // What was not read must not hold back the connection's other streams.
    session_.consume(id, std::exchange(stream->held, {}).size());
  }

  ServerProtocolContext context_;
  std::unordered_map<StreamId, Stream> streams_;
  H2Session session_;
  bool is_inside_ = false;  // of the session, whose owner looks for output after
  bool is_failed_ = false;
};

}  // namespace

std::unique_ptr<ServerProtocol> make_h2_server(ServerProtocolContext context) {
  return std::make_unique<H2Server>(std::move(context));
}

}  // namespace ward::http
