// The join token: a secret that an operator makes for one node and that works once, before it
// expires. For nodes that have nothing else to prove themselves with.
//
// The world holds only its SHA-256. Using it is a fact (JoinTokenConsumed) that the journal admits
// once, so of many uses at the same time exactly one succeeds: that is decided by the append, not
// by a look beforehand. An unknown, an expired and a used token get one and the same answer.
#pragma once

#include <string>

#include "attest/node_attestor.h"
#include "base/random.h"
#include "base/secret_bytes.h"

namespace ward::attest {

inline constexpr std::string_view kJoinTokenAttestor = "join_token";
inline constexpr std::size_t kJoinTokenRandomBytes = 32;
// Of the text; 22 characters of base64url hold 128 bits.
inline constexpr std::size_t kJoinTokenCharsMin = 22;
inline constexpr std::size_t kJoinTokenCharsMax = 128;

// A new token, as text: 43 characters of base64url. Shown once to who asked for it, then forgotten.
SecretBytes make_join_token(Random& random);

// How the world names it (world::JoinToken::sha256): lower-case hex of the SHA-256 of the text.
std::string join_token_name(ByteView token);

// The one answer to whoever has no good token: kUnauthenticated. Also for when the journal refuses
// JoinTokenConsumed.
Error join_token_refused();

// Any thread.
class JoinTokenAttestor final : public NodeAttestor {
 public:
  std::string_view name() const override { return kJoinTokenAttestor; }
  std::unique_ptr<NodeAttestation> begin(const NodeConversation& conversation,
                                         const world::World& world, WallTime now) const override;
};

class JoinTokenProver final : public NodeProver {
 public:
  explicit JoinTokenProver(SecretBytes token) : token_(std::move(token)) {}
  std::string_view attestor() const override { return kJoinTokenAttestor; }
  Result<Bytes> payload() override;
  Result<Bytes> answer(const NodeConversation& conversation, ByteView challenge) override;

 private:
  SecretBytes token_;
};

}  // namespace ward::attest
