// Which handler answers a request: by path, then by method.
//
//   Router router;
//   router.add("POST", "/access/v1/evaluation", [](Request request, Responder responder) { ... });
//   router.add_stream("GET", "/tile/", [](std::unique_ptr<Exchange> exchange) { ... });
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/exchange.h"
#include "http/limits.h"
#include "http/message.h"

namespace ward::http {

// The right to answer a request, once, now or later on the loop's thread. Dropped unanswered it
// answers 500. When the peer is gone meanwhile, the answer is dropped.
class Responder {
 public:
  explicit Responder(std::unique_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}

  void send(Response response);
  bool is_open() const { return exchange_ != nullptr && exchange_->is_open(); }

 private:
  std::unique_ptr<Exchange> exchange_;
};

// Paths are compared as sent, octet by octet: no decoding, no `..` (a request that needs either
// does not match, and is not found). A path that ends in `/` stands for all below it, too, unless a
// longer one matches; `/` itself does not. HEAD goes to the handler of GET where it has none of its
// own.
class Router {
 public:
  // The body has come whole, at most Limits::body_bytes_max of it. `peer` is valid during the call.
  using Handler = std::function<void(Request, const net::Peer& peer, Responder)>;
  // The head has come; the handler reads and answers as it likes.
  using StreamHandler = std::function<void(std::unique_ptr<Exchange>)>;

  explicit Router(Limits limits = {}) : limits_(limits) {}

  // Each method and path at most once.
  void add(std::string method, std::string path, Handler handler);
  void add_stream(std::string method, std::string path, StreamHandler handler);
  // For requests without a route; else they are answered 404, or 405 where another method fits.
  void set_fallback(StreamHandler handler);

  void dispatch(std::unique_ptr<Exchange> exchange) const;

 private:
  using Methods = std::map<std::string, StreamHandler, std::less<>>;

  const Methods* find(std::string_view path) const;
  const StreamHandler* find(const Methods& methods, std::string_view method) const;

  Limits limits_;
  std::map<std::string, Methods, std::less<>> paths_;
  StreamHandler fallback_;
};

// Gathers the body of `exchange`, then calls `handler`. Answers 413 by itself.
void read_whole(std::unique_ptr<Exchange> exchange, std::size_t body_bytes_max,
                const Router::Handler& handler);

}  // namespace ward::http
