#include "http/router.h"

#include <charconv>
#include <utility>

#include "base/check.h"

namespace ward::http {
namespace {

// Owns itself while the body comes: ended by its last byte, by the bound or by the peer's loss.
class WholeBody final : public ExchangeObserver {
 public:
  static void start(std::unique_ptr<Exchange> exchange, std::size_t bytes_max,
                    const Router::Handler& handler) {
    auto* body = new WholeBody(std::move(exchange), bytes_max, handler);
    body->exchange_->set_gathered();
    body->exchange_->read(*body);
  }

  void on_body(ByteView bytes) override {
    if (bytes.size() > bytes_max_ - body_.size()) return refuse();
    append(body_, bytes);
    exchange_->consume(bytes.size());
  }

  void on_body_end(const Headers&) override {
    const std::unique_ptr<WholeBody> self(this);
    Request request{.head = std::move(exchange_->head()), .body = std::move(body_)};
    exchange_->ignore();
    const net::Peer& peer = exchange_->peer();
    handler_(std::move(request), peer, Responder(std::move(exchange_)));
  }

  void on_abort(const Error&) override { delete this; }

 private:
  WholeBody(std::unique_ptr<Exchange> exchange, std::size_t bytes_max,
            const Router::Handler& handler)
      : exchange_(std::move(exchange)), bytes_max_(bytes_max), handler_(handler) {}

  void refuse() {
    const std::unique_ptr<WholeBody> self(this);
    exchange_->ignore();
    exchange_->send(Response::empty(413));
  }

  std::unique_ptr<Exchange> exchange_;
  std::size_t bytes_max_;
  Router::Handler handler_;
  Bytes body_;
};

std::string allow_list(const auto& methods) {
  std::string out;
  for (const auto& [method, handler] : methods) {
    if (!out.empty()) out += ", ";
    out += method;
  }
  return out;
}

}  // namespace

void Responder::send(Response response) {
  WARD_CHECK(exchange_ != nullptr);
  exchange_->send(std::move(response));
  exchange_.reset();
}

void read_whole(std::unique_ptr<Exchange> exchange, std::size_t body_bytes_max,
                const Router::Handler& handler) {
  // RFC 9110 10.1.1: a client that asks before it sends is told at once.
  if (const auto length = exchange->head().headers.find("content-length")) {
    std::size_t bytes = 0;
    std::from_chars(length->data(), length->data() + length->size(), bytes);
    if (bytes > body_bytes_max) return exchange->send(Response::empty(413));
  }
  WholeBody::start(std::move(exchange), body_bytes_max, handler);
}

void Router::add(std::string method, std::string path, Handler handler) {
  add_stream(std::move(method), std::move(path),
             [bytes_max = limits_.body_bytes_max,
              handler = std::move(handler)](std::unique_ptr<Exchange> exchange) {
               read_whole(std::move(exchange), bytes_max, handler);
             });
}

void Router::add_stream(std::string method, std::string path, StreamHandler handler) {
  WARD_CHECK(path.starts_with('/') && is_token(method));
  const bool is_new = paths_[std::move(path)].emplace(std::move(method), std::move(handler)).second;
  WARD_CHECK(is_new);
}

void Router::set_fallback(StreamHandler handler) {
  fallback_ = std::move(handler);
}

const Router::Methods* Router::find(std::string_view path) const {
  if (const auto exact = paths_.find(path); exact != paths_.end()) return &exact->second;
  while (path.size() > 1) {
    path = path.substr(0, path.rfind('/', path.size() - 1) + 1);
    if (path.size() <= 1) break;  // `/` is itself only
    if (const auto below = paths_.find(path); below != paths_.end()) return &below->second;
    path.remove_suffix(1);
  }
  return nullptr;
}

const Router::StreamHandler* Router::find(const Methods& methods, std::string_view method) const {
  const auto found = methods.find(method);
  if (found != methods.end()) return &found->second;
  return method == "HEAD" ? find(methods, "GET") : nullptr;
}

void Router::dispatch(std::unique_ptr<Exchange> exchange) const {
  const Methods* methods = find(exchange->head().path());
  if (methods == nullptr) {
    if (fallback_) return fallback_(std::move(exchange));
    return exchange->send(Response::empty(404));
  }
  if (const auto* handler = find(*methods, exchange->head().method)) {
    return (*handler)(std::move(exchange));
  }
  Response refusal = Response::empty(405);
  refusal.head.headers.add("allow", allow_list(*methods));
  exchange->send(std::move(refusal));
}

}  // namespace ward::http
