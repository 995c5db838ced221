// How a node proves what it is: one interface for every kind of proof, as a sans-I/O conversation.
//
//   node:    NodeProver::payload()           server:  NodeAttestation::start(payload) -> step
//   node:    NodeProver::answer(challenge)   server:  NodeAttestation::respond(answer) -> step ...
//
// A step is a challenge to send, or the identity of the node. The server carries the bytes
// (api/ward/node/v1/node.proto, Attest), appends the facts that the identity rests on, and only
// then issues a credential. Bounds and the order of steps are enforced here, once, for all kinds.
//
// Every kind passes attest/testing/node_attestor_suite.h.
#pragma once

#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "attest/selectors.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "spiffe/id.h"
#include "world/fact.h"
#include "world/world.h"

namespace ward::attest {

inline constexpr std::size_t kNodePayloadBytesMax = std::size_t{64} << 10;
inline constexpr std::size_t kNodeChallengeBytesMax = std::size_t{64} << 10;
inline constexpr std::size_t kNodeAnswerBytesMax = std::size_t{64} << 10;
inline constexpr int kNodeChallengesMax = 4;

// What a conversation is about. Both sides know all of it before the first message, and a proof by
// signature covers it, so that a proof carried over to another conversation is worth nothing.
struct NodeConversation {
  spiffe::TrustDomain trust_domain;
  crypto::Sha256Digest agent_key;  // of the SubjectPublicKeyInfo that the credential shall certify
};

struct NodeChallenge {
  Bytes bytes;
};

struct NodeIdentity {
  spiffe::SpiffeId id;
  Selectors selectors;
  bool is_reattestable = false;  // whether the same proof may be shown again later
  // To be appended in one group before the identity holds, expecting the revision of the world that
  // the conversation looked at or any later one at which they are admissible. If the journal
  // refuses one of them the attestation has failed.
  std::vector<world::FactBody> facts;
};

using NodeStep = std::variant<NodeChallenge, NodeIdentity>;

// `spiffe://TD/ward/agent/ATTESTOR/ID`. kInvalidArgument when the parts make no SPIFFE ID.
Result<spiffe::SpiffeId> agent_id(const spiffe::TrustDomain& trust_domain,
                                  std::string_view attestor, std::string_view id);

// The server's side of one conversation. One thread.
//
// Errors end it: kInvalidArgument, malformed or over a bound; kUnauthenticated, not proved;
// kFailedPrecondition, a step out of order or after the end. Messages are for the server's log and
// are safe to send: they hold no secret and do not tell an unproved node what the server knows.
class NodeAttestation {
 public:
  virtual ~NodeAttestation() = default;
  NodeAttestation(const NodeAttestation&) = delete;
  NodeAttestation& operator=(const NodeAttestation&) = delete;

  Result<NodeStep> start(ByteView payload);   // first, once
  Result<NodeStep> respond(ByteView answer);  // after each challenge

 protected:
  NodeAttestation() = default;

 private:
  // Called in order, with bytes within the bounds.
  virtual Result<NodeStep> do_start(ByteView payload) = 0;
  virtual Result<NodeStep> do_respond(ByteView answer) = 0;
  Result<NodeStep> follow(Result<NodeStep> step);

  enum class State : std::uint8_t { kNew, kChallenged, kOver };
  State state_ = State::kNew;
  int challenges_ = 0;
};

// One kind of proof on the server. Any thread may begin conversations.
class NodeAttestor {
 public:
  virtual ~NodeAttestor() = default;
  virtual std::string_view name() const = 0;  // `join_token`: AttestBegin.attestor
  // `world` is what is true when the conversation begins; `now` the time for expiry and validity.
  virtual std::unique_ptr<NodeAttestation> begin(const NodeConversation& conversation,
                                                 const world::World& world, WallTime now) const = 0;
};

// The node's side of one conversation. One thread. Errors: the proof cannot be made, or the
// challenge is not one of this attestor.
class NodeProver {
 public:
  virtual ~NodeProver() = default;
  virtual std::string_view attestor() const = 0;
  virtual Result<Bytes> payload() = 0;
  virtual Result<Bytes> answer(const NodeConversation& conversation, ByteView challenge) = 0;
};

}  // namespace ward::attest
