#include "http/fetch.h"

#include <fmt/format.h>

#include <utility>

#include "http/h1_parser.h"
#include "http/h2_client.h"

namespace ward::http {

class Fetch::State {
 public:
  State(net::Loop& loop, Request request, FetchOptions options, FetchCallback done)
      : request_(std::move(request)), options_(options), done_(std::move(done)) {
    if (!request_.body.empty() || request_.head.method == "POST" || request_.head.method == "PUT") {
      request_.head.headers.set("content-length", std::to_string(request_.body.size()));
    }
    timer_ = loop.after(options_.timeout, [this] {
      finish(Error(ErrorCode::kDeadlineExceeded, "no answer in time"));
    });
  }
  virtual ~State() = default;

 protected:
  // The last thing a fetch does: the callback may destroy it.
  void finish(Result<Response> result) {
    timer_.cancel();
    if (auto done = std::exchange(done_, nullptr)) done(std::move(result));
  }
  bool is_finished() const { return done_ == nullptr; }
  // False when the body is over the bound.
  bool gather(ByteView bytes) {
    if (bytes.size() > options_.limits.body_bytes_max - response_.body.size()) return false;
    append(response_.body, bytes);
    return true;
  }
  Error too_large() const {
    return make_error(ErrorCode::kResourceExhausted, "the answer has over {} bytes",
                      options_.limits.body_bytes_max);
  }

  Request request_;
  const FetchOptions options_;
  Response response_;

 private:
  FetchCallback done_;
  net::Timer timer_;
};

namespace {

class H1Fetch final : public Fetch::State, public H1ParserEvents {
 public:
  H1Fetch(net::Loop& loop, std::unique_ptr<net::Stream> stream, Request request,
          FetchOptions options, FetchCallback done)
      : State(loop, std::move(request), options, std::move(done)),
        stream_(std::move(stream)),
        parser_(H1Parser::Kind::kResponse, options_.limits, *this) {
    if (request_.head.method == "HEAD") parser_.expect_no_body();
    stream_->write(head_and_body(), [this](Result<void> written) {
      // An answer may be there although not all was taken (413): reading tells.
      write_error_ = written.ok() ? std::nullopt : std::optional(written.error());
    });
    read();
  }

 private:
  Bytes head_and_body() const {
    const RequestHead& head = request_.head;
    Bytes out = to_bytes(fmt::format("{} {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
                                     head.method, head.target, head.authority));
    for (const auto [name, value] : head.headers)
      append(out, fmt::format("{}: {}\r\n", name, value));
    append(out, "\r\n");
    append(out, request_.body);
    return out;
  }

  void read() {
    stream_->read([this](Result<ByteView> bytes) {
      if (!bytes.ok()) return finish(write_error_ ? *write_error_ : bytes.error());
      if (bytes->empty()) {
        parser_.feed_end();
      } else {
        append(in_, *bytes);
        parse();
      }
      if (is_too_large_) return finish(too_large());
      if (parser_.failure()) return finish(Error(ErrorCode::kInternal, parser_.failure()->why));
      if (parser_.phase() != H1Parser::Phase::kDone) return read();
      response_.head = std::move(parser_.response());
      finish(std::move(response_));
    });
  }

  void parse() {
    for (;;) {
      const auto phase = parser_.phase();
      const auto taken = parser_.feed(in_);
      in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(taken));
      const bool is_interim =
          parser_.phase() == H1Parser::Phase::kDone && parser_.response().status / 100 == 1;
      if (is_interim) {
        parser_.restart();
        if (request_.head.method == "HEAD") parser_.expect_no_body();
        continue;
      }
      if (parser_.failure() || in_.empty() || (taken == 0 && phase == parser_.phase())) return;
    }
  }

  void on_body(ByteView bytes) override {
    if (!gather(bytes)) is_too_large_ = true;
  }

  std::unique_ptr<net::Stream> stream_;
  H1Parser parser_;
  Bytes in_;
  std::optional<Error> write_error_;
  bool is_too_large_ = false;
};

class H2Fetch final : public Fetch::State, public ResponseObserver {
 public:
  H2Fetch(net::Loop& loop, std::unique_ptr<net::Stream> stream, Request request,
          FetchOptions options, FetchCallback done)
      : State(loop, std::move(request), options, std::move(done)),
        client_(loop, std::move(stream), {.limits = options_.limits}, {}) {
    request_.head.scheme = request_.head.scheme.empty() ? "https" : request_.head.scheme;
    const auto id = client_.request(request_.head, request_.body.empty(), *this);
    if (!id.ok()) return;  // never of a new connection; else the time-out tells
    id_ = *id;
    client_.send_body(id_, request_.body);
    if (!request_.body.empty()) client_.finish(id_);
  }

 private:
  void on_response(ResponseHead&& head) override { response_.head = std::move(head); }
  void on_body(ByteView bytes) override {
    if (!gather(bytes)) return end(too_large());
    client_.consume(id_, bytes.size());
  }
  void on_body_end(const Headers&) override { end(std::move(response_)); }
  void on_close(const Closed& closed) override {
    if (closed.why != nullptr) return finish(*closed.why);
    finish(
        make_error(ErrorCode::kInternal, "the stream was reset with HTTP/2 code {}", closed.code));
  }
  void end(Result<Response> result) {
    client_.abandon(id_, ResetCode::kCancel);
    finish(std::move(result));
  }

  H2Client client_;
  StreamId id_ = 0;
};

}  // namespace

Fetch::Fetch() = default;
Fetch::Fetch(std::unique_ptr<State> state) : state_(std::move(state)) {}
Fetch::Fetch(Fetch&&) noexcept = default;
Fetch& Fetch::operator=(Fetch&&) noexcept = default;
Fetch::~Fetch() = default;

Fetch fetch(net::Loop& loop, std::unique_ptr<net::Stream> stream, Request request,
            FetchOptions options, FetchCallback done) {
  if (stream->alpn() == "h2") {
    return Fetch(std::make_unique<H2Fetch>(loop, std::move(stream), std::move(request), options,
                                           std::move(done)));
  }
  return Fetch(std::make_unique<H1Fetch>(loop, std::move(stream), std::move(request), options,
                                         std::move(done)));
}

}  // namespace ward::http
