// A server and an agent as they ship, in a temporary directory: real processes from the folder of
// the benchmark's own binary, on loopback and Unix sockets.
//
// The benchmark itself is the workload that the agent knows, by its uid. What goes wrong ends the
// benchmark with a message: there is nothing to measure then.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "grpc/client.h"
#include "net/loop.h"
#include "os/child.h"
#include "os/random.h"
#include "ward/fact/v1/fact.pb.h"

namespace ward::bench {

// Ends the benchmark.
[[noreturn]] void give_up(const std::string& why);

// A channel over a Unix socket whose calls wait for their answers.
class Client {
 public:
  explicit Client(std::string socket);

  template <grpc::Message Response, grpc::Message Request>
  Result<Response> call(std::string_view method, const Request& request,
                        grpc::CallOptions options = {.timeout = std::chrono::seconds{10}}) {
    std::optional<Result<Response>> answer;
    const grpc::PendingCall pending = channel_.unary<Request, Response>(
        method, request, std::move(options), [&](Result<Response> got) {
          answer.emplace(std::move(got));
          loop_.stop();
        });
    loop_.run();
    WARD_CHECK(answer.has_value());
    return std::move(*answer);
  }

 private:
  SystemClock clock_;
  os::SystemRandom random_;
  net::SystemLoop loop_{clock_};
  grpc::Channel channel_;
};

class Deployment {
 public:
  static constexpr const char* kCaller = "spiffe://example.org/bench";  // this process

  // With so many identities in the registry besides the caller's, which may `read` the resources
  // Record::"0" to "9". Up when it returns: the caller has its SVIDs.
  explicit Deployment(int identities);
  ~Deployment();
  Deployment(const Deployment&) = delete;
  Deployment& operator=(const Deployment&) = delete;

  const std::string& agent_socket() const { return agent_socket_; }
  pid_t agent_pid() const { return agent_->pid(); }
  pid_t server_pid() const { return server_->pid(); }

  // The caller's X.509-SVID as PEM, fetched by the `ward` command from the agent.
  std::string caller_certificates();

 private:
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  os::Child start(const std::string& program);
  void write_server_config();
  void write_agent_config(const std::string& token);
  void submit(std::vector<fact::v1::Fact> facts);
  void fill_registry(int identities);
  void publish_policies();
  bool is_attested();
  std::string bundle();
  std::string join_token();

  std::string bin_;
  std::string directory_ = "/tmp/ward-bench.XXXXXX";
  std::string agent_socket_;
  std::uint16_t port_ = 0;
  std::optional<os::Child> server_;
  std::optional<os::Child> agent_;
  std::unique_ptr<Client> admin_;
};

// A size in /proc/PID/status, as in `VmRSS:`.
double memory_mib(pid_t pid, std::string_view field);

}  // namespace ward::bench
