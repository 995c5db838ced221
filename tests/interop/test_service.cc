#include "tests/interop/test_service.h"

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "grpc/status.h"
#include "grpc/testing/test.pb.h"

namespace ward::interop {
namespace {

using namespace ::grpc::testing;

constexpr std::string_view kEchoInitial = "x-grpc-test-echo-initial";
constexpr std::string_view kEchoTrailing = "x-grpc-test-echo-trailing-bin";

// "custom_metadata": what comes under these two names goes back.
void echo_metadata(grpc::ServerContext& context) {
  if (const auto value = context.metadata().find(kEchoInitial)) {
    static_cast<void>(context.initial_metadata().add(kEchoInitial, *value).ok());
  }
  if (const auto value = context.metadata().find(kEchoTrailing)) {
    static_cast<void>(context.trailers().add(kEchoTrailing, *value).ok());
  }
}

Payload make_payload(std::int32_t size) {
  Payload payload;
  payload.set_body(std::string(static_cast<std::size_t>(std::max(size, 0)), '\0'));
  return payload;
}

Result<void> wanted_status(const EchoStatus& status) {
  if (status.code() == 0) return {};
  return grpc::error_of(static_cast<std::uint32_t>(status.code()), status.message());
}

void answer_unary(const SimpleRequest& request, grpc::UnaryReply<SimpleResponse> reply) {
  echo_metadata(reply.context());
  if (const auto status = wanted_status(request.response_status()); !status.ok()) {
    return reply.fail(status.error());
  }
  SimpleResponse response;
  *response.mutable_payload() = make_payload(request.response_size());
  reply.finish(response);
}

// Sends the responses that were asked for, each after its interval, as fast as the client reads.
class Output {
 public:
  Output(net::Loop& loop, grpc::ServerWriter<StreamingOutputCallResponse> writer)
      : loop_(loop), writer_(writer) {}

  void add(const StreamingOutputCallRequest& request) {
    for (const auto& wanted : request.response_parameters()) wanted_.push_back(wanted);
    go_on();
  }
  void end() {
    is_ended_ = true;
    go_on();
  }
  void go_on() {
    while (!wanted_.empty() && writer_.is_writable() && !is_waiting_) {
      const std::chrono::microseconds interval(wanted_.front().interval_us());
      if (interval.count() == 0) {
        send();
        continue;
      }
      is_waiting_ = true;
      timer_ = loop_.after(interval, [this] {
        is_waiting_ = false;
        send();
        go_on();
      });
    }
    if (wanted_.empty() && is_ended_) writer_.finish({});
  }

 private:
  void send() {
    StreamingOutputCallResponse response;
    *response.mutable_payload() = make_payload(wanted_.front().size());
    wanted_.pop_front();
    writer_.write(response);
  }

  net::Loop& loop_;
  grpc::ServerWriter<StreamingOutputCallResponse> writer_;
  std::deque<ResponseParameters> wanted_;
  net::Timer timer_;
  bool is_waiting_ = false;
  bool is_ended_ = false;
};

class ServerStreaming final : public grpc::CallObject {
 public:
  ServerStreaming(net::Loop& loop, const StreamingOutputCallRequest& request,
                  grpc::ServerWriter<StreamingOutputCallResponse> writer)
      : output_(loop, writer) {
    output_.add(request);
    output_.end();
  }
  void on_writable() override { output_.go_on(); }

 private:
  Output output_;
};

class FullDuplex final : public grpc::CallReader<StreamingOutputCallRequest> {
 public:
  FullDuplex(net::Loop& loop, grpc::ServerWriter<StreamingOutputCallResponse> writer)
      : writer_(writer), output_(loop, writer) {
    echo_metadata(writer_.context());
    writer_.context().send_initial_metadata();
  }
  void on_message(const StreamingOutputCallRequest& request) override {
    if (auto status = wanted_status(request.response_status()); !status.ok()) {
      return writer_.finish(std::move(status));
    }
    output_.add(request);
  }
  void on_end() override { output_.end(); }
  void on_writable() override { output_.go_on(); }

 private:
  grpc::ServerWriter<StreamingOutputCallResponse> writer_;
  Output output_;
};

class ClientStreaming final : public grpc::CallReader<StreamingInputCallRequest> {
 public:
  explicit ClientStreaming(grpc::UnaryReply<StreamingInputCallResponse> reply)
      : reply_(std::move(reply)) {}
  void on_message(const StreamingInputCallRequest& request) override {
    total_ += request.payload().body().size();
  }
  void on_end() override {
    StreamingInputCallResponse response;
    response.set_aggregated_payload_size(static_cast<std::int32_t>(total_));
    reply_.finish(response);
  }

 private:
  grpc::UnaryReply<StreamingInputCallResponse> reply_;
  std::size_t total_ = 0;
};

}  // namespace

void register_test_service(grpc::Server& server, net::Loop& loop) {
  server.unary<Empty, Empty>(
      "grpc.testing.TestService/EmptyCall",
      [](const Empty& request, grpc::UnaryReply<Empty> reply) { reply.finish(request); });
  server.unary<SimpleRequest, SimpleResponse>("grpc.testing.TestService/UnaryCall", answer_unary);
  server.unary<SimpleRequest, SimpleResponse>("grpc.testing.TestService/CacheableUnaryCall",
                                              answer_unary);
  server.client_stream<StreamingInputCallRequest, StreamingInputCallResponse>(
      "grpc.testing.TestService/StreamingInputCall",
      [](grpc::UnaryReply<StreamingInputCallResponse> reply) {
        return std::make_unique<ClientStreaming>(std::move(reply));
      });
  server.server_stream<StreamingOutputCallRequest, StreamingOutputCallResponse>(
      "grpc.testing.TestService/StreamingOutputCall",
      [&loop](const StreamingOutputCallRequest& request,
              grpc::ServerWriter<StreamingOutputCallResponse> writer) {
        return std::make_unique<ServerStreaming>(loop, request, writer);
      });
  server.bidi<StreamingOutputCallRequest, StreamingOutputCallResponse>(
      "grpc.testing.TestService/FullDuplexCall",
      [&loop](grpc::ServerWriter<StreamingOutputCallResponse> writer) {
        return std::make_unique<FullDuplex>(loop, writer);
      });
}

}  // namespace ward::interop
