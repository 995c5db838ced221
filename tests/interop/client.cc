// ward_interop_client: Ward's gRPC client through the cases of doc/interop-test-descriptions.md of
// github.com/grpc/grpc, against any server of grpc.testing.TestService.
//
//   ward_interop_client --port N --case NAME|all [--host H] [--tls-ca FILE --tls-name NAME]
//
// Exit 0 when every case asked for holds. Each case has ten seconds.
#include <fmt/core.h>

#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "grpc/client.h"
#include "grpc/testing/test.pb.h"
#include "net/tls/client.h"
#include "tests/interop/flags.h"

namespace ward::interop {
namespace {

using namespace std::chrono_literals;
using namespace ::grpc::testing;

constexpr auto kCaseTimeout = 10s;
constexpr std::string_view kService = "grpc.testing.TestService/";

std::string method(std::string_view name) {
  return std::string(kService) + std::string(name);
}

Payload payload_of(std::size_t size) {
  Payload payload;
  payload.set_body(std::string(size, '\0'));
  return payload;
}

StreamingOutputCallRequest output_request(std::initializer_list<int> sizes, std::size_t body = 0) {
  StreamingOutputCallRequest request;
  for (const int size : sizes) request.add_response_parameters()->set_size(size);
  if (body > 0) *request.mutable_payload() = payload_of(body);
  return request;
}

// What a stream brought.
class Stream final : public grpc::ResponseReader<StreamingOutputCallResponse> {
 public:
  void on_message(StreamingOutputCallResponse& message) override {
    sizes.push_back(message.payload().body().size());
    if (on_each) on_each();
  }
  void on_done(const Result<void>& end) override {
    status = end;
    if (on_end) on_end();
  }
  std::vector<std::size_t> sizes;
  std::optional<Result<void>> status;
  std::function<void()> on_each;
  std::function<void()> on_end;
};

// Runs one case at a time on the loop; a case returns what went wrong.
class Cases {
 public:
  Cases(net::SystemLoop& loop, grpc::Channel& channel) : loop_(loop), channel_(channel) {}

  using Case = std::string (Cases::*)();
  static const std::map<std::string, Case>& all();
  std::string run(const std::string& name) { return (this->*all().at(name))(); }

 private:
  static std::string expect(bool holds, std::string_view what) {
    return holds ? std::string() : std::string(what);
  }
  void wait() { loop_.run_for(kCaseTimeout); }

  template <typename Response, typename Request>
  Result<Response> call(const std::string& name, const Request& request,
                        grpc::CallOptions options = {}) {
    std::optional<Result<Response>> got;
    const auto pending = channel_.unary<Request, Response>(name, request, std::move(options),
                                                           [&](Result<Response> response) {
                                                             got = std::move(response);
                                                             loop_.stop();
                                                           });
    wait();
    if (!got) return Error(ErrorCode::kDeadlineExceeded, "the case took too long");
    return *std::move(got);
  }
  auto open(Stream& stream, grpc::CallOptions options = {}) {
    stream.on_end = [this] { loop_.stop(); };
    return channel_.bidi<StreamingOutputCallRequest, StreamingOutputCallResponse>(
        method("FullDuplexCall"), std::move(options), stream);
  }
  static bool has_code(const std::optional<Result<void>>& status, ErrorCode code) {
    return status && !status->ok() && status->error().code() == code;
  }

  std::string empty_unary() {
    const auto response = call<Empty>(method("EmptyCall"), Empty());
    return expect(response.ok(), "the call failed");
  }
  std::string large_unary() {
    SimpleRequest request;
    request.set_response_size(314'159);
    *request.mutable_payload() = payload_of(271'828);
    const auto response = call<SimpleResponse>(method("UnaryCall"), request);
    return expect(response.ok() && response->payload().body().size() == 314'159, "a wrong answer");
  }
  std::string client_streaming();
  std::string server_streaming() {
    Stream stream;
    stream.on_end = [this] { loop_.stop(); };
    const auto pending =
        channel_.server_stream<StreamingOutputCallRequest, StreamingOutputCallResponse>(
            method("StreamingOutputCall"), output_request({31'415, 9, 2'653, 58'979}), {}, stream);
    wait();
    return expect(stream.status && stream.status->ok() &&
                      stream.sizes == std::vector<std::size_t>{31'415, 9, 2'653, 58'979},
                  "wrong messages or status");
  }
  std::string ping_pong();
  std::string empty_stream() {
    Stream stream;
    auto writer = open(stream);
    writer.end_writes();
    wait();
    return expect(stream.status && stream.status->ok() && stream.sizes.empty(), "not empty");
  }
  std::string timeout_on_sleeping_server() {
    Stream stream;
    auto writer = open(stream, {.timeout = 1ms});
    writer.write(output_request({31'415}, 27'182));
    wait();
    const std::string got = !stream.status        ? "no status"
                            : stream.status->ok() ? "OK"
                                                  : stream.status->error().text();
    return expect(has_code(stream.status, ErrorCode::kDeadlineExceeded),
                  "expected deadline_exceeded, got " + got);
  }
  std::string cancel_after_begin() {
    bool is_called = false;
    auto writer = channel_.client_stream<StreamingInputCallRequest, StreamingInputCallResponse>(
        method("StreamingInputCall"), {},
        [&](Result<StreamingInputCallResponse>) { is_called = true; });
    writer.cancel();
    const auto after = call<Empty>(method("EmptyCall"), Empty());
    return expect(!is_called && after.ok(), "the call was not cancelled, or the channel is lost");
  }
  std::string cancel_after_first_response() {
    Stream stream;
    auto writer = open(stream);
    stream.on_each = [&] {
      writer.cancel();
      loop_.stop();
    };
    writer.write(output_request({31'415}, 27'182));
    wait();
    const auto after = call<Empty>(method("EmptyCall"), Empty());
    return expect(stream.sizes.size() == 1 && !stream.status && after.ok(), "not cancelled");
  }
  std::string status_code_and_message() { return check_status("test status message"); }
  std::string special_status_message() {
    return check_status(
        "\t\ntest with whitespace\r\nand Unicode BMP \xe2\x98\xba and non-BMP "
        "\xf0\x9f\x98\x88\t\n");
  }
  std::string check_status(const std::string& message);
  std::string custom_metadata();
  std::string unimplemented_method() {
    const auto response = call<Empty>(method("UnimplementedCall"), Empty());
    return expect(!response.ok() && response.error().code() == ErrorCode::kUnimplemented,
                  "not unimplemented");
  }
  std::string unimplemented_service() {
    const auto response =
        call<Empty>("grpc.testing.UnimplementedService/UnimplementedCall", Empty());
    return expect(!response.ok() && response.error().code() == ErrorCode::kUnimplemented,
                  "not unimplemented");
  }

  net::SystemLoop& loop_;
  grpc::Channel& channel_;
};

std::string Cases::client_streaming() {
  std::optional<Result<StreamingInputCallResponse>> got;
  auto writer = channel_.client_stream<StreamingInputCallRequest, StreamingInputCallResponse>(
      method("StreamingInputCall"), {}, [&](Result<StreamingInputCallResponse> response) {
        got = std::move(response);
        loop_.stop();
      });
  for (const std::size_t size : {27'182U, 8U, 1'828U, 45'904U}) {
    StreamingInputCallRequest request;
    *request.mutable_payload() = payload_of(size);
    writer.write(request);
  }
  writer.end_writes();
  wait();
  return expect(got && got->ok() && (*got)->aggregated_payload_size() == 74'922, "a wrong sum");
}

std::string Cases::ping_pong() {
  const std::vector<std::pair<int, std::size_t>> rounds{
      {31'415, 27'182}, {9, 8}, {2'653, 1'828}, {58'979, 45'904}};
  Stream stream;
  auto writer = open(stream);
  const auto send = [&] {
    const auto round = stream.sizes.size();
    if (round == rounds.size()) return writer.end_writes();
    writer.write(output_request({rounds[round].first}, rounds[round].second));
  };
  stream.on_each = send;
  send();
  wait();
  if (!stream.status || !stream.status->ok()) return "the stream failed";
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    if (stream.sizes.at(i) != static_cast<std::size_t>(rounds[i].first)) return "a wrong size";
  }
  return expect(stream.sizes.size() == rounds.size(), "a wrong count");
}

std::string Cases::check_status(const std::string& message) {
  SimpleRequest simple;
  simple.mutable_response_status()->set_code(2);
  simple.mutable_response_status()->set_message(message);
  const auto unary = call<SimpleResponse>(method("UnaryCall"), simple);
  const Error wanted(ErrorCode::kUnknown, message);
  if (unary.ok() || unary.error() != wanted) return "a wrong status of the unary call";
  if (message.starts_with('\t')) return "";
  StreamingOutputCallRequest request;
  *request.mutable_response_status() = simple.response_status();
  Stream stream;
  auto writer = open(stream);
  writer.write(request);
  writer.end_writes();
  wait();
  return expect(stream.status && !stream.status->ok() && stream.status->error() == wanted,
                "a wrong status of the stream");
}

std::string Cases::custom_metadata() {
  const std::string binary("\xab\xab\xab");
  std::string initial, trailing;
  const auto options = [&] {
    initial = trailing = "";
    grpc::CallOptions out;
    out.on_initial_metadata = [&](const grpc::Metadata& metadata) {
      initial = metadata.find("x-grpc-test-echo-initial").value_or("");
    };
    out.on_trailers = [&](const grpc::Metadata& metadata) {
      trailing = metadata.find("x-grpc-test-echo-trailing-bin").value_or("");
    };
    const bool added =
        out.metadata.add("x-grpc-test-echo-initial", "test_initial_metadata_value").ok() &&
        out.metadata.add("x-grpc-test-echo-trailing-bin", binary).ok();
    return added ? out : grpc::CallOptions();
  };
  const auto is_echoed = [&] {
    return initial == "test_initial_metadata_value" && trailing == binary;
  };
  SimpleRequest simple;
  simple.set_response_size(314'159);
  *simple.mutable_payload() = payload_of(271'828);
  const auto unary = call<SimpleResponse>(method("UnaryCall"), simple, options());
  if (!unary.ok() || !is_echoed()) return "not echoed by the unary call";
  Stream stream;
  auto writer = open(stream, options());
  writer.write(output_request({314'159}, 271'828));
  writer.end_writes();
  wait();
  return expect(stream.status && stream.status->ok() && is_echoed(), "not echoed by the stream");
}

const std::map<std::string, Cases::Case>& Cases::all() {
  static const std::map<std::string, Case> kAll{
      {"empty_unary", &Cases::empty_unary},
      {"large_unary", &Cases::large_unary},
      {"client_streaming", &Cases::client_streaming},
      {"server_streaming", &Cases::server_streaming},
      {"ping_pong", &Cases::ping_pong},
      {"empty_stream", &Cases::empty_stream},
      {"timeout_on_sleeping_server", &Cases::timeout_on_sleeping_server},
      {"cancel_after_begin", &Cases::cancel_after_begin},
      {"cancel_after_first_response", &Cases::cancel_after_first_response},
      {"status_code_and_message", &Cases::status_code_and_message},
      {"special_status_message", &Cases::special_status_message},
      {"custom_metadata", &Cases::custom_metadata},
      {"unimplemented_method", &Cases::unimplemented_method},
      {"unimplemented_service", &Cases::unimplemented_service}};
  return kAll;
}

// Dials, and handshakes when a client of TLS is there.
grpc::Connector make_connector(net::SystemLoop& loop, const Flags& flags, net::TlsClient* tls) {
  auto dial = grpc::tcp_connector(loop, flags.get("--host", "127.0.0.1"), flags.port());
  if (tls == nullptr) return dial;
  return [dial, tls](net::ConnectCallback done) {
    auto handshake = std::make_shared<net::Attempt>();
    auto connect = std::make_shared<net::Attempt>(
        dial([tls, handshake,
              done = std::move(done)](Result<std::unique_ptr<net::Stream>> stream) mutable {
          if (!stream.ok()) return done(std::move(stream));
          *handshake = tls->connect(std::move(*stream), std::move(done));
        }));
    return net::Attempt([handshake, connect] {
      connect->cancel();
      handshake->cancel();
    });
  };
}

Result<int> run(const Flags& flags) {
  const SystemClock clock;
  net::SystemLoop loop(clock);
  SeededRandom random(1);
  std::optional<net::TlsMaterialSource> source;
  std::optional<net::TlsClient> tls;
  const std::string name = flags.get("--tls-name", flags.get("--server-name", "localhost"));
  if (!flags.get("--tls-ca").empty()) {
    WARD_TRY(auto roots, crypto::parse_certificates_pem(read_text(flags.get("--tls-ca"))));
    source.emplace(net::TlsMaterial::without_identity({}));
    tls.emplace(loop, *source,
                net::TlsClientOptions{.verify = net::VerifyServerName{std::move(roots), name}});
  }
  grpc::Channel channel(loop, random, make_connector(loop, flags, tls ? &*tls : nullptr),
                        {.authority = name, .is_tls = tls.has_value()});
  Cases cases(loop, channel);
  const std::string wanted = flags.get("--case", "all");
  if (wanted != "all" && !Cases::all().contains(wanted)) {
    return invalid_argument("no case `{}`", wanted);
  }
  int failed = 0;
  for (const auto& [each, function] : Cases::all()) {
    if (wanted != "all" && wanted != each) continue;
    const std::string wrong = cases.run(each);
    fmt::print("{} {}{}{}\n", wrong.empty() ? "ok" : "not ok", each, wrong.empty() ? "" : ": ",
               wrong);
    failed += wrong.empty() ? 0 : 1;
  }
  return failed;
}

}  // namespace
}  // namespace ward::interop

int main(int argc, char** argv) {
  const auto failed = ward::interop::run(ward::interop::Flags(argc, argv));
  if (failed.ok()) return *failed == 0 ? 0 : 1;
  fmt::print(stderr, "ward_interop_client: {}\n", failed.error().text());
  return 1;
}
