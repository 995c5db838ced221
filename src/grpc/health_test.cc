// grpc.health.v1.Health as its clients see it (github.com/grpc/grpc, doc/health-checking.md).
#include "grpc/health.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "grpc/health/v1/health.pb.h"
#include "grpc/testing_pair.h"

namespace ward::grpc {
namespace {

using Request = ::grpc::health::v1::HealthCheckRequest;
using Response = ::grpc::health::v1::HealthCheckResponse;
using Statuses = std::vector<Response::ServingStatus>;
using namespace std::chrono_literals;

struct Watched final : ResponseReader<Response> {
  void on_message(Response& message) override {
    statuses.push_back(message.status());
    if (on_each) on_each();
  }
  void on_done(const Result<void>& end) override { status = end; }
  Statuses statuses;
  std::function<void()> on_each;
  std::optional<Result<void>> status;
};

class HealthTest : public ::testing::Test {
 protected:
  HealthTest() { health_.register_with(pair_.server); }

  static Request request_of(const std::string& service) {
    Request request;
    request.set_service(service);
    return request;
  }
  Result<Response> check(const std::string& service) {
    std::optional<Result<Response>> answer;
    const auto pending = pair_.channel->unary<Request, Response>(
        "grpc.health.v1.Health/Check", request_of(service), {},
        [&](Result<Response> response) { answer.emplace(std::move(response)); });
    pair_.run();
    return answer ? *std::move(answer) : Error(ErrorCode::kInternal, "no answer");
  }
  PendingCall watch(const std::string& service, Watched& watched) {
    return pair_.channel->server_stream<Request, Response>("grpc.health.v1.Health/Watch",
                                                           request_of(service), {}, watched);
  }

  HealthService health_;
  testing::Pair pair_;
};

TEST_F(HealthTest, CheckSaysWhatIsSetAndDoesNotKnowTheRest) {
  EXPECT_EQ(check("")->status(), Response::SERVING);
  EXPECT_EQ(check("a").error().code(), ErrorCode::kNotFound);
  health_.set("a", false);
  EXPECT_EQ(check("a")->status(), Response::NOT_SERVING);
  health_.set("a", true);
  EXPECT_EQ(check("a")->status(), Response::SERVING);
}

TEST_F(HealthTest, WatchTellsTheStateAtOnceAndEachChange) {
  health_.set("a", true);
  Watched watched, other;
  const auto call = watch("a", watched);
  const auto call_of_other = watch("b", other);
  pair_.run();
  EXPECT_EQ(watched.statuses, Statuses{Response::SERVING});
  health_.set("a", true);  // no change
  pair_.run(60s);
  EXPECT_EQ(watched.statuses.size(), 1U);
  health_.set("a", false);
  pair_.run();
  health_.set("a", true);
  pair_.run();
  EXPECT_EQ(watched.statuses,
            (Statuses{Response::SERVING, Response::NOT_SERVING, Response::SERVING}));
  EXPECT_FALSE(watched.status.has_value());
  EXPECT_EQ(other.statuses, Statuses{Response::SERVICE_UNKNOWN});
}

TEST_F(HealthTest, AServiceThatIsNotKnownIsWatchedUntilItIs) {
  Watched watched;
  const auto call = watch("later", watched);
  pair_.run();
  health_.set("later", true);
  pair_.run();
  EXPECT_EQ(watched.statuses, (Statuses{Response::SERVICE_UNKNOWN, Response::SERVING}));
  EXPECT_FALSE(watched.status.has_value());
}

TEST_F(HealthTest, WatchersThatWentAreForgotten) {
  auto watched = std::make_unique<Watched>();
  Watched stays;
  {
    const auto call = watch("", *watched);
    pair_.run();
  }
  watched.reset();
  const auto call = watch("", stays);
  pair_.run();
  health_.set("", false);
  pair_.run();
  EXPECT_EQ(stays.statuses, (Statuses{Response::SERVING, Response::NOT_SERVING}));
  pair_.http_server.reset();
  pair_.run();
  ASSERT_TRUE(stays.status.has_value());
  health_.set("", true);
}

TEST_F(HealthTest, AWatcherThatIsSlowHearsTheNewestState) {
  Watched watched;
  ClientWriter<Request> writer;
  watched.on_each = [&] { writer.hold(); };
  writer = pair_.channel->bidi<Request, Response>("grpc.health.v1.Health/Watch", {}, watched);
  writer.write(request_of(""));
  writer.end_writes();
  pair_.run();
  ASSERT_EQ(watched.statuses.size(), 1U);
  // Far more changes than the windows and buffers between them hold.
  for (int i = 0; i < 100'000; ++i) {
    health_.set("", i % 2 == 0);
    if (i % 1000 == 0) pair_.run(1ms);
  }
  health_.set("", false);
  watched.on_each = nullptr;
  writer.resume();
  pair_.run(1s);
  EXPECT_LT(watched.statuses.size(), 100'000U);
  EXPECT_EQ(watched.statuses.back(), Response::NOT_SERVING);
}

TEST_F(HealthTest, ShutDownIsForGood) {
  health_.set("a", true);
  Watched watched;
  const auto call = watch("a", watched);
  pair_.run();
  health_.shut_down();
  health_.set("a", true);
  pair_.run();
  EXPECT_EQ(watched.statuses, (Statuses{Response::SERVING, Response::NOT_SERVING}));
  EXPECT_EQ(check("a")->status(), Response::NOT_SERVING);
  EXPECT_EQ(check("")->status(), Response::NOT_SERVING);
}

}  // namespace
}  // namespace ward::grpc
