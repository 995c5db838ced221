// The enforcement points on the agent's socket: AuthZEN and nginx's auth_request.
//
// Who asks is a process of this machine with at least one registration on this node, as for the
// Workload API. Questions go to the judge of the session that stands; without one they are denied.
//
// Loop thread. Everything it is given outlives it.
#pragma once

#include <optional>

#include "agent/config.h"
#include "agent/node_session.h"
#include "agent/workload_api.h"
#include "decide/judge.h"
#include "enforce/auth_request.h"
#include "enforce/authzen.h"
#include "enforce/caller.h"

namespace ward::agent {

class Enforcement final : private decide::Judge,
                          private enforce::CallerCheck,
                          private enforce::TrustSource {
 public:
  Enforcement(WorkloadApi& workloads, const Clock& clock) : workloads_(workloads), clock_(clock) {}

  // What the configuration asks for. kInvalidArgument when its names do not hold.
  Result<void> mount(const AgentConfig& config, http::Router& router);

  void serve(NodeSession* session) { session_ = session; }  // null: none stands

 private:
  void judge(decide::Question question, decide::Judge::Answer answer) override;
  void check(const net::Peer& peer, std::string_view authorization,
             enforce::CallerCheck::Answer answer) override;
  const spiffe::X509BundleSet& x509_bundles() const override;
  const spiffe::JwtBundleSet& jwt_bundles() const override;

  WorkloadApi& workloads_;
  const Clock& clock_;
  NodeSession* session_ = nullptr;
  const spiffe::X509BundleSet no_x509_ = {};
  const spiffe::JwtBundleSet no_jwt_ = {};
  std::optional<enforce::AuthzenApi> authzen_;
  std::optional<enforce::AuthRequestPoint> auth_request_;
};

}  // namespace ward::agent
