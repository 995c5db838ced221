// Programs as they are run: a ward-server in a folder of its own, its admin socket, and agents that
// are processes too. For benchmarks: what fails here ends the program with a message.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "grpc/client.h"
#include "net/loop.h"
#include "os/child.h"
#include "os/file_system.h"
#include "os/random.h"
#include "ward/admin/v1/admin.pb.h"

namespace ward::bench {

namespace admin = ward::admin::v1;
namespace fact = ward::fact::v1;

inline constexpr const char* kOwner = "team:bench";

// CPU time that every thread of a process has used so far, user and system, in seconds.
double process_cpu_seconds(pid_t pid);
double thread_cpu_seconds();  // of the calling thread

// VmRSS of a process in MiB.
double resident_mib(pid_t pid);

// The p-th fraction of the samples, by nearest rank.
double percentile(std::vector<double> samples, double p);

// A ward-agent that attested with a join token.
class AgentProcess {
 public:
  AgentProcess(os::Child child, std::string id, std::string socket)
      : child_(std::move(child)), id_(std::move(id)), socket_(std::move(socket)) {}
  pid_t pid() const { return child_.pid(); }
  const std::string& id() const { return id_; }          // SPIFFE ID of the node
  const std::string& socket() const { return socket_; }  // its Workload API

 private:
  os::Child child_;
  std::string id_;
  std::string socket_;
};

class Fleet {
 public:
  // Starts the server of this program's folder; returns once it answers.
  Fleet();
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  net::SystemLoop& loop() { return loop_; }
  os::SystemRandom& random() { return random_; }
  os::SystemFileSystem& files() { return files_; }
  pid_t server_pid() const { return server_->pid(); }
  std::uint16_t port() const { return port_; }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  // Runs the loop until `holds`, which is asked again after each event that calls wake().
  void run_until(const std::function<bool()>& holds);
  void wake() { loop_.stop(); }

  // One call of the Admin service.
  template <typename Response, typename Request>
  Response call(const std::string& method, const Request& request) {
    std::optional<Result<Response>> result;
    const auto pending =
        admin_->unary<Request, Response>("ward.admin.v1.Admin/" + method, request,
                                         {.wait_for_ready = true}, [&](Result<Response> response) {
                                           result.emplace(std::move(response));
                                           wake();
                                         });
    run_until([&] { return result.has_value(); });
    if (!result->ok()) die(result->error().in(method));
    return *std::move(*result);
  }
  template <typename Request>
  void submit(const Request& request) {
    call<admin::SubmitResponse>("Submit", request);
  }

  // A join token for each of the nodes, asked for together.
  std::vector<std::string> join_tokens(const std::vector<std::string>& nodes);
  std::vector<std::string> authorities();  // DER

  // Together; returns when all have their streams. `parent` is where their folders are made.
  std::vector<AgentProcess> start_agents(int count, const std::string& parent);
  std::vector<AgentProcess> start_agents(int count) { return start_agents(count, directory_); }

  // A folder in memory, for agents whose disks are not what is measured.
  const std::string& memory();

  [[noreturn]] static void die(const Error& error);

 private:
  AgentProcess start_agent(const std::string& folder, const std::string& name,
                           const std::string& id, const std::string& token);
  void await_connected(std::size_t nodes);

  SystemClock clock_;
  os::SystemRandom random_;
  os::SystemFileSystem files_;
  net::SystemLoop loop_{clock_};
  std::string programs_;  // folder
  std::string directory_;
  std::string memory_;  // folder; empty: not asked for
  int agents_ = 0;      // started so far
  std::uint16_t port_ = 0;
  std::optional<os::Child> server_;
  std::unique_ptr<grpc::Channel> admin_;
};

// Facts of an active workload identity, and of a registration whose id is the identity's last part.
void add_identity(admin::SubmitRequest& request, const std::string& id);
void add_registration(admin::SubmitRequest& request, const std::string& id,
                      const std::string& identity, const std::string& parent,
                      const std::string& selector);
void add_owner(admin::SubmitRequest& request);

}  // namespace ward::bench
