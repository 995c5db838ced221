// ward.node.v1.NodeControl: the stream of a node (docs/rooms/server.md tells the order of
// messages), and the way its evidence takes.
//
// Loop thread. Everything it is given outlives it, and it the gRPC server it is registered with.
#pragma once

#include "base/log.h"
#include "grpc/server.h"
#include "net/worker.h"
#include "server/distribution.h"
#include "server/evidence_mirrors.h"
#include "server/issuer.h"
#include "server/node_access.h"
#include "server/recorder.h"

namespace ward::server {

inline constexpr std::size_t kAskNamesMax = 64;
inline constexpr std::size_t kHelloNamesMax = kNamesPerViewMax / 2;
inline constexpr std::size_t kIssuancesPendingMax = 4096;  // of one stream
// What a node that does not read may make the server keep, before its stream is ended.
inline constexpr std::size_t kUnsentBytesMax = 64 << 20;
inline constexpr std::size_t kAgentVersionBytesMax = 128;
inline constexpr std::size_t kShipmentsWaitingMax = 256;          // of a stream one at a time
inline constexpr std::size_t kAcknowledgementsWaitingMax = 8192;  // to be verified

class NodeControlService {
 public:
  struct Parts {
    ControlPlane& plane;
    AuthorityKeeper& authority;
    Distribution& distribution;
    RevocationTracker& revocations;
    NodeAccess& access;
    Recorder& recorder;
    EvidenceMirrors& mirrors;  // from here on the shipments' thread has it
    net::Loop& loop;
  };

  NodeControlService(Parts parts, Log log);

  void register_with(grpc::Server& server);

 private:
  class Session;
  class Shipping;
  void note_authentication(const NodeCaller& caller);

  Parts parts_;
  Issuer issuer_;
  Log log_;
  // Last: the jobs of the one use the mirrors.
  net::Worker shipments_;
  // Those of the other use nothing. A revocation that all nodes hold is acknowledged by all of them
  // at once, and the loop has what they say to read meanwhile.
  net::Worker acknowledgements_;
};

}  // namespace ward::server
