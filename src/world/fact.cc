// What a fact touches, and what of it a view may see.
#include "world/fact.h"

#include "base/check.h"

namespace ward::world {
namespace {

Name identity(std::string_view id) {
  return {NameKind::kIdentity, std::string(id)};
}
Name node(std::string_view id) {
  return {NameKind::kNode, std::string(id)};
}
Name owner(std::string_view id) {
  return {NameKind::kOwner, std::string(id)};
}
Name resource(std::string_view type, std::string_view id) {
  return {NameKind::kResource, resource_name(type, id)};
}
Name everywhere() {
  return {NameKind::kEverywhere, {}};
}

// One overload for each body.
struct Touch {
  using Names = std::vector<Name>;

  static Names revocation(RevocationKind kind, std::string_view id, std::string_view of) {
    switch (kind) {
      case RevocationKind::kIdentity:
        return {identity(id)};
      case RevocationKind::kCredential:
        return {identity(of)};
      case RevocationKind::kNode:
        return {node(id)};
    }
    WARD_UNREACHABLE();
  }

  Names operator()(const UnknownBody&) const { return {}; }
  Names operator()(const IdentityPut& body) const { return {identity(body.identity.id)}; }
  Names operator()(const IdentityRemoved& body) const { return {identity(body.id)}; }
  Names operator()(const IdentityStatusChanged& body) const { return {identity(body.id)}; }
  Names operator()(const OwnerPut& body) const { return {owner(body.owner.id)}; }
  Names operator()(const OwnerRemoved& body) const { return {owner(body.id)}; }
  Names operator()(const RegistrationPut& body) const { return {node(body.registration.parent)}; }
  Names operator()(const RegistrationRemoved& body) const { return {node(body.parent)}; }
  Names operator()(const NodePut& body) const { return {node(body.node.id)}; }
  Names operator()(const NodeRemoved& body) const { return {node(body.id)}; }
  Names operator()(const NodeBanned& body) const { return {node(body.id)}; }
  Names operator()(const JoinTokenCreated&) const { return {}; }
  Names operator()(const JoinTokenConsumed&) const { return {}; }
  Names operator()(const ResourcePut& body) const {
    return {resource(body.resource.type, body.resource.id)};
  }
  Names operator()(const ResourceRemoved& body) const {
    return {resource(body.name.type, body.name.id)};
  }
  Names operator()(const SegmentPut&) const { return {everywhere()}; }
  Names operator()(const SegmentRemoved&) const { return {everywhere()}; }
  Names operator()(const FlowOpened&) const { return {everywhere()}; }
  Names operator()(const FlowClosed&) const { return {everywhere()}; }
  Names operator()(const PolicySetPublished&) const { return {everywhere()}; }
  Names operator()(const Revoked& body) const {
    return revocation(body.revocation.kind, body.revocation.id, body.revocation.identity);
  }
  Names operator()(const Restored& body) const {
    return revocation(body.kind, body.id, body.identity);
  }
  Names operator()(const KeySlotPut&) const { return {everywhere()}; }
  Names operator()(const KeySlotRemoved&) const { return {everywhere()}; }
};

}  // namespace

std::vector<Name> touches(const Fact& fact) {
  return std::visit(Touch{}, fact.body);
}

Fact for_view(Fact fact) {
  if (auto* body = std::get_if<KeySlotPut>(&fact.body)) body->slot.sealed_private_key.clear();
  return fact;
}

}  // namespace ward::world
