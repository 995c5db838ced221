#include "net/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "net/testing/many_clients.h"
#include "net/testing/socket_fixture.h"

namespace ward::net {
namespace {

using namespace std::chrono_literals;
using testing::Reader;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::snprintf(address.sun_path, sizeof(address.sun_path), "%s", path.c_str());
  return address;
}

sockaddr_in address_of(std::uint16_t port) {
  return {.sin_family = AF_INET,
          .sin_port = htons(port),
          .sin_addr = {htonl(INADDR_LOOPBACK)},
          .sin_zero = {}};
}

class ListenerTest : public testing::SocketFixture {
 protected:
  ErrorCode code_of_unix(const std::string& where) {
    const auto result = listen_unix(loop_, where, 0600, {}, keep());
    return result.ok() ? ErrorCode::kUnknown : result.error().code();
  }

  static mode_t mode_of(const std::string& where) {
    struct stat status{};
    EXPECT_EQ(lstat(where.c_str(), &status), 0);
    return status.st_mode & 07777;
  }
};

TEST_F(ListenerTest, APortInUseIsSaid) {
  listen({});
  const auto second = listen_tcp(loop_, "127.0.0.1", listener_->port(), {}, keep());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_NE(second.error().message().find(std::to_string(listener_->port())), std::string::npos);
}

TEST_F(ListenerTest, OnlyNumericAddressesAreTaken) {
  for (const auto* address : {"localhost", "", "300.1.1.1", "127.0.0.1:80"}) {
    const auto result = listen_tcp(loop_, address, 0, {}, keep());
    ASSERT_FALSE(result.ok()) << address;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST_F(ListenerTest, ListensOnIpv6) {
  auto listener = listen_tcp(loop_, "::1", 0, {}, keep());
  if (!listener.ok()) GTEST_SKIP() << "no IPv6 here: " << listener.error().text();
  listener_ = std::move(*listener);
  auto client = outcome([&](ConnectCallback done) {
    return connect_tcp(loop_, "::1", listener_->port(), {}, std::move(done));
  });
  ASSERT_TRUE(client.ok());
  EXPECT_EQ((*client)->peer().address, fmt::format("[::1]:{}", listener_->port()));
}

TEST_F(ListenerTest, CloseFreesTheAddressAndStreamsLiveOn) {
  listen({});
  auto client = connect();
  const auto port = listener_->port();
  listener_->close();
  const auto refused = outcome([&](ConnectCallback done) {
    return connect_tcp(loop_, "127.0.0.1", port, {}, std::move(done));
  });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
  Reader reader(*client);
  const testing::Writer writer(server(), to_bytes("alive"));
  EXPECT_TRUE(run_until([&] { return reader.text() == "alive"; }));
  const auto again = listen_tcp(loop_, "127.0.0.1", port, {}, keep());  // SO_REUSEADDR
  EXPECT_TRUE(again.ok());
}

TEST_F(ListenerTest, AtTheBoundAcceptingWaitsForAStreamToGo) {
  listen({.connections_max = 1});
  auto first = connect();
  auto second = outcome([&](ConnectCallback done) {
    return connect_tcp(loop_, "127.0.0.1", listener_->port(), {}, std::move(done));
  });
  ASSERT_TRUE(second.ok());  // the kernel took it
  loop_.run_for(20ms);
  EXPECT_EQ(listener_->counts().accepted, 1U);
  EXPECT_EQ(listener_->counts().open, 1U);
  streams_.clear();
  EXPECT_TRUE(run_until([&] { return listener_->counts().accepted == 2; }));
}

TEST_F(ListenerTest, OnePeerCannotTakeMoreThanItsShare) {
  listen({.connections_per_peer_max = 2});
  auto first = connect(), second = connect();
  auto third = outcome([&](ConnectCallback done) {
    return connect_tcp(loop_, "127.0.0.1", listener_->port(), {}, std::move(done));
  });
  ASSERT_TRUE(third.ok());
  Reader reader(**third);
  EXPECT_TRUE(run_until([&] { return reader.is_done(); }));  // closed at once
  EXPECT_EQ(listener_->counts().refused, 1U);
  streams_.pop_back();
  EXPECT_NE(connect(), nullptr);
}

TEST_F(ListenerTest, RunningOutOfDescriptorsPausesAcceptingAndDoesNotEndIt) {
  listen({});
  std::vector<int> sockets;
  // Clients are made first, so that only accept4 finds the table full.
  for (int i = 0; i < 4; ++i) sockets.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
  const int next = dup(0);
  ::close(next);
  const rlimit tight{static_cast<rlim_t>(next), old.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  const auto to = address_of(listener_->port());
  for (const int fd : sockets)
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
  loop_.run_for(150ms);
  EXPECT_EQ(listener_->counts().accepted, 0U);
  EXPECT_GE(listener_->counts().paused, 1U);
  EXPECT_LE(listener_->counts().paused, 5U);  // it rests, it does not spin
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &old), 0);
  EXPECT_TRUE(run_until([&] { return listener_->counts().accepted == 4; }));
  for (const int fd : sockets) ::close(fd);
}

TEST_F(ListenerTest, AUnixSocketHasItsModeWhateverTheUmask) {
  const mode_t old = umask(0);
  listen_at(path("open"), 0660, {});
  EXPECT_EQ(mode_of(path("open")), 0660U);
  umask(0777);
  listen_at(path("shut"), 0666, {});
  EXPECT_EQ(mode_of(path("shut")), 0666U);
  umask(old);
}

TEST_F(ListenerTest, AUnixSocketGoesWithItsListener) {
  listen_at(path("s"), 0600, {});
  listener_.reset();
  EXPECT_NE(access(path("s").c_str(), F_OK), 0);
}

TEST_F(ListenerTest, AnotherSocketAtThePathIsLeftAlone) {
  listen_at(path("s"), 0600, {});
  const auto first = std::move(listener_);
  ASSERT_EQ(unlink(path("s").c_str()), 0);
  listen_at(path("s"), 0600, {});
  first->close();
  EXPECT_NE(connect_at(path("s")), nullptr);
}

TEST_F(ListenerTest, ALiveSocketIsNotReplaced) {
  listen_at(path("s"), 0600, {});
  EXPECT_EQ(code_of_unix(path("s")), ErrorCode::kAlreadyExists);
  EXPECT_NE(connect_at(path("s")), nullptr);
}

TEST_F(ListenerTest, AStaleSocketIsReplaced) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  const auto address = address_of(path("s"));
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ::close(fd);
  listen_at(path("s"), 0600, {});
  EXPECT_NE(connect_at(path("s")), nullptr);
}

TEST_F(ListenerTest, AnythingButASocketIsNeverReplaced) {
  std::ofstream(path("file")) << "precious";
  EXPECT_EQ(code_of_unix(path("file")), ErrorCode::kFailedPrecondition);
  ASSERT_EQ(symlink(path("file").c_str(), path("link").c_str()), 0);
  EXPECT_EQ(code_of_unix(path("link")), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(code_of_unix(directory_), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(std::filesystem::file_size(path("file")), 8U);
}

TEST_F(ListenerTest, PathsOutsideTheBoundsAreRefused) {
  EXPECT_EQ(code_of_unix(""), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of_unix(std::string("\0abstract", 9)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of_unix("/" + std::string(kUnixPathMax, 'x')), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of_unix(path("no/such/directory")), ErrorCode::kNotFound);
}

TEST_F(ListenerTest, TakesOverAnInheritedSocket) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::listen(fd, 8), 0);
  auto listener = listen_inherited(loop_, fd, {}, keep());
  ASSERT_TRUE(listener.ok()) << listener.error().text();
  listener_ = std::move(*listener);
  EXPECT_NE(listener_->port(), 0);
  EXPECT_NE(connect(), nullptr);
}

TEST_F(ListenerTest, RefusesToInheritWhatDoesNotListen) {
  for (const int fd : {socket(AF_INET, SOCK_STREAM, 0), socket(AF_INET, SOCK_DGRAM, 0), dup(0)}) {
    const auto listener = listen_inherited(loop_, fd, {}, keep());
    ASSERT_FALSE(listener.ok());
    EXPECT_EQ(fcntl(fd, F_GETFD), -1);  // owned, also on error
  }
}

TEST_F(ListenerTest, HoldsTenThousandIdleConnections) {
  constexpr int kConnections = 10'000;
  if (!testing::allow_descriptors(kConnections)) {
    GTEST_SKIP() << "the hard limit of descriptors is below " << kConnections;
  }
  listen({.backlog = 4096});
  auto clients = std::make_unique<testing::ManyClients>(listener_->port(), kConnections, [](int i) {
    return std::string_view(i == kConnections / 2 ? "x" : "");
  });
  ASSERT_TRUE(run_until([&] { return streams_.size() == kConnections; }));
  int read = 0;
  for (const auto& stream : streams_) stream->read([&](Result<ByteView>) { ++read; });
  ASSERT_TRUE(run_until([&] { return read == 1; }));  // one of them speaks, the others are idle
  loop_.run_for(20ms);
  EXPECT_EQ(read, 1);
  clients.reset();
  EXPECT_TRUE(run_until([&] { return read == kConnections; }));
}

}  // namespace
}  // namespace ward::net
