// ward.node.v1.NodeAttestation: a node proves what it is and gets its first credential.
//
// The order: key proofs, then the attestor's conversation (attest/node_attestor.h), then one group
// of facts (what the proof rests on, and the node), then the evidence, then the credential. So of
// two who show one join token at the same time the journal admits one.
//
// Loop thread. Everything it is given outlives it, and it the gRPC server it is registered with.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "attest/node_attestor.h"
#include "base/log.h"
#include "grpc/server.h"
#include "server/authority_keeper.h"
#include "server/recorder.h"

namespace ward::server {

inline constexpr std::size_t kAttestationsMax = 256;  // conversations at once
inline constexpr std::chrono::seconds kAttestationTimeout{10};

class NodeAttestationService {
 public:
  NodeAttestationService(ControlPlane& plane, AuthorityKeeper& authority, Recorder& recorder,
                         net::Loop& loop, Log log);

  void add(std::unique_ptr<attest::NodeAttestor> attestor);
  void register_with(grpc::Server& server);

 private:
  class Conversation;
  friend class Conversation;

  ControlPlane& plane_;
  AuthorityKeeper& authority_;
  Recorder& recorder_;
  net::Loop& loop_;
  Log log_;
  std::map<std::string, std::unique_ptr<attest::NodeAttestor>, std::less<>> attestors_;
  std::size_t conversations_ = 0;
};

}  // namespace ward::server
