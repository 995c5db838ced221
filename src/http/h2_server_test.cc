// HTTP/2 between a client session and the server, and what a hostile client may not do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/h2_session.h"
#include "http/server_protocol.h"
#include "net/peer.h"

namespace ward::http {
namespace {

struct Answer {
  int status = 0;
  std::string date;
  std::string body;
  std::string trailer;
  bool is_ended = false;
  std::optional<std::uint32_t> closed;
};

class H2ServerTest : public ::testing::Test, public H2Events {
 protected:
  H2ServerTest() {
    limits_.concurrent_streams_max = 10;
    router_.add("GET", "/", [](Request, const net::Peer&, Responder responder) {
      responder.send(Response::of(200, "text/plain", "hello"));
    });
    router_.add("POST", "/echo", [](Request request, const net::Peer&, Responder responder) {
      responder.send(Response::of(200, "text/plain", as_text(request.body)));
    });
    router_.add("GET", "/later", [this](Request, const net::Peer&, Responder responder) {
      later_.push_back(std::move(responder));
    });
    router_.add_stream("POST", "/stream", [this](std::unique_ptr<Exchange> exchange) {
      exchange_ = std::move(exchange);
    });
    server_ = make_h2_server(
        {.router = router_, .peer = peer_, .limits = limits_, .wake = [] {}, .date = &date_});
    client_ = std::make_unique<H2Session>(H2Session::Role::kClient, Limits(), *this);
  }

  // Carries bytes both ways until neither has any.
  void run() {
    for (;;) {
      Bytes up, down;
      client_->take_output(up, 1 << 20);
      if (!up.empty()) server_->feed(up);
      server_->take_output(down, 1 << 20);
      if (!down.empty()) static_cast<void>(client_->feed(down).ok());
      if (up.empty() && down.empty()) return;
    }
  }
  StreamId send(std::string method, std::string target, std::string_view body = "",
                Headers headers = {}) {
    const auto id = client_->request({.method = std::move(method),
                                      .scheme = "http",
                                      .authority = "a",
                                      .target = std::move(target),
                                      .headers = std::move(headers)},
                                     body.empty());
    EXPECT_TRUE(id.ok());
    if (!body.empty()) {
      client_->send_body(*id, as_bytes(body));
      client_->finish(*id, {});
    }
    return *id;
  }

  void on_response(StreamId id, ResponseHead&& head) override {
    answers_[id].status = head.status;
    answers_[id].date = head.headers.find("date").value_or("");
  }
  void on_body(StreamId id, ByteView bytes) override {
    answers_[id].body += as_text(bytes);
    if (consumes_) client_->consume(id, bytes.size());
  }
  void on_end(StreamId id, const Headers& trailers) override {
    answers_[id].is_ended = true;
    answers_[id].trailer = std::string(trailers.find("x-t").value_or(""));
  }
  void on_progress(StreamId) override {}
  void on_close(StreamId id, std::uint32_t code) override { answers_[id].closed = code; }
  void on_goaway(StreamId, std::uint32_t code) override { goaway_ = code; }

  // Frames that no well-behaved client sends.
  static Bytes frame(std::uint8_t type, std::uint8_t flags, StreamId id, std::string_view payload) {
    Bytes out{static_cast<std::uint8_t>(payload.size() >> 16),
              static_cast<std::uint8_t>(payload.size() >> 8),
              static_cast<std::uint8_t>(payload.size()),
              type,
              flags,
              static_cast<std::uint8_t>(id >> 24),
              static_cast<std::uint8_t>(id >> 16),
              static_cast<std::uint8_t>(id >> 8),
              static_cast<std::uint8_t>(id)};
    append(out, payload);
    return out;
  }

  ManualClock clock_;
  DateField date_{clock_};
  Limits limits_;
  Router router_{limits_};
  net::Peer peer_;
  std::deque<Responder> later_;
  std::unique_ptr<Exchange> exchange_;
  std::unique_ptr<ServerProtocol> server_;
  std::unique_ptr<H2Session> client_;
  std::map<StreamId, Answer> answers_;
  std::optional<std::uint32_t> goaway_;
  bool consumes_ = true;
};

TEST_F(H2ServerTest, AnswersManyRequestsOnOneConnection) {
  const auto get = send("GET", "/");
  const auto post = send("POST", "/echo", std::string(100'000, 'x'));
  const auto none = send("GET", "/none");
  run();
  EXPECT_EQ(answers_[get].body, "hello");
  EXPECT_EQ(answers_[post].body.size(), 100'000U);
  EXPECT_EQ(answers_[none].status, 404);
  for (const auto id : {get, post, none}) {
    EXPECT_EQ(answers_[id].closed, 0U);
    EXPECT_EQ(answers_[id].date, to_http_date(clock_.now()));
  }
}

TEST_F(H2ServerTest, HeadHasNoBody) {
  const auto id = send("HEAD", "/");
  run();
  EXPECT_EQ(answers_[id].status, 200);
  EXPECT_EQ(answers_[id].body, "");
  EXPECT_TRUE(answers_[id].is_ended);
}

TEST_F(H2ServerTest, AnswersComeInTheOrderTheyAreReady) {
  const auto slow = send("GET", "/later");
  const auto fast = send("GET", "/");
  run();
  EXPECT_EQ(answers_[slow].status, 0);
  EXPECT_TRUE(answers_[fast].is_ended);
  later_.front().send(Response::empty(204));
  run();
  EXPECT_EQ(answers_[slow].status, 204);
}

TEST_F(H2ServerTest, HeadsOverTheBoundsAreRefusedOneByOne) {
  const auto target = send("GET", "/" + std::string(9000, 'a'));
  Headers many;
  for (int i = 0; i < 200; ++i) many.add("x", "y");
  const auto count = send("GET", "/", "", many);
  const auto size = send("GET", "/", "", {{"x", std::string(40'000, 'a')}});
  const auto host = send("GET", "/", "", {{"host", "b"}});
  const auto with_body = send("POST", "/echo", "body", {{"x", std::string(40'000, 'a')}});
  const auto fine = send("GET", "/");
  run();
  EXPECT_EQ(answers_[target].status, 414);
  EXPECT_EQ(answers_[target].date, to_http_date(clock_.now()));
  EXPECT_EQ(answers_[count].status, 431);
  EXPECT_EQ(answers_[size].status, 431);
  EXPECT_EQ(answers_[host].status, 400);
  EXPECT_EQ(answers_[with_body].status, 431);
  EXPECT_EQ(answers_[fine].status, 200);
}

TEST_F(H2ServerTest, ABodyOverTheBoundIs413) {
  const auto id = send("POST", "/echo", std::string(2'000'000, 'x'));
  run();
  EXPECT_EQ(answers_[id].status, 413);
  EXPECT_TRUE(answers_[id].closed.has_value());
  const auto next = send("GET", "/");
  run();
  EXPECT_EQ(answers_[next].status, 200);
}

TEST_F(H2ServerTest, ARequestNobodyReadsStopsAtTheWindowAndGivesItBackWhenDropped) {
  const auto id = send("POST", "/stream", std::string(5'000'000, 'x'));
  run();
  EXPECT_EQ(client_->unsent(id), 5'000'000 - limits_.stream_window_bytes);
  exchange_.reset();
  run();
  EXPECT_EQ(answers_[id].status, 500);
  // The connection's window is whole again: four more bodies of one stream window each fit.
  const auto next = send("POST", "/echo", std::string(1'000'000, 'x'));
  run();
  EXPECT_EQ(answers_[next].status, 200);
}

TEST_F(H2ServerTest, AClientThatDoesNotReadHoldsBackTheWriter) {
  consumes_ = false;
  const auto id = send("POST", "/stream", "x");
  run();
  exchange_->send_head({.status = 200, .headers = {}});
  int written = 0;
  for (; written < 1000 && exchange_->is_writable(); ++written) {
    exchange_->send_body(Bytes(10'000, 'x'));
    run();
  }
  EXPECT_LT(written, 1000);
  EXPECT_LE(answers_[id].body.size(), limits_.stream_window_bytes);
  client_->consume(id, answers_[id].body.size());
  run();
  EXPECT_TRUE(exchange_->is_writable());
}

TEST_F(H2ServerTest, TrailersFollowTheBody) {
  const auto id = send("POST", "/stream", "x");
  run();
  exchange_->send_head({.status = 200, .headers = {}});
  exchange_->send_body(as_bytes("abc"));
  exchange_->finish({{"x-t", "1"}});
  run();
  EXPECT_EQ(answers_[id].body, "abc");
  EXPECT_EQ(answers_[id].trailer, "1");
}

TEST_F(H2ServerTest, OneStreamTooManyIsRefusedUnlessTheClientKnows) {
  std::vector<StreamId> ids;
  for (int i = 0; i < 11; ++i) ids.push_back(send("GET", "/later"));  // settings are not there yet
  run();
  EXPECT_EQ(later_.size(), 10U);
  EXPECT_EQ(answers_[ids.back()].closed, 7U);  // REFUSED_STREAM: safe to send again
}

TEST_F(H2ServerTest, OneStreamTooManyWaitsInTheClientAndIsServedLater) {
  run();
  for (int i = 0; i < 11; ++i) send("GET", "/later");
  run();
  EXPECT_EQ(later_.size(), 10U);
  later_.front().send(Response::empty(200));
  run();
  EXPECT_EQ(later_.size(), 11U);
}

TEST_F(H2ServerTest, AResetByThePeerAborts) {
  const auto id = send("GET", "/later");
  run();
  EXPECT_TRUE(later_.front().is_open());
  client_->reset(id, ResetCode::kCancel);
  run();
  EXPECT_FALSE(later_.front().is_open());
}

TEST_F(H2ServerTest, ShuttingDownServesWhatIsOpenAndThenEnds) {
  const auto id = send("GET", "/later");
  run();
  server_->shut_down();
  run();
  EXPECT_EQ(goaway_, 0U);
  EXPECT_FALSE(client_->can_request());
  EXPECT_FALSE(server_->is_done());
  later_.front().send(Response::empty(200));
  run();
  EXPECT_EQ(answers_[id].status, 200);
  EXPECT_TRUE(server_->is_done());
}

TEST_F(H2ServerTest, ABodyThatStopsComingIsGivenUp) {
  const auto id = client_->request(
      {.method = "POST", .scheme = "http", .authority = "a", .target = "/echo", .headers = {}},
      false);
  client_->send_body(*id, as_bytes("abc"));
  run();
  EXPECT_EQ(server_->waiting(), Waiting::kBody);
  server_->time_out();  // it moved since
  run();
  EXPECT_EQ(answers_[*id].status, 0);
  server_->time_out();
  run();
  EXPECT_EQ(answers_[*id].status, 408);
  EXPECT_EQ(server_->waiting(), Waiting::kRequest);
}

// Floods: the peer reads nothing, so what it makes the server queue must end the connection.
TEST_F(H2ServerTest, PingsThatAreNotReadEndTheConnection) {
  run();
  Bytes pings;
  for (int i = 0; i < 1000; ++i) append(pings, frame(6, 0, 0, "12345678"));
  server_->feed(pings);
  EXPECT_FALSE(server_->wants_input());
  run();
  EXPECT_EQ(goaway_, 11U);  // ENHANCE_YOUR_CALM
  EXPECT_TRUE(server_->is_done());
}

TEST_F(H2ServerTest, SettingsThatAreNotReadEndTheConnection) {
  run();
  Bytes settings;
  for (int i = 0; i < 1000; ++i) append(settings, frame(4, 0, 0, ""));
  server_->feed(settings);
  EXPECT_FALSE(server_->wants_input());
}

TEST_F(H2ServerTest, AHeaderBlockWithoutEndIsRefused) {
  run();
  Bytes frames = frame(1, 0, 1, "\x82");  // HEADERS without END_HEADERS
  for (int i = 0; i < 100; ++i) append(frames, frame(9, 0, 1, "\x84"));
  server_->feed(frames);
  EXPECT_FALSE(server_->wants_input());
}

TEST_F(H2ServerTest, ResettingAsAHabitEndsTheConnection) {
  for (int round = 0; round < 2000 && server_->wants_input() && !goaway_; ++round) {
    const auto id = client_->request(
        {.method = "GET", .scheme = "http", .authority = "a", .target = "/later", .headers = {}},
        true);
    if (!id.ok()) break;
    run();
    client_->reset(*id, ResetCode::kCancel);
    run();
    later_.clear();
  }
  EXPECT_TRUE(goaway_.has_value());
}

TEST_F(H2ServerTest, AStreamThatWasPassedOverIsAProtocolError) {
  run();
  static constexpr std::string_view kGet(
      "\x82\x84\x86\x41\x01"
      "a",
      6);  // GET / http a
  server_->feed(frame(1, 5, 5, kGet));
  server_->feed(frame(1, 5, 3, kGet));
  run();
  EXPECT_EQ(goaway_, 1U);
}

TEST_F(H2ServerTest, GarbageEndsTheConnectionAndEveryExchange) {
  send("GET", "/later");
  run();
  server_->feed(Bytes(100, 0xff));
  run();
  EXPECT_TRUE(server_->is_done());
  server_.reset();
  EXPECT_FALSE(later_.front().is_open());
}

}  // namespace
}  // namespace ward::http
