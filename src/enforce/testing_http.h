// Requests to a router without a connection, for tests of enforcement points.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "decide/decider.h"
#include "decide/judge.h"
#include "enforce/caller.h"
#include "http/exchange.h"
#include "http/router.h"
#include "net/peer.h"

namespace ward::enforce::testing {

// One request; it outlives the handlers that answer it.
class MemoryExchange final : public http::ExchangeCarrier {
 public:
  MemoryExchange(const http::Router& router, http::Request request) : body_(request.body) {
    auto exchange =
        std::make_unique<http::Exchange>(*this, 1, std::move(request.head), peer_, 1 << 20);
    exchange_ = exchange.get();
    router.dispatch(std::move(exchange));
  }

  bool is_answered() const { return is_answered_; }
  const http::Response& response() const { return response_; }
  std::string header(std::string_view name) const {
    return std::string(response_.head.headers.find(name).value_or(""));
  }
  std::string text() const { return std::string(as_text(response_.body)); }

  void read(std::uint32_t) override {
    // Each may destroy the exchange, and it asks once.
    http::Exchange& exchange = *exchange_;
    if (!body_.empty()) exchange.deliver_body(body_);
    if (exchange_ != nullptr) exchange.deliver_end({});
  }
  void consume(std::uint32_t, std::size_t) override {}
  void send_head(std::uint32_t, const http::ResponseHead& head, bool is_last) override {
    response_.head = head;
    is_answered_ = is_last;
  }
  void send_body(std::uint32_t, ByteView bytes) override { append(response_.body, bytes); }
  void finish(std::uint32_t, const http::Headers&) override { is_answered_ = true; }
  void reset(std::uint32_t, http::ResetCode) override { exchange_ = nullptr; }
  std::size_t unsent(std::uint32_t) const override { return 0; }
  void release(std::uint32_t) override { exchange_ = nullptr; }

 private:
  net::Peer peer_{.address = "unix:"};
  Bytes body_;
  http::Exchange* exchange_ = nullptr;
  http::Response response_;
  bool is_answered_ = false;
};

// Answers from a world at hand, at once.
class WorldJudge final : public decide::Judge {
 public:
  WorldJudge(const Clock& clock, world::World world,
             std::shared_ptr<const decide::Policies> policies)
      : decider_(clock), world_(std::move(world)), policies_(std::move(policies)) {}

  void judge(decide::Question question, Answer answer) override {
    ++asked;
    last = question;
    answer(decider_.decide({.world = world_, .policies = policies_.get()}, question));
  }

  int asked = 0;
  std::optional<decide::Question> last;

 private:
  decide::Decider decider_;
  world::World world_;
  std::shared_ptr<const decide::Policies> policies_;
};

class FixedCallerCheck final : public CallerCheck {
 public:
  void check(const net::Peer&, std::string_view authorization, Answer answer) override {
    seen = authorization;
    answer(verdict);
  }
  Result<std::string> verdict = std::string("spiffe://example.org/gateway");
  std::string seen;
};

}  // namespace ward::enforce::testing
