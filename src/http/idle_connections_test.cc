// Ten thousand connections that have said something once and then nothing more: they cost what is
// said here, and the next client is served.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdio>

#include "http/server.h"
#include "net/listener.h"
#include "net/testing/many_clients.h"
#include "net/testing/socket_fixture.h"
#include "tests/support/sanitized.h"

namespace ward::http {
namespace {

constexpr int kConnections = 10'000;

class IdleConnections : public net::testing::SocketFixture {
 protected:
  IdleConnections() {
    router_.add("GET", "/", [this](Request, const net::Peer&, Responder responder) {
      ++requests_;
      responder.send(Response::of(200, "text/plain", "hello"));
    });
  }

  void serve() {
    auto listener = net::listen_tcp(
        loop_, "127.0.0.1", 0, {.backlog = 4096},
        [this](std::unique_ptr<net::Stream> stream) { server_->serve(std::move(stream)); });
    ASSERT_TRUE(listener.ok()) << listener.error().text();
    listener_ = std::move(*listener);
  }

  // Bytes on the heap for each of the connections, once they are idle.
  std::size_t bytes_of_each(std::string_view first_words, bool is_request) {
    const std::size_t before = mallinfo2().uordblks;
    const net::testing::ManyClients clients(listener_->port(), kConnections,
                                            [&](int) { return first_words; });
    const auto are_idle = [&] {
      return server_->connection_count() == kConnections &&
             (!is_request || requests_ == kConnections);
    };
    EXPECT_TRUE(run_until(are_idle)) << server_->connection_count() << ", " << requests_;
    loop_.run_for(std::chrono::milliseconds{50});
    const std::size_t after = mallinfo2().uordblks;
    EXPECT_TRUE(serves_one_more());
    return (after - before) / kConnections;
  }

  bool serves_one_more() {
    auto client = outcome([&](net::ConnectCallback done) {
      return net::connect_tcp(loop_, "127.0.0.1", listener_->port(), {}, std::move(done));
    });
    if (!client.ok()) return false;
    const net::testing::Reader reader(**client);
    (*client)->write(to_bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), [](Result<void>) {});
    return run_until([&] { return reader.text().starts_with("HTTP/1.1 200"); });
  }

  Router router_;
  int requests_ = 0;
  std::unique_ptr<Server> server_ = std::make_unique<Server>(loop_, router_);
};

// The bound is on what a connection holds of the heap; the kernel's buffers are its own.
void expect_at_most(std::size_t bound, std::size_t bytes) {
  ::testing::Test::RecordProperty("bytes_of_each", std::to_string(bytes));
  printf("   %zu bytes of the heap for each idle connection\n", bytes);
  if (testing::kIsSanitized) return;
  EXPECT_GT(bytes, 0U);
  EXPECT_LE(bytes, bound);
}

TEST_F(IdleConnections, TenThousandOfHttp1CostLittleAndTheNextIsServed) {
  if (!net::testing::allow_descriptors(kConnections)) {
    GTEST_SKIP() << "the hard limit of descriptors is below " << kConnections;
  }
  serve();
  expect_at_most(4096, bytes_of_each("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true));
}

TEST_F(IdleConnections, TenThousandOfHttp2CostLittleAndTheNextIsServed) {
  if (!net::testing::allow_descriptors(kConnections)) {
    GTEST_SKIP() << "the hard limit of descriptors is below " << kConnections;
  }
  serve();
  static constexpr char kPreface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";
  expect_at_most(32'768, bytes_of_each({kPreface, sizeof(kPreface)}, false));
}

}  // namespace
}  // namespace ward::http
