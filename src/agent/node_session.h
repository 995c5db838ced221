// All that an agent has and does while the node has one identity: evidence log, view, stream to the
// server, SVIDs, judge. It ends when the identity does.
//
// Loop thread. Everything it is given outlives it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/acknowledger.h"
#include "agent/agent_judge.h"
#include "agent/agent_view.h"
#include "agent/config.h"
#include "agent/evidence_shipper.h"
#include "agent/jwt_cache.h"
#include "agent/name_requests.h"
#include "agent/node_identity.h"
#include "agent/node_renewal.h"
#include "agent/recorder.h"
#include "agent/server_link.h"
#include "agent/state_keeper.h"
#include "agent/svid_cache.h"
#include "agent/trust_bundles.h"
#include "agent/witness_pin.h"
#include "agent/workload_messages.h"
#include "net/tls/material.h"

namespace ward::agent {

inline constexpr std::string_view kAgentVersion = "ward-agent/0.1";

// What every session of an agent shares.
struct SessionParts {
  const AgentConfig& config;
  net::SystemLoop& loop;
  Random& random;
  os::FileSystem& files;
  NodeIdentityStore& store;
  Log log;
  std::function<void()> changed;  // what workloads are given may have changed
  std::function<void()> expired;  // the identity is over; called from a timer
};

class NodeSession {
 public:
  // Errors of the evidence log, of the key-encryption key, of the witness's key and of the
  // material. A state that cannot be gone on from is none: it is logged, and the node begins
  // without.
  static Result<std::unique_ptr<NodeSession>> open(SessionParts parts, NodeIdentity identity,
                                                   spiffe::X509Bundle bundle);
  ~NodeSession();
  NodeSession(const NodeSession&) = delete;
  NodeSession& operator=(const NodeSession&) = delete;

  const WorkloadSources& sources() const { return sources_; }
  AgentView& view() { return view_; }
  ServerLink& link() { return link_; }
  SvidCache& svids() { return svids_; }
  AgentJudge& judge() { return judge_; }
  const NodeIdentity& identity() const { return renewal_.identity(); }

  // A last record, and the last state is kept; the log is signed and closed when this goes.
  void stop(std::string_view reason);

 private:
  struct Opened;
  NodeSession(SessionParts parts, NodeIdentity identity, spiffe::X509Bundle bundle, Opened opened);
  void restore(SavedState saved);
  void publish_material(const NodeIdentity& identity, const spiffe::X509Bundle& bundle);
  void begin_evidence();

  SessionParts parts_;
  spiffe::X509Bundle bundle_;
  net::TlsMaterialSource material_;
  std::unique_ptr<authority::KeySealer> sealer_;
  std::unique_ptr<evidence::EvidenceLog> evidence_;
  WitnessPin witness_;
  AgentView view_;
  Recorder recorder_;
  ServerLink link_;
  NameRequests names_;
  // These observe the view, in this order.
  TrustBundles bundles_;
  SvidCache svids_;
  JwtCache jwts_;
  decide::Decider decider_;
  AgentJudge judge_;
  NodeRenewal renewal_;
  Acknowledger acknowledger_;
  EvidenceShipper shipper_;
  StateKeeper keeper_;
  WorkloadSources sources_;
  bool has_begun_ = false;
};

// Where the evidence of a node is: logs of different identities are different logs.
std::string evidence_directory(const std::string& data_dir, const std::string& origin);
// Where the sealed values of its records are.
std::string values_directory(const std::string& data_dir, const std::string& origin);

}  // namespace ward::agent
