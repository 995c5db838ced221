#include "attest/join_token.h"

#include <algorithm>

#include "codec/base64.h"
#include "codec/hex.h"

namespace ward::attest {
namespace {

bool is_base64url(std::uint8_t c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

bool is_token(ByteView payload) {
  return payload.size() >= kJoinTokenCharsMin && payload.size() <= kJoinTokenCharsMax &&
         std::ranges::all_of(payload, is_base64url);
}

class JoinTokenAttestation final : public NodeAttestation {
 public:
  JoinTokenAttestation(NodeConversation conversation, world::World world, WallTime now)
      : conversation_(std::move(conversation)), world_(std::move(world)), now_(now) {}

 private:
  Result<NodeStep> do_start(ByteView payload) override {
    if (!is_token(payload))
      return invalid_argument("a join token has {} to {} characters of base64url",
                              kJoinTokenCharsMin, kJoinTokenCharsMax);
    const std::string name = join_token_name(payload);
    const world::JoinToken* token = world_.join_token(name);
    if (!token || token->consumed || token->expires <= now_) return join_token_refused();
    WARD_TRY(spiffe::SpiffeId id, id_for(*token));
    return NodeStep(NodeIdentity{.id = std::move(id),
                                 .selectors = {},
                                 .is_reattestable = false,
                                 .facts = {world::JoinTokenConsumed{token->sha256}}});
  }

  Result<NodeStep> do_respond(ByteView) override { WARD_UNREACHABLE(); }

  // The default name holds the token's hash, from which the token cannot be found.
  Result<spiffe::SpiffeId> id_for(const world::JoinToken& token) const {
    const spiffe::TrustDomain& domain = conversation_.trust_domain;
    if (token.node.empty()) return agent_id(domain, kJoinTokenAttestor, token.sha256.view());
    WARD_TRY(spiffe::SpiffeId id, spiffe::SpiffeId::parse(token.node.view()));
    if (!id.is_member_of(domain) || !id.path().starts_with("/ward/agent/"))
      return make_error(ErrorCode::kFailedPrecondition,
                        "the join token names `{}`, expected an agent of `{}`", id.text(),
                        domain.id());
    return id;
  }

  NodeConversation conversation_;
  world::World world_;
  WallTime now_;
};

}  // namespace

SecretBytes make_join_token(Random& random) {
  const SecretBytes raw(random.bytes(kJoinTokenRandomBytes));
  std::string text = codec::encode_base64url(raw.view());
  SecretBytes token(as_bytes(text));
  wipe_memory({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return token;
}

std::string join_token_name(ByteView token) {
  return codec::encode_hex(crypto::sha256(token));
}

Error join_token_refused() {
  return {ErrorCode::kUnauthenticated, "the join token is not valid: unknown, expired or used"};
}

std::unique_ptr<NodeAttestation> JoinTokenAttestor::begin(const NodeConversation& conversation,
                                                          const world::World& world,
                                                          WallTime now) const {
  return std::make_unique<JoinTokenAttestation>(conversation, world, now);
}

Result<Bytes> JoinTokenProver::payload() {
  if (!is_token(token_.view()))
    return invalid_argument("a join token has {} to {} characters of base64url", kJoinTokenCharsMin,
                            kJoinTokenCharsMax);
  return to_bytes(token_.view());
}

Result<Bytes> JoinTokenProver::answer(const NodeConversation&, ByteView) {
  return invalid_argument("a challenge, and a join token has none");
}

}  // namespace ward::attest
