#include "net/connect.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "net/testing/socket_fixture.h"

namespace ward::net {
namespace {

using namespace std::chrono_literals;

class ConnectTest : public testing::SocketFixture {
 protected:
  ErrorCode code_at(const std::string& where) {
    const auto result = outcome([&](ConnectCallback done) {
      return connect_unix(loop_, where, {.timeout = 100ms}, std::move(done));
    });
    return result.ok() ? ErrorCode::kUnknown : result.error().code();
  }
};

TEST_F(ConnectTest, ResolvesNames) {
  listen({});
  const auto result = outcome([&](ConnectCallback done) {
    return connect_tcp(loop_, "localhost", listener_->port(), {}, std::move(done));
  });
  EXPECT_TRUE(result.ok()) << result.error().text();
}

TEST_F(ConnectTest, SaysWhatWasTriedWhenNobodyListens) {
  listen({});
  const auto port = listener_->port();
  listener_.reset();
  const auto result = outcome([&](ConnectCallback done) {
    return connect_tcp(loop_, "127.0.0.1", port, {}, std::move(done));
  });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(result.error().message().find(fmt::format("127.0.0.1:{}", port)), std::string::npos);
}

TEST_F(ConnectTest, UnixErrorsTellWhatIsWrong) {
  EXPECT_EQ(code_at(path("none")), ErrorCode::kNotFound);
  EXPECT_EQ(code_at(std::string(kUnixPathMax + 1, 'x')), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_at(""), ErrorCode::kInvalidArgument);
}

TEST_F(ConnectTest, AFullBacklogEndsInTheTimeOutNotInAStreamWithoutPeer) {
  listen_at(path("s"), 0600, {.backlog = 0, .connections_max = 0});
  const auto first = outcome(
      [&](ConnectCallback done) { return connect_unix(loop_, path("s"), {}, std::move(done)); });
  ASSERT_TRUE(first.ok());  // backlog 0 holds one
  EXPECT_EQ(code_at(path("s")), ErrorCode::kDeadlineExceeded);
}

TEST_F(ConnectTest, ACancelledAttemptIsNotCalledBack) {
  listen({});
  bool is_called = false;
  auto held = std::make_shared<int>();
  {
    const auto dropped = connect_tcp(loop_, "localhost", listener_->port(), {},
                                     [&, held](auto) { is_called = true; });
  }
  EXPECT_EQ(held.use_count(), 1);
  loop_.run_for(50ms);
  EXPECT_FALSE(is_called);
}

TEST_F(ConnectTest, AnAttemptMayBeReplacedInItsOwnCallback) {
  listen({});
  Attempt attempt;
  std::unique_ptr<Stream> second;
  attempt = connect_tcp(loop_, "127.0.0.1", listener_->port(), {}, [&](auto) {
    attempt = connect_tcp(loop_, "127.0.0.1", listener_->port(), {},
                          [&](auto stream) { second = std::move(*stream); });
  });
  EXPECT_TRUE(run_until([&] { return second != nullptr; }));
}

}  // namespace
}  // namespace ward::net
