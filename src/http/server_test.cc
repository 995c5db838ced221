// Connections under simulated time: which protocol, which time-outs, which ends.
#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "http/h2_client.h"
#include "net/testing/memory_stream.h"
#include "net/testing/simulated_loop.h"

namespace ward::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A client of bytes.
class Wire {
 public:
  Wire(net::Loop& loop, Server& server, net::testing::MemoryStreamOptions options = {}) {
    auto [ours, theirs] = net::testing::make_memory_streams(loop, std::move(options));
    stream_ = std::move(ours);
    server.serve(std::move(theirs));
    read();
  }
  void send(std::string_view text) {
    stream_->write(to_bytes(text), [](Result<void>) {});
  }
  std::string got;
  bool is_ended = false;

 private:
  void read() {
    stream_->read([this](Result<ByteView> bytes) {
      if (!bytes.ok() || bytes->empty()) {
        is_ended = true;
        stream_->close();
        return;
      }
      got += as_text(*bytes);
      read();
    });
  }
  std::unique_ptr<net::Stream> stream_;
};

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    router_.add("GET", "/", [](Request, const net::Peer&, Responder responder) {
      responder.send(Response::of(200, "text/plain", "hello"));
    });
    router_.add("POST", "/echo", [](Request request, const net::Peer&, Responder responder) {
      responder.send(Response::of(200, "text/plain", as_text(request.body)));
    });
    router_.add("GET", "/later", [this](Request, const net::Peer&, Responder responder) {
      later_.emplace(std::move(responder));
    });
    limits_.connections_max = 3;
    server_.emplace(loop_, router_, limits_);
  }
  void run(std::chrono::milliseconds duration = 50ms) { loop_.run_for(duration); }

  ManualClock clock_;
  net::testing::SimulatedLoop loop_{clock_};
  Limits limits_;
  Router router_;
  std::optional<Responder> later_;
  std::optional<Server> server_;
};

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

TEST_F(ServerTest, ThePrefaceTellsTheVersionsApart) {
  Wire one(loop_, *server_), two(loop_, *server_), slow(loop_, *server_, {.read_size_max = 1});
  one.send(kGet);
  two.send(std::string(kPreface) + std::string("\0\0\0\4\0\0\0\0\0", 9));
  slow.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");  // `P`, as in `PRI`
  run();
  EXPECT_THAT(one.got, StartsWith("HTTP/1.1 200"));
  ASSERT_GE(two.got.size(), 9U);
  EXPECT_EQ(two.got[3], 4);  // SETTINGS
  EXPECT_THAT(slow.got, HasSubstr("\r\n\r\nhi"));
}

// RFC 9110 6.6.1: in every answer of 2xx, 3xx and 4xx, with the time as the clock has it.
TEST_F(ServerTest, AnswersAndRefusalsHaveTheDate) {
  Wire answered(loop_, *server_), refused(loop_, *server_), late(loop_, *server_);
  const std::string first = to_http_date(clock_.now());
  answered.send(kGet);
  refused.send("GET / HTTP/1.1\r\n\r\n");
  run();
  EXPECT_THAT(answered.got, HasSubstr("\r\ndate: " + first + "\r\n"));
  EXPECT_THAT(refused.got, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(refused.got, HasSubstr("\r\ndate: " + first + "\r\n"));
  run(1s);
  const std::string second = to_http_date(clock_.now());
  ASSERT_NE(first, second);
  late.send(kGet);
  run();
  EXPECT_THAT(late.got, HasSubstr("\r\ndate: " + second + "\r\n"));
}

TEST_F(ServerTest, AnAnswerKeepsTheDateThatItHas) {
  router_.add("GET", "/old", [](Request, const net::Peer&, Responder responder) {
    Response response = Response::of(200, "text/plain", "");
    response.head.headers.add("date", "Sun, 06 Nov 1994 08:49:37 GMT");
    responder.send(std::move(response));
  });
  Wire wire(loop_, *server_);
  wire.send("GET /old HTTP/1.1\r\nHost: a\r\n\r\n");
  run();
  EXPECT_THAT(wire.got, HasSubstr("\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
  EXPECT_EQ(wire.got.find("date:"), wire.got.rfind("date:"));
}

TEST_F(ServerTest, AlpnTellsTheVersionsApart) {
  Wire h2(loop_, *server_, {.alpn = "h2"}), h1(loop_, *server_, {.alpn = "http/1.1"});
  h2.send(kGet);  // not a preface
  h1.send(kPreface);
  run();
  EXPECT_EQ(h2.got.find("HTTP/1.1"), std::string::npos);
  EXPECT_THAT(h1.got, StartsWith("HTTP/1.1 505"));
}

TEST_F(ServerTest, AHeadThatStopsComingIs408) {
  Wire wire(loop_, *server_);
  wire.send("GET / HT");
  run(9s);
  EXPECT_EQ(wire.got, "");
  run(10s);
  EXPECT_THAT(wire.got, StartsWith("HTTP/1.1 408"));
  EXPECT_TRUE(wire.is_ended);
}

TEST_F(ServerTest, ATrickledHeadIs408AllTheSame) {
  Wire wire(loop_, *server_);
  wire.send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  for (int i = 0; i < 30 && wire.got.empty(); ++i) {
    run(1s);
    if (wire.got.empty()) wire.send("x");
  }
  EXPECT_THAT(wire.got, StartsWith("HTTP/1.1 408"));
}

TEST_F(ServerTest, ABodyThatStopsComingIs408) {
  Wire wire(loop_, *server_);
  wire.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  run(100s);
  EXPECT_THAT(wire.got, StartsWith("HTTP/1.1 408"));
  EXPECT_TRUE(wire.is_ended);
}

TEST_F(ServerTest, ConnectionsThatSayNothingAreClosed) {
  Wire silent(loop_, *server_), idle(loop_, *server_);
  idle.send(kGet);
  run(30s);
  EXPECT_TRUE(silent.is_ended);
  EXPECT_FALSE(idle.is_ended);
  run(400s);
  EXPECT_TRUE(idle.is_ended);
  EXPECT_EQ(server_->connection_count(), 0U);
}

TEST_F(ServerTest, ASlowHandlerIsNotTimedOut) {
  Wire wire(loop_, *server_);
  wire.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  run(1000s);
  ASSERT_TRUE(later_.has_value());
  later_->send(Response::empty(204));
  run();
  EXPECT_THAT(wire.got, StartsWith("HTTP/1.1 204"));
}

TEST_F(ServerTest, OneConnectionTooManyIsClosedAtOnce) {
  Wire a(loop_, *server_), b(loop_, *server_), c(loop_, *server_), d(loop_, *server_);
  run();
  EXPECT_TRUE(d.is_ended);
  EXPECT_FALSE(c.is_ended);
  EXPECT_EQ(server_->connection_count(), 3U);
}

TEST_F(ServerTest, APeerThatReadsNothingIsGivenUp) {
  router_.add_stream("GET", "/much", [](std::unique_ptr<Exchange> exchange) {
    exchange->send(Response::of(200, "text/plain", std::string(1'000'000, 'x')));
  });
  auto [ours, theirs] = net::testing::make_memory_streams(loop_);
  server_->serve(std::move(theirs));
  ours->write(to_bytes("GET /much HTTP/1.1\r\nHost: a\r\n\r\n"), [](Result<void>) {});
  run(20s);
  EXPECT_EQ(server_->connection_count(), 1U);
  run(30s);
  EXPECT_EQ(server_->connection_count(), 0U);
}

TEST_F(ServerTest, ShuttingDownWaitsForAnswersButNotForEver) {
  Wire idle(loop_, *server_), busy(loop_, *server_);
  idle.send(kGet);
  busy.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  run();
  bool is_drained = false;
  server_->shut_down([&] { is_drained = true; });
  run();
  EXPECT_TRUE(idle.is_ended);
  EXPECT_FALSE(busy.is_ended);
  EXPECT_FALSE(is_drained);
  run(20s);
  EXPECT_TRUE(is_drained);
  EXPECT_TRUE(busy.is_ended);
  EXPECT_FALSE(later_->is_open());
}

struct Sink final : ResponseObserver {
  void on_response(ResponseHead&& head) override { status = head.status; }
  void on_body(ByteView) override {}
  void on_body_end(const Headers&) override {}
  void on_close(const Closed& closed) override { was_lost = closed.why != nullptr; }
  int status = 0;
  bool was_lost = false;
};

TEST_F(ServerTest, ASilentHttp2PeerIsAskedWhetherItLives) {
  auto [ours, theirs] = net::testing::make_memory_streams(loop_);
  server_->serve(std::move(theirs));
  Sink sink;
  H2Client client(loop_, std::move(ours), {}, {});
  ASSERT_TRUE(
      client.request({.scheme = "http", .authority = "a", .target = "/later"}, true, sink).ok());
  run();
  EXPECT_EQ(server_->connection_count(), 1U);
  EXPECT_FALSE(sink.was_lost);
  run(1000s);  // it answers every PING by itself
  EXPECT_FALSE(sink.was_lost);
  EXPECT_EQ(server_->connection_count(), 1U);

  Wire dead(loop_, *server_);
  dead.send(std::string(kPreface) + std::string("\0\0\0\4\0\0\0\0\0", 9) +
            std::string("\0\0\x0d\1\5\0\0\0\1\x82\x86\x41\1a\x44\6/later", 22));
  run(50ms);
  EXPECT_EQ(server_->connection_count(), 2U);
  run(200s);
  EXPECT_EQ(server_->connection_count(), 1U);
}

TEST_F(ServerTest, DestroyingTheServerEndsItsConnections) {
  Wire wire(loop_, *server_);
  wire.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  run();
  server_.reset();
  run();
  EXPECT_TRUE(wire.is_ended);
  EXPECT_FALSE(later_->is_open());
}

}  // namespace
}  // namespace ward::http
