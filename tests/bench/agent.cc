// A real agent: what it holds in memory when idle, and how soon a workload has a cached JWT-SVID
// from it, beside a bare gRPC method of ours that answers the same bytes.
#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "grpc/server.h"
#include "spiffe/workload/workloadapi.pb.h"
#include "tests/bench/deployment.h"
#include "tests/bench/echo_process.h"
#include "tests/bench/row.h"

namespace ward::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int kIdentities = 1000;
constexpr const char* kFetchJwt = "SpiffeWorkloadAPI/FetchJWTSVID";

// Each call is timed by itself, as a workload meets it.
class Fetches {
 public:
  explicit Fetches(std::string socket) : client_(std::move(socket)) {
    request_.add_audience("records");
    WARD_CHECK(options_.metadata.add("workload.spiffe.io", "true").ok());
  }

  JWTSVIDResponse fetch() {
    auto response = client_.call<JWTSVIDResponse>(kFetchJwt, request_, options_);
    if (!response.ok())
      give_up(fmt::format("FetchJWTSVID {}: {}", ms_.size(), response.error().text()));
    return std::move(*response);
  }

  void run(int count) {
    for (int i = 0; i < count; ++i) {
      const auto start = SteadyClock::now();
      const JWTSVIDResponse response = fetch();
      const std::chrono::duration<double, std::milli> took = SteadyClock::now() - start;
      if (response.svids_size() != 1) give_up("expected one JWT-SVID");
      ms_.push_back(took.count());
    }
  }

  double percentile_ms(std::size_t percent) {
    std::ranges::sort(ms_);
    return ms_[ms_.size() * percent / 100];
  }

 private:
  Client client_;
  grpc::CallOptions options_{.timeout = 10s};
  JWTSVIDRequest request_;
  std::vector<double> ms_;
};

void measure_cached_jwt(const Deployment& deployment, bool is_quick) {
  Fetches ward(deployment.agent_socket());
  const JWTSVIDResponse cached = ward.fetch();  // signed by the server; cached from here on
  const EchoProcess echo(
      deployment.agent_socket() + ".echo", [&cached](net::SystemLoop& loop, http::Router& router) {
        static grpc::Server service(loop);
        service.unary<JWTSVIDRequest, JWTSVIDResponse>(
            kFetchJwt, [&cached](const JWTSVIDRequest&, grpc::UnaryReply<JWTSVIDResponse> reply) {
              reply.finish(cached);
            });
        service.mount(router);
      });
  Fetches bare(echo.path());
  const int rounds = is_quick ? 20 : 100;
  for (int i = 0; i < rounds; ++i) {
    bare.run(100);
    ward.run(100);
  }
  print_row({.name = "agent/cached_jwt_svid/p50",
             .value = ward.percentile_ms(50),
             .unit = "ms",
             .limit = bare.percentile_ms(50),
             .peer = 0.7,
             .goal = at_most(0.1)});
  print_row({
      .name = "agent/cached_jwt_svid/p99",
      .value = ward.percentile_ms(99),
      .unit = "ms",
      .limit = bare.percentile_ms(99),
  });
}

void run(bool is_quick) {
  const Deployment deployment(kIdentities);
  std::this_thread::sleep_for(is_quick ? 1500ms : 3s);  // past the agent's start
  print_row({.name = "agent/idle_rss",
             .value = memory_mib(deployment.agent_pid(), "VmRSS:"),
             .unit = "MiB",
             .peer = 60,
             .goal = at_most(15)});
  // The rest are pages of program and library files, most of them shared.
  print_row({.name = "agent/idle_rss/anonymous",
             .value = memory_mib(deployment.agent_pid(), "RssAnon:"),
             .unit = "MiB"});
  measure_cached_jwt(deployment, is_quick);
}

}  // namespace
}  // namespace ward::bench

int main(int argc, char** argv) {
  ward::bench::run(ward::bench::is_quick(argc, argv));
}
