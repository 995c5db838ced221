#include "http/fetch.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "http/server.h"
#include "net/testing/memory_stream.h"
#include "net/testing/simulated_loop.h"

namespace ward::http {
namespace {

using namespace std::chrono_literals;

// The same over either version.
class FetchTest : public ::testing::TestWithParam<const char*> {
 protected:
  FetchTest() {
    router_.add("POST", "/echo", [](Request request, const net::Peer&, Responder responder) {
      responder.send(Response::of(200, "text/plain", as_text(request.body)));
    });
    router_.add("GET", "/later", [this](Request, const net::Peer&, Responder responder) {
      later_.emplace(std::move(responder));
    });
  }
  void send(std::string method, std::string target, std::string_view body = "",
            FetchOptions options = {}) {
    auto [ours, theirs] =
        net::testing::make_memory_streams(loop_, {.read_size_max = 7, .alpn = GetParam()});
    server_.serve(std::move(theirs));
    Request request{
        .head = {.method = std::move(method), .authority = "a", .target = std::move(target)},
        .body = to_bytes(body)};
    fetch_ = fetch(loop_, std::move(ours), std::move(request), std::move(options),
                   [this](Result<Response> response) {
                     got_ = std::move(response);
                     fetch_ = Fetch();
                   });
    loop_.run_for(1s);
  }

  ManualClock clock_;
  net::testing::SimulatedLoop loop_{clock_};
  Router router_;
  Server server_{loop_, router_};
  std::optional<Responder> later_;
  std::optional<Result<Response>> got_;
  Fetch fetch_;
};

TEST_P(FetchTest, BringsTheAnswer) {
  send("POST", "/echo", "hello");
  ASSERT_TRUE(got_ && got_->ok()) << got_->error().text();
  EXPECT_EQ((*got_)->head.status, 200);
  EXPECT_EQ(as_text((*got_)->body), "hello");
}

TEST_P(FetchTest, AnErrorStatusIsAnAnswer) {
  send("GET", "/none");
  ASSERT_TRUE(got_ && got_->ok());
  EXPECT_EQ((*got_)->head.status, 404);
}

TEST_P(FetchTest, HeadHasNoBodyAndDoesNotWaitForOne) {
  router_.add("GET", "/page", [](Request, const net::Peer&, Responder responder) {
    responder.send(Response::of(200, "text/plain", "page"));
  });
  send("HEAD", "/page");
  ASSERT_TRUE(got_ && got_->ok());
  EXPECT_TRUE((*got_)->body.empty());
  EXPECT_EQ((*got_)->head.headers.find("content-length"), "4");
}

TEST_P(FetchTest, AnAnswerOverTheBoundIsRefused) {
  FetchOptions options;
  options.limits.body_bytes_max = 10;
  send("POST", "/echo", std::string(100, 'x'), options);
  ASSERT_TRUE(got_ && !got_->ok());
  EXPECT_EQ(got_->error().code(), ErrorCode::kResourceExhausted);
}

TEST_P(FetchTest, ASlowAnswerAndALostConnectionAreErrors) {
  send("GET", "/later", "", {.timeout = 500ms});
  ASSERT_TRUE(got_ && !got_->ok());
  EXPECT_EQ(got_->error().code(), ErrorCode::kDeadlineExceeded);
  got_.reset();
  router_.add_stream("GET", "/drop", [](std::unique_ptr<Exchange> exchange) {
    exchange->send_head({.status = 200, .headers = {{"content-length", "5"}}});
  });
  send("GET", "/drop");
  EXPECT_TRUE(got_ && !got_->ok());
}

INSTANTIATE_TEST_SUITE_P(Versions, FetchTest, ::testing::Values("http/1.1", "h2"),
                         [](const auto& version) {
                           return std::string(version.param) == "h2" ? "Http2" : "Http11";
                         });

}  // namespace
}  // namespace ward::http
