// Calls when their connection ends, retires or goes silent, under simulated time.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "grpc/testing/messages.pb.h"
#include "grpc/testing_pair.h"

namespace ward::grpc {
namespace {

using namespace std::chrono_literals;
using ::grpc::testing::SimpleRequest;
using ::grpc::testing::SimpleResponse;

struct Collector final : ResponseReader<SimpleResponse> {
  void on_message(SimpleResponse&) override { ++messages; }
  void on_done(const Result<void>& end) override { status = end; }
  int messages = 0;
  std::optional<Result<void>> status;
};

// An object of a call that counts how often it goes.
class Counted final : public CallObject {
 public:
  explicit Counted(int& gone) : gone_(gone) {}
  ~Counted() override { ++gone_; }

 private:
  int& gone_;
};

class ConnectionTest : public ::testing::Test {
 protected:
  ConnectionTest() {
    pair_.server.server_stream<SimpleRequest, SimpleResponse>(
        "t.S/Open", [this](const SimpleRequest&, ServerWriter<SimpleResponse> writer) {
          writers_.push_back(writer);
          return std::make_unique<Counted>(gone_);
        });
    pair_.server.unary<SimpleRequest, SimpleResponse>(
        "t.S/Echo", [](const SimpleRequest&, UnaryReply<SimpleResponse> reply) {
          reply.finish(SimpleResponse());
        });
  }
  PendingCall open(Channel& channel, Collector& collector) {
    return channel.server_stream<SimpleRequest, SimpleResponse>("t.S/Open", {}, {}, collector);
  }
  std::optional<ErrorCode> echo(Channel& channel, std::chrono::milliseconds wait) {
    std::optional<ErrorCode> code;
    const auto pending = channel.unary<SimpleRequest, SimpleResponse>(
        "t.S/Echo", {}, {}, [&](Result<SimpleResponse> response) {
          code = response.ok() ? ErrorCode{} : response.error().code();
        });
    pair_.run(wait);
    return code;
  }

  testing::Pair pair_;
  std::vector<ServerWriter<SimpleResponse>> writers_;
  int gone_ = 0;
};

// A call that was finished from outside waits for the loop to destroy it; meanwhile its connection
// ends, which destroys it. What waits must be forgotten then. AddressSanitizer sees it when not.
TEST_F(ConnectionTest, ACallWhoseEndAndConnectionMeetIsDestroyedOnce) {
  Collector collector;
  const auto pending = open(*pair_.channel, collector);
  pair_.run();
  ASSERT_EQ(writers_.size(), 1U);
  writers_[0].write(SimpleResponse());
  writers_[0].finish({});
  EXPECT_EQ(gone_, 0) << "its object may be in the middle of a method";
  pair_.http_server.reset();
  pair_.run();
  EXPECT_EQ(gone_, 1);
  EXPECT_TRUE(collector.status.has_value());
}

TEST_F(ConnectionTest, ManyCallsThatEndWithTheirConnectionAreDestroyedOnce) {
  std::vector<Collector> collectors(100);
  std::vector<PendingCall> pending;
  for (Collector& collector : collectors) pending.push_back(open(*pair_.channel, collector));
  pair_.run();
  ASSERT_EQ(writers_.size(), 100U);
  for (std::size_t i = 0; i < 100; i += 2) writers_[i].finish({});  // every other waits
  pair_.http_server.reset();
  pair_.run();
  EXPECT_EQ(gone_, 100);
  for (const Collector& collector : collectors) EXPECT_TRUE(collector.status.has_value());
}

TEST_F(ConnectionTest, AfterGoawayOpenCallsEndWhereTheyAreAndNewOnesGoElsewhere) {
  Collector collector;
  const auto pending = open(*pair_.channel, collector);
  pair_.run();
  auto old = std::move(pair_.http_server);
  pair_.http_server = std::make_unique<http::Server>(pair_.loop, pair_.router);
  bool is_drained = false;
  old->shut_down([&] { is_drained = true; });
  pair_.run();
  EXPECT_EQ(echo(*pair_.channel, 1s), ErrorCode{});
  EXPECT_EQ(pair_.connections, 2);
  EXPECT_FALSE(is_drained);
  writers_[0].write(SimpleResponse());
  writers_[0].finish({});
  pair_.run(1s);
  EXPECT_EQ(collector.messages, 1);
  EXPECT_TRUE(collector.status && collector.status->ok());
  EXPECT_TRUE(is_drained);
}

// A server of bytes: it takes connections, reads nothing, and says what the test says.
class SilentServer {
 public:
  explicit SilentServer(net::Loop& loop) : loop_(loop) {}

  Connector connector() {
    return [this](net::ConnectCallback done) {
      auto kept = std::make_shared<net::ConnectCallback>(std::move(done));
      auto timer = std::make_shared<net::Timer>();
      *timer = loop_.after({}, [this, kept] {
        auto [ours, theirs] = net::testing::make_memory_streams(loop_);
        connections.push_back(std::move(theirs));
        (*kept)(std::move(ours));
      });
      return net::Attempt([timer] { timer->cancel(); });
    };
  }
  std::vector<std::unique_ptr<net::Stream>> connections;

 private:
  net::Loop& loop_;
};

TEST_F(ConnectionTest, KeepaliveGivesUpAServerThatIsSilent) {
  SilentServer silent(pair_.loop);
  Channel channel(pair_.loop, pair_.random, silent.connector(),
                  {.keepalive_interval = 10s, .keepalive_timeout = 5s});
  Collector collector;
  const auto pending = open(channel, collector);
  pair_.run(14s);
  EXPECT_FALSE(collector.status.has_value());
  pair_.run(12s);
  ASSERT_TRUE(collector.status.has_value());
  EXPECT_EQ(collector.status->error().code(), ErrorCode::kUnavailable);
  EXPECT_FALSE(channel.is_connected());
}

TEST_F(ConnectionTest, WithoutKeepaliveASilentServerIsWaitedFor) {
  SilentServer silent(pair_.loop);
  Channel channel(pair_.loop, pair_.random, silent.connector(), {});
  Collector collector;
  const auto pending = open(channel, collector);
  pair_.run(3600s);
  EXPECT_FALSE(collector.status.has_value());
}

TEST_F(ConnectionTest, KeepaliveLeavesAServerThatLivesAlone) {
  testing::Pair pair({}, {.keepalive_interval = 10s, .keepalive_timeout = 5s});
  pair.server.server_stream<SimpleRequest, SimpleResponse>(
      "t.S/Open", [this](const SimpleRequest&, ServerWriter<SimpleResponse> writer) {
        writers_.push_back(writer);
        return std::make_unique<Counted>(gone_);
      });
  Collector collector;
  const auto pending = open(*pair.channel, collector);
  pair.run(3600s);  // nothing is said but PING and its answer
  EXPECT_FALSE(collector.status.has_value());
  writers_.at(0).write(SimpleResponse());
  pair.run();
  EXPECT_EQ(collector.messages, 1);
  EXPECT_EQ(pair.connections, 1);
}

// RFC 9113 6.8: streams above the last one that GOAWAY names were not and will not be processed.
TEST_F(ConnectionTest, ACallThatGoawayDidNotTakeIsUnavailableAndTheNextConnectsAnew) {
  SilentServer silent(pair_.loop);
  Channel channel(pair_.loop, pair_.random, silent.connector(), {});
  Collector collector;
  const auto pending = open(channel, collector);
  pair_.run();
  ASSERT_EQ(silent.connections.size(), 1U);
  static constexpr char kSettingsAndGoaway[] =
      "\0\0\0\4\0\0\0\0\0"  // SETTINGS, empty
      "\0\0\10\7\0\0\0\0\0"
      "\0\0\0\0"
      "\0\0\0";  // GOAWAY, last stream 0, NO_ERROR
  silent.connections[0]->write(to_bytes({kSettingsAndGoaway, sizeof(kSettingsAndGoaway)}),
                               [](Result<void>) {});
  pair_.run();
  ASSERT_TRUE(collector.status.has_value());
  EXPECT_EQ(collector.status->error().code(), ErrorCode::kUnavailable);
  Collector second;
  const auto next = open(channel, second);
  pair_.run();
  EXPECT_EQ(silent.connections.size(), 2U);
}

}  // namespace
}  // namespace ward::grpc
