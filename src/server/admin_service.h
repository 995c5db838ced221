// ward.admin.v1.Admin: what people and automation ask of the server.
//
// Who asks is the identity that the configuration gives the uid at the other end of the admin
// socket, or the SPIFFE ID of an X.509-SVID over mTLS. Each call is a question to the judge
// (resource: Ward::Server of the trust domain) before it is anything else, and what changes
// something leaves a command record in evidence.
//
// Loop thread. Everything it is given outlives it, and it the gRPC server it is registered with.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/log.h"
#include "grpc/server.h"
#include "os/file_system.h"
#include "server/authority_keeper.h"
#include "server/distribution.h"
#include "server/recorder.h"
#include "server/server_judge.h"
#include "server/signing_keys.h"

namespace ward::server {

inline constexpr std::size_t kSubmitFactsMax = 1000;
inline constexpr std::uint32_t kPageSizeDefault = 100;
inline constexpr std::uint32_t kPageSizeMax = 1000;
inline constexpr std::chrono::seconds kJoinTokenTtlDefault{600};
inline constexpr std::chrono::seconds kJoinTokenTtlMax{86'400};
inline constexpr std::chrono::milliseconds kRevokeTimeoutDefault{5'000};
inline constexpr std::chrono::milliseconds kRevokeTimeoutMax{60'000};

struct AdminOptions {
  spiffe::TrustDomain trust_domain;
  std::string version;
  std::map<uid_t, std::string> operators;  // SPIFFE IDs
  std::chrono::milliseconds staleness{5000};
  std::string data_dir;  // receipts/ and journal.checkpoint are kept there
};

class AdminService {
 public:
  struct Parts {
    ControlPlane& plane;
    AuthorityKeeper& authority;
    Distribution& distribution;
    RevocationTracker& revocations;
    Recorder& recorder;
    ServerJudge& judge;
    const SigningKeys& signing;
    os::FileSystem& files;
    Random& random;
    net::Loop& loop;
  };

  AdminService(Parts parts, AdminOptions options, Log log);
  ~AdminService();
  AdminService(const AdminService&) = delete;
  AdminService& operator=(const AdminService&) = delete;

  void register_with(grpc::Server& server);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace ward::server
