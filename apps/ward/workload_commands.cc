// A workload's side of the SPIFFE Workload API: for scripts, and to look at what an agent gives to
// whom.
#include <optional>

#include "codec/base64.h"
#include "codec/pem.h"
#include "crypto/x509.h"
#include "grpc/client.h"
#include "net/loop.h"
#include "os/environment.h"
#include "os/file_system.h"
#include "os/random.h"
#include "spiffe/workload/workloadapi.pb.h"
#include "ward/commands.h"

namespace ward::cli {
namespace {

constexpr std::chrono::seconds kTimeout{10};

// One call to the agent's socket; the header that SPIFFE_Workload_Endpoint.md 3 asks for is set.
class AgentCall {
 public:
  explicit AgentCall(const std::string& socket)
      : channel_(loop_, random_, grpc::unix_connector(loop_, socket), grpc::ChannelOptions{}) {}

  template <grpc::Message Response, grpc::Message Request>
  Result<Response> unary(std::string_view method, const Request& request) {
    WARD_TRY(grpc::CallOptions options, call_options());
    std::optional<Result<Response>> answer;
    const grpc::PendingCall call = channel_.unary<Request, Response>(
        path_of(method), request, std::move(options), [&](Result<Response> got) {
          answer.emplace(std::move(got));
          loop_.stop();
        });
    loop_.run();
    return std::move(*answer);
  }

  // The first message of a stream, which holds the full set.
  template <grpc::Message Response, grpc::Message Request>
  Result<Response> first(std::string_view method, const Request& request) {
    struct Reader final : grpc::ResponseReader<Response> {
      explicit Reader(net::Loop& to_stop) : loop(to_stop) {}
      void on_message(Response& message) override {
        if (!answer) answer.emplace(std::move(message));
        loop.stop();
      }
      void on_done(const Result<void>& status) override {
        if (!answer) {
          answer.emplace(
              status.ok() ? make_error(ErrorCode::kInternal, "the stream ended without a message")
                          : status.error());
        }
        loop.stop();
      }
      net::Loop& loop;
      std::optional<Result<Response>> answer;
    };
    WARD_TRY(grpc::CallOptions options, call_options());
    Reader reader(loop_);
    const grpc::PendingCall call = channel_.server_stream<Request, Response>(
        path_of(method), request, std::move(options), reader);
    loop_.run();
    return std::move(*reader.answer);
  }

 private:
  static std::string path_of(std::string_view method) {
    return fmt::format("SpiffeWorkloadAPI/{}", method);
  }
  static Result<grpc::CallOptions> call_options() {
    grpc::CallOptions options;
    options.timeout = kTimeout;
    WARD_RETURN_IF_ERROR(options.metadata.add("workload.spiffe.io", "true"));
    return options;
  }

  SystemClock clock_;
  os::SystemRandom random_;
  net::SystemLoop loop_{clock_};
  grpc::Channel channel_;
};

// SPIFFE_Workload_Endpoint.md 4: without an address the one in the environment; a `unix` URI has a
// path and no authority. A plain path is taken, too; an agent of ours has no TCP endpoint.
Result<std::string> socket_path(std::string address) {
  constexpr std::string_view kUnix = "unix://";
  if (address.empty()) {
    address = os::Environment::of_process().get("SPIFFE_ENDPOINT_SOCKET").value_or("");
  }
  if (address.empty()) return std::string("/run/ward/agent.sock");
  const bool is_uri = address.starts_with(kUnix);
  std::string path = is_uri ? address.substr(kUnix.size()) : address;
  if (is_uri ? path.starts_with('/') : path.find(':') == std::string::npos) return path;
  return invalid_argument("the agent's socket: expected a path or `unix:///PATH`, got `{}`",
                          address);
}

// svid.pem, key.pem (0600) and bundle.pem of the default identity.
Result<void> write_svid(const X509SVID& svid, const std::string& directory) {
  os::SystemFileSystem files;
  WARD_RETURN_IF_ERROR(files.create_directory(directory, 0755));
  WARD_TRY(const auto chain, crypto::parse_certificates_der(as_bytes(svid.x509_svid())));
  WARD_TRY(const auto bundle, crypto::parse_certificates_der(as_bytes(svid.bundle())));
  const std::string key = codec::write_pem("PRIVATE KEY", as_bytes(svid.x509_svid_key()));
  WARD_RETURN_IF_ERROR(files.write_file(directory + "/svid.pem",
                                        as_bytes(crypto::print_certificates_pem(chain)), 0644));
  WARD_RETURN_IF_ERROR(files.write_file(directory + "/key.pem", as_bytes(key), 0600));
  return files.write_file(directory + "/bundle.pem",
                          as_bytes(crypto::print_certificates_pem(bundle)), 0644);
}

}  // namespace

Result<int> workload_x509(const Common&, const WorkloadFlags& flags) {
  WARD_TRY(const std::string socket, socket_path(flags.socket));
  AgentCall call(socket);
  WARD_TRY(const auto response, call.first<X509SVIDResponse>("FetchX509SVID", X509SVIDRequest()));
  for (const X509SVID& svid : response.svids()) {
    WARD_TRY(const auto chain, crypto::parse_certificates_der(as_bytes(svid.x509_svid())));
    const auto until = std::chrono::duration_cast<std::chrono::microseconds>(
        chain.front().info().not_after.time_since_epoch());
    print_line(fmt::format("{}  until {}{}", printable(svid.spiffe_id()), time_text(until.count()),
                           svid.hint().empty() ? "" : "  " + printable(svid.hint())));
  }
  if (!flags.directory.empty())
    WARD_RETURN_IF_ERROR(write_svid(response.svids(0), flags.directory));
  return kExitOk;
}

Result<int> workload_jwt(const Common& common, const WorkloadFlags& flags) {
  JWTSVIDRequest request;
  for (const std::string& audience : flags.audience) request.add_audience(audience);
  request.set_spiffe_id(flags.spiffe_id);
  WARD_TRY(const std::string socket, socket_path(flags.socket));
  AgentCall call(socket);
  WARD_TRY(const auto response, call.unary<JWTSVIDResponse>("FetchJWTSVID", request));
  if (common.format == Format::kJson) {
    WARD_TRY(const std::string json, to_json(response));
    print_line(json);
    return kExitOk;
  }
  for (const JWTSVID& svid : response.svids()) {
    print_line(flags.is_quiet ? svid.svid()
                              : fmt::format("{}  {}", printable(svid.spiffe_id()), svid.svid()));
  }
  return kExitOk;
}

Result<int> workload_validate(const Common& common, const WorkloadFlags& flags) {
  ValidateJWTSVIDRequest request;
  if (flags.audience.size() != 1)
    return invalid_argument("expected one --audience, got {}", flags.audience.size());
  request.set_audience(flags.audience.front());
  request.set_svid(flags.token);
  WARD_TRY(const std::string socket, socket_path(flags.socket));
  AgentCall call(socket);
  WARD_TRY(const auto response, call.unary<ValidateJWTSVIDResponse>("ValidateJWTSVID", request));
  if (common.format == Format::kTable) {
    print_line(printable(response.spiffe_id()));
    return kExitOk;
  }
  WARD_TRY(const std::string json, to_json(response));
  print_line(json);
  return kExitOk;
}

}  // namespace ward::cli
