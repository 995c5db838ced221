// Streams, listeners and connecting over sockets of this machine.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <deque>

#include "net/connect.h"
#include "net/listener.h"
#include "net/testing/socket_fixture.h"

namespace ward::net {
namespace {

using namespace std::chrono_literals;
using testing::Reader;
using testing::Writer;

class SocketStreamTest : public testing::SocketFixture {};

TEST_F(SocketStreamTest, TcpCarriesBytesBothWaysAndTheEnd) {
  listen({});
  auto client = connect();
  ASSERT_NE(client, nullptr);
  EXPECT_EQ(client->peer().address, fmt::format("127.0.0.1:{}", listener_->port()));
  EXPECT_FALSE(client->peer().unix_peer);
  Reader of_server(server()), of_client(*client);
  const Writer up(*client, to_bytes("ping")), down(server(), to_bytes("pong"));
  ASSERT_TRUE(run_until([&] { return of_server.text() == "ping" && of_client.text() == "pong"; }));
  EXPECT_TRUE(up.is_ok() && down.is_ok());
  client->shutdown();
  ASSERT_TRUE(run_until([&] { return of_server.is_ended(); }));
  EXPECT_FALSE(of_client.is_done());  // half closed
  streams_.clear();
  ASSERT_TRUE(run_until([&] { return of_client.is_ended(); }));
}

TEST_F(SocketStreamTest, AWriteLargerThanTheSocketBufferArrivesWhole) {
  listen({});
  auto client = connect();
  const std::string large(8 << 20, 'x');
  Reader reader(server());
  const Writer writer(*client, to_bytes(large));
  ASSERT_TRUE(run_until([&] { return reader.text().size() == large.size(); }));
  EXPECT_TRUE(reader.text() == large);
  EXPECT_TRUE(writer.is_ok());
}

TEST_F(SocketStreamTest, AnIdleStreamIsEnded) {
  listen({.stream = {.idle_timeout = 30ms}});
  auto client = connect();
  Reader reader(server());
  ASSERT_TRUE(run_until([&] { return reader.is_done(); }));
  ASSERT_TRUE(reader.error());
  EXPECT_EQ(reader.error()->code(), ErrorCode::kDeadlineExceeded);
}

TEST_F(SocketStreamTest, BytesKeepAStreamFromBeingIdle) {
  listen({.stream = {.idle_timeout = 200ms}});
  auto client = connect();
  Reader reader(server());
  const auto start = clock_.monotonic();
  for (std::size_t i = 1; clock_.monotonic() - start < 500ms; ++i) {
    const Writer writer(*client, to_bytes("x"));
    ASSERT_TRUE(run_until([&] { return reader.text().size() == i || reader.is_done(); }));
    loop_.run_for(20ms);
  }
  EXPECT_FALSE(reader.is_done());
}

TEST_F(SocketStreamTest, APeerThatTakesNoBytesEndsTheWrite) {
  listen({.stream = {.write_timeout = 50ms}});
  auto client = connect();
  const Writer writer(server(), Bytes(std::size_t{12} << 20));  // more than both buffers take
  ASSERT_TRUE(run_until([&] { return writer.is_done(); }));
  EXPECT_EQ(writer.code(), ErrorCode::kDeadlineExceeded);
}

TEST_F(SocketStreamTest, AWriteOverTheBoundIsRefusedAndNothingIsSent) {
  listen({.stream = {.write_size_max = 3}});
  auto client = connect();
  Reader reader(*client);
  const Writer writer(server(), to_bytes("four"));
  ASSERT_TRUE(run_until([&] { return writer.is_done(); }));
  EXPECT_EQ(writer.code(), ErrorCode::kResourceExhausted);
  streams_.clear();
  ASSERT_TRUE(run_until([&] { return reader.is_done(); }));
  EXPECT_EQ(reader.text(), "");
}

TEST_F(SocketStreamTest, WhatCameBeforeAWriteFailedIsStillRead) {
  listen({});
  auto client = connect();
  const Writer answer(server(), to_bytes("413"));
  ASSERT_TRUE(run_until([&] { return answer.is_ok(); }));
  server().shutdown();
  Reader reader(*client);
  ASSERT_TRUE(run_until([&] { return reader.is_ended(); }));
  EXPECT_EQ(reader.text(), "413");
}

TEST_F(SocketStreamTest, ClosingDropsCallbacks) {
  listen({});
  auto client = connect();
  auto held = std::make_shared<int>();
  client->read([held](Result<ByteView>) { ADD_FAILURE(); });
  client->write(Bytes(std::size_t{12} << 20), [held](Result<void>) { ADD_FAILURE(); });
  client->close();
  EXPECT_EQ(held.use_count(), 1);
  loop_.run_for(20ms);
}

TEST_F(SocketStreamTest, ACallbackMayDestroyItsStream) {
  listen({});
  auto client = connect();
  server().read([&](Result<ByteView> bytes) {
    streams_.clear();
    EXPECT_EQ(as_text(*bytes), "x");
  });
  const Writer writer(*client, to_bytes("x"));
  ASSERT_TRUE(run_until([&] { return streams_.empty(); }));
}

TEST_F(SocketStreamTest, AUnixPeerIsWhoTheKernelSays) {
  listen_at(path("peer"), 0600, {});
  auto client = connect_at(path("peer"));
  ASSERT_NE(client, nullptr);
  EXPECT_EQ(client->peer().address, "unix:" + path("peer"));
  const auto& peer = server().peer().unix_peer;
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->uid, geteuid());
  EXPECT_EQ(peer->gid, getegid());
  EXPECT_EQ(peer->pid, getpid());
  ASSERT_NE(peer->process, nullptr);
  EXPECT_TRUE(peer->process->is_alive());
  EXPECT_EQ(*peer->process->pid(), getpid());
}

}  // namespace
}  // namespace ward::net
