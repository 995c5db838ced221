// Whole calls of every kind between Channel and Server, under simulated time.
#include <gtest/gtest.h>

#include <deque>
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

SimpleRequest request_of(std::string body) {
  SimpleRequest request;
  request.mutable_payload()->set_body(std::move(body));
  return request;
}
SimpleResponse response_of(std::string name) {
  SimpleResponse response;
  response.set_username(std::move(name));
  return response;
}

class CallTest : public ::testing::Test {
 protected:
  void serve_echo() {
    pair_.server.unary<SimpleRequest, SimpleResponse>(
        "t.S/Echo", [](const SimpleRequest& request, UnaryReply<SimpleResponse> reply) {
          reply.finish(response_of(request.payload().body()));
        });
  }
  PendingCall call(std::string_view method, const SimpleRequest& request,
                   CallOptions options = {}) {
    return pair_.channel->unary<SimpleRequest, SimpleResponse>(
        method, request, std::move(options),
        [this](Result<SimpleResponse> response) { got_ = std::move(response); });
  }
  std::optional<ErrorCode> code() const {
    if (!got_ || got_->ok()) return std::nullopt;
    return got_->error().code();
  }

  testing::Pair pair_;
  std::optional<Result<SimpleResponse>> got_;
};

// Collects what a stream brings.
struct Collector final : ResponseReader<SimpleResponse> {
  void on_message(SimpleResponse& message) override {
    names.push_back(message.username());
    if (on_each) on_each();
  }
  void on_writable() override { ++writable; }
  void on_done(const Result<void>& end) override { status = end; }

  std::vector<std::string> names;
  std::function<void()> on_each;
  std::optional<Result<void>> status;
  int writable = 0;
};

TEST_F(CallTest, AUnaryCallIsAnswered) {
  serve_echo();
  const auto pending = call("t.S/Echo", request_of("hello"));
  EXPECT_FALSE(got_.has_value());  // never from within
  pair_.run();
  ASSERT_TRUE(got_ && got_->ok()) << got_->error().text();
  EXPECT_EQ((*got_)->username(), "hello");
}

TEST_F(CallTest, CallsShareOneConnection) {
  serve_echo();
  std::vector<PendingCall> pending;
  for (int i = 0; i < 1000; ++i) pending.push_back(call("t.S/Echo", request_of("x")));
  pair_.run();
  EXPECT_EQ(pair_.connections, 1);
  EXPECT_TRUE(got_ && got_->ok());
}

TEST_F(CallTest, AnAnswerMayComeLater) {
  std::optional<UnaryReply<SimpleResponse>> kept;
  pair_.server.unary<SimpleRequest, SimpleResponse>(
      "t.S/Later", [&](const SimpleRequest&, UnaryReply<SimpleResponse> reply) {
        kept.emplace(std::move(reply));
      });
  const auto pending = call("t.S/Later", {});
  pair_.run(1s);
  EXPECT_FALSE(got_.has_value());
  kept->finish(response_of("late"));
  pair_.run();
  ASSERT_TRUE(got_ && got_->ok());
}

TEST_F(CallTest, ADroppedReplyIsAnInternalError) {
  pair_.server.unary<SimpleRequest, SimpleResponse>(
      "t.S/Drop", [](const SimpleRequest&, UnaryReply<SimpleResponse>) {});
  const auto pending = call("t.S/Drop", {});
  pair_.run();
  EXPECT_EQ(code(), ErrorCode::kInternal);
}

TEST_F(CallTest, AStatusCrossesWholeWithItsMessage) {
  pair_.server.unary<SimpleRequest, SimpleResponse>(
      "t.S/Fail", [](const SimpleRequest&, UnaryReply<SimpleResponse> reply) {
        reply.fail(Error(ErrorCode::kFailedPrecondition, "100 % \xe2\x98\xba\n"));
      });
  const auto pending = call("t.S/Fail", {});
  pair_.run();
  EXPECT_EQ(code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(got_->error().message(), "100 % \xe2\x98\xba\n");
}

TEST_F(CallTest, AnUnknownMethodIsUnimplemented) {
  serve_echo();
  const auto pending = call("t.S/Nothing", {});
  pair_.run();
  EXPECT_EQ(code(), ErrorCode::kUnimplemented);
}

TEST_F(CallTest, MetadataGoesBothWaysAndBinaryIsAnyBytes) {
  pair_.server.unary<SimpleRequest, SimpleResponse>(
      "t.S/Meta", [](const SimpleRequest&, UnaryReply<SimpleResponse> reply) {
        auto& context = reply.context();
        EXPECT_EQ(context.metadata().find("x-one"), "1");
        EXPECT_FALSE(context.metadata().find("te").has_value());
        EXPECT_TRUE(context.initial_metadata().add("x-first", "a").ok());
        const auto binary = context.metadata().find("x-two-bin");
        EXPECT_TRUE(context.trailers().add("x-last-bin", binary.value_or("")).ok());
        reply.finish(SimpleResponse());
      });
  CallOptions options;
  const std::string bytes("\0\xff,\n", 4);
  ASSERT_TRUE(options.metadata.add("x-one", "1").ok());
  ASSERT_TRUE(options.metadata.add("x-two-bin", bytes).ok());
  EXPECT_FALSE(options.metadata.add("grpc-timeout", "1S").ok());
  EXPECT_FALSE(options.metadata.add("Upper", "1").ok());
  EXPECT_FALSE(options.metadata.add("x-text", "line\n").ok());
  std::string first, last;
  options.on_initial_metadata = [&](const Metadata& m) { first = m.find("x-first").value_or(""); };
  options.on_trailers = [&](const Metadata& m) { last = m.find("x-last-bin").value_or(""); };
  const auto pending = call("t.S/Meta", {}, std::move(options));
  pair_.run();
  ASSERT_TRUE(got_ && got_->ok());
  EXPECT_EQ(first, "a");
  EXPECT_EQ(last, bytes);
}

TEST_F(CallTest, TheDeadlineEndsTheCallOnBothSides) {
  std::optional<UnaryReply<SimpleResponse>> kept;
  int cancelled = 0;
  pair_.server.unary<SimpleRequest, SimpleResponse>(
      "t.S/Never", [&](const SimpleRequest&, UnaryReply<SimpleResponse> reply) {
        EXPECT_TRUE(reply.context().deadline().has_value());
        reply.context().on_cancel([&] { ++cancelled; });
        kept.emplace(std::move(reply));
      });
  const auto pending = call("t.S/Never", {}, {.timeout = 100ms});
  pair_.run(99ms);
  EXPECT_FALSE(got_.has_value());
  pair_.run(10ms);
  EXPECT_EQ(code(), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(cancelled, 1);
  EXPECT_TRUE(kept->context().is_cancelled());
  kept->finish(SimpleResponse());  // too late, and harmless
}

// A handle that is dropped when the answer is there ends nothing early: servers count the resets of
// a client, and close on too many.
TEST_F(CallTest, DroppingTheHandleInItsCallbackResetsNothing) {
  pair_.server.unary<SimpleRequest, SimpleResponse>(
      "t.S/Echo", [](const SimpleRequest& request, UnaryReply<SimpleResponse> reply) {
        reply.finish(response_of(request.payload().body()));
      });
  int answered = 0;
  const int calls = static_cast<int>(2 * http::Limits().resets_burst);
  for (int i = 0; i < calls; ++i) {
    std::optional<PendingCall> pending;
    pending = pair_.channel->unary<SimpleRequest, SimpleResponse>(
        "t.S/Echo", {}, {}, [&](Result<SimpleResponse> response) {
          answered += response.ok();
          pending.reset();
        });
    pair_.run(1ms);
  }
  EXPECT_EQ(answered, calls);
  EXPECT_EQ(pair_.connections, 1);
}

TEST_F(CallTest, DestroyingACallCancelsIt) {
  std::optional<UnaryReply<SimpleResponse>> kept;
  int cancelled = 0;
  pair_.server.unary<SimpleRequest, SimpleResponse>(
      "t.S/Never", [&](const SimpleRequest&, UnaryReply<SimpleResponse> reply) {
        reply.context().on_cancel([&] { ++cancelled; });
        kept.emplace(std::move(reply));
      });
  auto pending = call("t.S/Never", {});
  pair_.run();
  ASSERT_TRUE(kept.has_value());
  pending.cancel();
  pair_.run();
  EXPECT_EQ(cancelled, 1);
  EXPECT_FALSE(got_.has_value());
}

TEST_F(CallTest, MessagesOverTheBoundAreRefusedBothWays) {
  testing::Pair small({.receive_bytes_max = 100, .send_bytes_max = 50});
  small.server.unary<SimpleRequest, SimpleResponse>(
      "t.S/Echo", [](const SimpleRequest& request, UnaryReply<SimpleResponse> reply) {
        reply.finish(response_of(request.payload().body()));
      });
  std::vector<ErrorCode> codes;
  const auto collect = [&](Result<SimpleResponse> response) {
    codes.push_back(response.ok() ? ErrorCode::kUnknown : response.error().code());
  };
  const auto one = small.channel->unary<SimpleRequest, SimpleResponse>(
      "t.S/Echo", request_of(std::string(200, 'x')), {}, collect);
  small.run();
  const auto two = small.channel->unary<SimpleRequest, SimpleResponse>(
      "t.S/Echo", request_of(std::string(60, 'x')), {}, collect);
  small.run();
  EXPECT_EQ(codes, (std::vector{ErrorCode::kResourceExhausted, ErrorCode::kResourceExhausted}));
}

TEST_F(CallTest, AnInterceptorJudgesItsPrefixOnly) {
  serve_echo();
  pair_.server.unary<SimpleRequest, SimpleResponse>(
      "t.Guarded/Echo", [](const SimpleRequest&, UnaryReply<SimpleResponse> reply) {
        reply.finish(SimpleResponse());
      });
  pair_.server.intercept("t.Guarded/", [](ServerContext& context) -> Result<void> {
    if (context.metadata().find("x-key") == "1") return {};
    return invalid_argument("expected metadata `x-key`");
  });
  auto pending = call("t.Guarded/Echo", {});
  pair_.run();
  EXPECT_EQ(code(), ErrorCode::kInvalidArgument);
  pending = call("t.S/Echo", {});
  pair_.run();
  EXPECT_TRUE(got_->ok());
  CallOptions options;
  ASSERT_TRUE(options.metadata.add("x-key", "1").ok());
  pending = call("t.Guarded/Echo", {}, std::move(options));
  pair_.run();
  EXPECT_TRUE(got_->ok());
}

// Sends numbers for as long as it is read.
class Counter final : public CallObject {
 public:
  Counter(ServerWriter<SimpleResponse> writer, int most, int& sent, int& alive)
      : writer_(writer), most_(most), sent_(sent), alive_(alive) {
    ++alive_;
    on_writable();
  }
  ~Counter() override { --alive_; }
  void on_writable() override {
    while (sent_ < most_ && writer_.is_writable()) {
      writer_.write(response_of(std::to_string(sent_++) + std::string(1000, '.')));
    }
    if (sent_ == most_) writer_.finish({});
  }

 private:
  ServerWriter<SimpleResponse> writer_;
  int most_;
  int& sent_;
  int& alive_;
};

class ServerStreamTest : public CallTest {
 protected:
  void serve_counter(int most) {
    pair_.server.server_stream<SimpleRequest, SimpleResponse>(
        "t.S/Count", [this, most](const SimpleRequest&, ServerWriter<SimpleResponse> writer) {
          return std::make_unique<Counter>(writer, most, sent_, alive_);
        });
  }
  int sent_ = 0;
  int alive_ = 0;
};

TEST_F(ServerStreamTest, AllMessagesComeInOrderAndTheObjectIsGone) {
  serve_counter(3000);
  Collector collector;
  const auto pending =
      pair_.channel->server_stream<SimpleRequest, SimpleResponse>("t.S/Count", {}, {}, collector);
  pair_.run(1s);
  ASSERT_TRUE(collector.status && collector.status->ok());
  ASSERT_EQ(collector.names.size(), 3000U);
  EXPECT_TRUE(collector.names[2999].starts_with("2999."));
  EXPECT_EQ(alive_, 0);
}

TEST_F(ServerStreamTest, AReaderThatHoldsStopsTheWriter) {
  serve_counter(100'000);
  Collector collector;
  ClientWriter<SimpleRequest> writer;
  collector.on_each = [&] { writer.hold(); };
  writer = pair_.channel->bidi<SimpleRequest, SimpleResponse>("t.S/Count", {}, collector);
  writer.write({});
  writer.end_writes();
  pair_.run(1s);
  EXPECT_EQ(collector.names.size(), 1U);
  // One stream window, one high-water mark of output and what memory streams buffer.
  EXPECT_LT(sent_, 1000);
  const int stopped_at = sent_;
  pair_.run(1s);
  EXPECT_EQ(sent_, stopped_at);
  collector.on_each = nullptr;
  writer.resume();
  pair_.run(1s);
  EXPECT_GT(sent_, stopped_at);
}

TEST_F(ServerStreamTest, CancellingDestroysTheObject) {
  serve_counter(100'000);
  Collector collector;
  ClientWriter<SimpleRequest> writer;
  collector.on_each = [&] { writer.cancel(); };  // from within its own message
  writer = pair_.channel->bidi<SimpleRequest, SimpleResponse>("t.S/Count", {}, collector);
  writer.write({});
  writer.end_writes();
  pair_.run();
  EXPECT_EQ(collector.names.size(), 1U);
  EXPECT_FALSE(collector.status.has_value());
  EXPECT_EQ(alive_, 0);
}

TEST_F(ServerStreamTest, LosingTheServerEndsTheCallAndTheObject) {
  serve_counter(100'000);
  Collector collector;
  ClientWriter<SimpleRequest> writer;
  collector.on_each = [&] { writer.hold(); };
  writer = pair_.channel->bidi<SimpleRequest, SimpleResponse>("t.S/Count", {}, collector);
  writer.write({});
  pair_.run();
  EXPECT_EQ(alive_, 0);  // it reads one message, and has not got the end yet
  writer.end_writes();
  pair_.run();
  EXPECT_EQ(alive_, 1);
  pair_.http_server.reset();
  EXPECT_EQ(alive_, 0);
  pair_.run();
  ASSERT_TRUE(collector.status && !collector.status->ok());
  EXPECT_EQ(collector.status->error().code(), ErrorCode::kUnavailable);
}

// Sums what it reads.
class Sum final : public CallReader<SimpleRequest> {
 public:
  explicit Sum(UnaryReply<SimpleResponse> reply) : reply_(std::move(reply)) {}
  void on_message(const SimpleRequest& message) override {
    total_ += message.payload().body().size();
  }
  void on_end() override { reply_.finish(response_of(std::to_string(total_))); }

 private:
  UnaryReply<SimpleResponse> reply_;
  std::size_t total_ = 0;
};

TEST_F(CallTest, AClientStreamIsSummedUp) {
  pair_.server.client_stream<SimpleRequest, SimpleResponse>(
      "t.S/Sum",
      [](UnaryReply<SimpleResponse> reply) { return std::make_unique<Sum>(std::move(reply)); });
  auto writer = pair_.channel->client_stream<SimpleRequest, SimpleResponse>(
      "t.S/Sum", {}, [this](Result<SimpleResponse> response) { got_ = std::move(response); });
  for (int i = 0; i < 100; ++i) writer.write(request_of(std::string(10'000, 'x')));
  writer.end_writes();
  pair_.run();
  ASSERT_TRUE(got_ && got_->ok());
  EXPECT_EQ((*got_)->username(), "1000000");
}

// Answers each message; ends with the client, or when it is told to.
class Echo final : public CallReader<SimpleRequest> {
 public:
  explicit Echo(ServerWriter<SimpleResponse> writer) : writer_(writer) {}
  void on_message(const SimpleRequest& message) override {
    if (message.payload().body() == "stop")
      return writer_.finish(Error(ErrorCode::kAborted, "stop"));
    writer_.write(response_of(message.payload().body()));
  }
  void on_end() override { writer_.finish({}); }

 private:
  ServerWriter<SimpleResponse> writer_;
};

class BidiTest : public CallTest {
 protected:
  BidiTest() {
    pair_.server.bidi<SimpleRequest, SimpleResponse>(
        "t.S/Echo",
        [](ServerWriter<SimpleResponse> writer) { return std::make_unique<Echo>(writer); });
    writer_ = pair_.channel->bidi<SimpleRequest, SimpleResponse>("t.S/Echo", {}, collector_);
  }
  Collector collector_;
  ClientWriter<SimpleRequest> writer_;
};

TEST_F(BidiTest, MessagesGoBackAndForth) {
  for (const char* body : {"a", "b", "c"}) {
    writer_.write(request_of(body));
    pair_.run();
    EXPECT_EQ(collector_.names.back(), body);
  }
  writer_.end_writes();
  pair_.run();
  EXPECT_TRUE(collector_.status && collector_.status->ok());
}

TEST_F(BidiTest, TheServerMayEndFirstFromWithinAMessage) {
  writer_.write(request_of("stop"));
  writer_.write(request_of("never read"));
  pair_.run();
  ASSERT_TRUE(collector_.status && !collector_.status->ok());
  EXPECT_EQ(collector_.status->error().code(), ErrorCode::kAborted);
  EXPECT_TRUE(collector_.names.empty());
  EXPECT_FALSE(writer_.write(request_of("after")));
}

TEST_F(CallTest, AnUnreachableServerIsUnavailableAndThenTriedAgain) {
  serve_echo();
  pair_.is_reachable = false;
  auto pending = call("t.S/Echo", {});
  pair_.run();
  EXPECT_EQ(code(), ErrorCode::kUnavailable);
  got_.reset();
  pending = call("t.S/Echo", request_of("waited"), {.wait_for_ready = true});
  pair_.run(5s);
  EXPECT_FALSE(got_.has_value());
  pair_.is_reachable = true;
  pair_.run(30s);
  ASSERT_TRUE(got_ && got_->ok());
}

TEST_F(CallTest, ALostConnectionIsMadeAgain) {
  serve_echo();
  std::vector<bool> states;
  pair_.channel->on_state([&](bool is_connected) { states.push_back(is_connected); });
  auto pending = call("t.S/Echo", {});
  pair_.run();
  pair_.http_server = std::make_unique<http::Server>(pair_.loop, pair_.router);
  pair_.run();
  pending = call("t.S/Echo", request_of("again"));
  pair_.run();
  ASSERT_TRUE(got_ && got_->ok());
  EXPECT_EQ((*got_)->username(), "again");
  EXPECT_EQ(pair_.connections, 2);
  EXPECT_EQ(states, (std::vector{true, false, true}));
}

TEST_F(CallTest, ShuttingDownLetsOpenCallsEnd) {
  std::optional<UnaryReply<SimpleResponse>> kept;
  pair_.server.unary<SimpleRequest, SimpleResponse>(
      "t.S/Later", [&](const SimpleRequest&, UnaryReply<SimpleResponse> reply) {
        kept.emplace(std::move(reply));
      });
  const auto pending = call("t.S/Later", {});
  pair_.run();
  bool is_drained = false;
  pair_.http_server->shut_down([&] { is_drained = true; });
  pair_.run(1s);
  EXPECT_FALSE(is_drained);
  EXPECT_FALSE(pair_.channel->is_connected());  // it heard the GOAWAY
  kept->finish(response_of("last"));
  pair_.run(1s);
  EXPECT_TRUE(got_ && got_->ok());
  EXPECT_TRUE(is_drained);
}

TEST_F(CallTest, TheChannelMayGoBeforeItsCallsAndInsideTheirCallbacks) {
  serve_echo();
  PendingCall first = pair_.channel->unary<SimpleRequest, SimpleResponse>(
      "t.S/Echo", {}, {}, [&](Result<SimpleResponse> response) {
        EXPECT_TRUE(response.ok());
        pair_.channel.reset();
      });
  pair_.server.unary<SimpleRequest, SimpleResponse>(
      "t.S/Never", [kept = std::make_shared<std::vector<UnaryReply<SimpleResponse>>>()](
                       const SimpleRequest&, UnaryReply<SimpleResponse> reply) {
        kept->push_back(std::move(reply));
      });
  const auto second = call("t.S/Never", {});
  pair_.run();
  EXPECT_EQ(code(), ErrorCode::kCancelled);
}

TEST_F(CallTest, ReplyOutlivesItsServer) {
  std::optional<UnaryReply<SimpleResponse>> kept;
  {
    testing::Pair pair;
    pair.server.unary<SimpleRequest, SimpleResponse>(
        "t.S/Later", [&](const SimpleRequest&, UnaryReply<SimpleResponse> reply) {
          kept.emplace(std::move(reply));
        });
    const auto pending = pair.channel->unary<SimpleRequest, SimpleResponse>(
        "t.S/Later", {}, {}, [](Result<SimpleResponse>) {});
    pair.run();
  }
  ASSERT_TRUE(kept.has_value());
  EXPECT_TRUE(kept->context().is_cancelled());
  kept->finish(SimpleResponse());
}

}  // namespace
}  // namespace ward::grpc
