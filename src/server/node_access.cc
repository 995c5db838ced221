#include "server/node_access.h"

#include "codec/hex.h"

namespace ward::server {
namespace {

constexpr std::string_view kAgentPath = "/ward/agent/";

template <typename... Args>
Error denied(fmt::format_string<Args...> format, Args&&... args) {
  return make_error(ErrorCode::kPermissionDenied, format, std::forward<Args>(args)...);
}

}  // namespace

Result<NodeCaller> NodeAccess::check(const net::Peer& peer) {
  if (!peer.tls || !peer.tls->id || peer.tls->chain.empty()) {
    return make_error(ErrorCode::kUnauthenticated, "an agent's X.509-SVID is needed here");
  }
  const spiffe::SpiffeId& id = *peer.tls->id;
  if (!id.is_member_of(trust_domain_) || !id.path().starts_with(kAgentPath)) {
    return make_error(ErrorCode::kUnauthenticated, "`{}` is no agent of `{}`", id.text(),
                      trust_domain_.name());
  }
  const crypto::CertificateInfo& leaf = peer.tls->chain.front().info();
  NodeCaller caller{.id = id,
                    .serial = codec::encode_hex(leaf.serial),
                    .issued = leaf.not_before,
                    .expires = leaf.not_after};
  if (caller.expires <= plane_.now())
    return denied("the certificate of `{}` is expired", id.text());
  WARD_TRY(const world::Node* node, check_node(id.text(), caller.issued));
  const auto previous = previous_.find(id.text());
  if (node->certificate_serial == caller.serial) {
    if (previous != previous_.end()) previous_.erase(previous);
    return caller;
  }
  if (previous != previous_.end() && previous->second == caller.serial) return caller;
  return denied("certificate {} of `{}` is not its current one", caller.serial, id.text());
}

Result<const world::Node*> NodeAccess::check_node(std::string_view id, WallTime issued) const {
  const world::World& world = plane_.world();
  const world::Node* node = world.node(id);
  if (node == nullptr) return denied("no node `{}`", id);
  if (node->banned) return denied("node `{}` is banned", id);
  const auto* revocation = world.revocation(world::RevocationKind::kNode, id);
  if (revocation != nullptr && issued < revocation->not_before) {
    return denied("node `{}` is revoked", id);
  }
  return node;
}

void NodeAccess::keep_previous(std::string_view node, std::string serial) {
  previous_.insert_or_assign(std::string(node), std::move(serial));
}

}  // namespace ward::server
