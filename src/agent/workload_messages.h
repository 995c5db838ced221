// What the Workload API answers, made of what the agent holds. Private to the room.
#pragma once

#include <vector>

#include "agent/agent_view.h"
#include "agent/jwt_cache.h"
#include "agent/svid_cache.h"
#include "agent/trust_bundles.h"
#include "codec/json.h"
#include "spiffe/jwt_svid.h"

class X509SVIDResponse;
class X509BundlesResponse;
class JWTBundlesResponse;
class JWTSVIDResponse;
class ValidateJWTSVIDResponse;

namespace ward::agent {

inline constexpr std::size_t kHintBytesMax = 1024;  // SPIFFE_Workload_API.md 5.2.1

// What the API serves from, once the node has an identity.
struct WorkloadSources {
  AgentView& view;
  SvidCache& svids;
  JwtCache& jwts;
  TrustBundles& bundles;
};

// Of one workload, by id.
using Registrations = std::vector<world::Registration>;

// Known, text for clients (rust-spiffe looks for these words).
Error no_identity();

// A response, or kUnavailable when there is nothing to put into it yet. `is_settled` is set to
// false when more is on its way.
template <typename Response>
using MakeResponse = Result<Response> (*)(const WorkloadSources& sources,
                                          const Registrations& registrations, bool& is_settled);

Result<X509SVIDResponse> make_x509_svids(const WorkloadSources& sources,
                                         const Registrations& registrations, bool& is_settled);
Result<X509BundlesResponse> make_x509_bundles(const WorkloadSources& sources,
                                              const Registrations& registrations, bool& is_settled);
Result<JWTBundlesResponse> make_jwt_bundles(const WorkloadSources& sources,
                                            const Registrations& registrations, bool& is_settled);

// The hint of each registration: of two that are the same the later is left out, and so is one over
// the bound.
std::vector<std::string> unique_hints(const Registrations& registrations);

// The claims of a token that was verified. kUnauthenticated when the view knows it, or whom it
// speaks for, to be revoked.
Result<ValidateJWTSVIDResponse> make_validated(const WorkloadSources& sources,
                                               const spiffe::JwtSvid& svid);

}  // namespace ward::agent
