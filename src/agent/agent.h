// The composition root of ward-agent: everything a node runs, from its configuration.
//
// One thread runs the loop and owns all of it. At start the stored identity is used again if it is
// valid; else the node attests, again and again until it may. The socket is served from the first
// moment: until there is a view it answers kUnavailable.
#pragma once

#include <functional>
#include <memory>

#include "agent/attestation.h"
#include "agent/config.h"
#include "agent/enforcement.h"
#include "agent/node_identity.h"
#include "agent/node_session.h"
#include "agent/workload_api.h"
#include "base/log.h"
#include "base/random.h"
#include "grpc/health.h"
#include "grpc/server.h"
#include "http/server.h"
#include "net/listener.h"
#include "net/loop.h"
#include "os/file_system.h"

namespace ward::agent {

class Agent {
 public:
  // What an agent is given; outlives it.
  struct Surroundings {
    net::SystemLoop& loop;
    Random& random;
    os::FileSystem& files;
  };

  // Opens the data directory and the socket, and begins. Errors: what is wrong with either, with
  // the trust bundle, or with how the node is to prove itself.
  static Result<std::unique_ptr<Agent>> start(AgentConfig config, Surroundings surroundings,
                                              Log log);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Called once, later, when the agent is first ready to serve workloads.
  void on_ready(std::function<void()> ready) { ready_ = std::move(ready); }

  // Takes nothing new, lets calls in progress end, closes the log; then calls `done`.
  void shut_down(std::function<void()> done);

  // Null until the node has an identity.
  NodeSession* session() { return session_.get(); }
  WorkloadApi& workload_api() { return workload_api_; }

 private:
  Agent(AgentConfig config, Surroundings surroundings, Log log);

  Result<void> open();
  Result<void> listen();
  void attest();
  void attest_later(const Error& why);
  Result<std::unique_ptr<attest::NodeProver>> make_prover() const;
  Result<void> begin_attestation();
  void on_attested(Result<Attested> attested);
  Result<void> begin_session(NodeIdentity identity, spiffe::X509Bundle bundle);
  void end_session();
  void on_changed();

  const AgentConfig config_;
  Surroundings surroundings_;
  Log log_;
  NodeIdentityStore store_;
  WorkloadAttestation workload_attestation_;
  grpc::HealthService health_;
  WorkloadApi workload_api_;
  Enforcement enforcement_;
  grpc::Server grpc_server_;
  http::Router router_;
  std::unique_ptr<http::Server> http_server_;
  std::unique_ptr<net::Listener> listener_;
  std::optional<net::TlsMaterialSource> first_material_;
  std::unique_ptr<Attestation> attestation_;
  std::unique_ptr<NodeSession> session_;
  std::chrono::milliseconds pause_{0};
  std::function<void()> ready_;
  bool has_started_ = false;  // there has been a view
  bool is_ending_ = false;
  net::Timer timer_;
  net::Timer startup_;
};

}  // namespace ward::agent
