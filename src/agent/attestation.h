// One attestation: the node proves itself and gets an identity (node.proto, NodeAttestation).
//
// Loop thread. Everything it is given outlives it. Destroying it ends the conversation without a
// callback; not from within the callback, which runs while the conversation still stands.
#pragma once

#include <functional>
#include <memory>

#include "agent/node_identity.h"
#include "attest/node_attestor.h"
#include "base/random.h"
#include "grpc/client.h"
#include "net/loop.h"

namespace ward::agent {

inline constexpr std::chrono::seconds kAttestationTimeout{30};

struct Attested {
  NodeIdentity identity;
  spiffe::X509Bundle bundle;
  std::uint64_t revision = 0;  // at which the node stands in the journal
};

// What a conversation is about, beside the proof.
struct AttestationSubject {
  spiffe::TrustDomain trust_domain;
  crypto::PrivateKey key;           // P-256, new
  crypto::PrivateKey evidence_key;  // Ed25519
};

class Attestation {
 public:
  using Done = std::move_only_function<void(Result<Attested>)>;

  // Begins at once; `done` runs later, once. Errors: the server's, or kInvalidArgument when what it
  // gave is not an identity of this node's key.
  Attestation(net::Loop& loop, Random& random, grpc::Connector connector,
              std::unique_ptr<attest::NodeProver> prover, AttestationSubject subject, Done done);
  ~Attestation();

 private:
  class Conversation;
  std::unique_ptr<Conversation> conversation_;
};

}  // namespace ward::agent
