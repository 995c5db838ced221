// The SPIFFE Workload API on the agent's socket (SPIFFE_Workload_API.md sections 4 to 6,
// SPIFFE_Workload_Endpoint.md): X.509 and JWT profiles.
//
// A caller is the process that connected, attested before each answer (a call that follows another
// within a second: looked at whether it is what was attested, workload_attestation.h): a long
// stream is attested again before each push, and when the process looks otherwise than it did
// (exec, setuid); it ends when the process does. What it is given is what the registrations of this
// node say for its selectors, in the order of their ids: the first is its default identity.
//
// Errors as clients know them: kInvalidArgument without `workload.spiffe.io: true` or for a missing
// field; kUnavailable while the agent has no view or the SVIDs are on their way; kPermissionDenied
// `no identity issued`, also in the middle of a stream.
//
// Loop thread. Everything it is given outlives it, and it the gRPC server.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "agent/agent_view.h"
#include "agent/jwt_cache.h"
#include "agent/svid_cache.h"
#include "agent/trust_bundles.h"
#include "agent/workload_attestation.h"
#include "agent/workload_messages.h"
#include "base/log.h"
#include "grpc/server.h"

namespace ward::agent {

inline constexpr std::chrono::seconds kSettleTimeMax{2};    // that an answer waits for SVIDs
inline constexpr std::chrono::seconds kRecheckInterval{1};  // of the processes of open streams

class WorkloadApi {
 public:
  WorkloadApi(net::Loop& loop, WorkloadAttestation& attestation, std::size_t streams_per_uid,
              Log log);
  ~WorkloadApi();

  void register_with(grpc::Server& server);

  // Before, every call is answered kUnavailable; null ends that state anew and every stream.
  void serve(const WorkloadSources* sources);

  // SVIDs, bundles or registrations changed: streams are told.
  void refresh();

  // The registrations of a peer, at least one; `done` runs now or later, once, unless this is
  // destroyed before. Errors as above.
  void identify(const net::Peer& peer, std::move_only_function<void(Result<Registrations>)> done);

  // The SPIFFE ID of the peer's first registration; otherwise as identify().
  void check_caller(const net::Peer& peer, std::move_only_function<void(Result<std::string>)> done);

  std::size_t streams() const { return streams_.size(); }

 private:
  class Stream;
  template <typename Response>
  class TypedStream;

  // Calls `done` once the peer is attested, now or later; the workload is valid during the call.
  using Attested = std::move_only_function<void(Result<const AttestedWorkload*>)>;
  void attested(const net::Peer& from, Attested done);
  // What attested() would answer at once; null: it has to look.
  const AttestedWorkload* known(const net::Peer& from);
  std::vector<const world::Registration*> entitled(const AttestedWorkload& workload) const;
  // The SPIFFE ID of the first of them, kept while the view stands still; null: there is none.
  const std::string* default_identity(const AttestedWorkload& workload);
  // Whether one more stream of this peer may begin.
  Result<void> admit(const grpc::ServerContext& context) const;
  Result<void> check_ready() const;
  void add(Stream& stream);
  void remove(Stream& stream);
  void recheck();

  template <typename Request, typename Response>
  void add_stream_method(grpc::Server& server, std::string_view method,
                         MakeResponse<Response> make);
  void register_jwt(grpc::Server& server);

  net::Loop& loop_;
  WorkloadAttestation& attestation_;
  const std::size_t streams_per_uid_;
  Log log_;
  const WorkloadSources* sources_ = nullptr;
  std::set<Stream*> streams_;
  std::map<uid_t, std::size_t> streams_of_;
  std::unordered_map<std::uint64_t, std::string> defaults_;  // by AttestedWorkload::number
  std::uint64_t defaults_at_ = 0;                            // AgentView::state()
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  net::Timer timer_;
};

}  // namespace ward::agent
