// What may become true next to what is true. Every message says what stands in the way and, where
// there is one, the way out.
#include "world/world.h"

namespace ward::world {
namespace {

constexpr PageRequest kAnyOne{.limit = 1};

Error not_found(std::string_view what, std::string_view id) {
  return make_error(ErrorCode::kNotFound, "no {} `{}`", what, id);
}

template <typename... Args>
Error refused(fmt::format_string<Args...> format, Args&&... args) {
  return {ErrorCode::kFailedPrecondition, fmt::format(format, std::forward<Args>(args)...)};
}

// One overload for each body.
struct Admission {
  const World& world;
  const Fact& fact;

  Result<void> segment_known(const Text& segment) const {
    if (segment.empty() || world.segment(segment)) return {};
    return not_found("segment", segment);
  }

  Result<void> operator()(const UnknownBody&) const {
    return invalid_argument("a fact without a body says nothing");
  }

  Result<void> operator()(const IdentityPut& body) const {
    if (body.identity.status != IdentityStatus::kActive || !body.identity.status_reason.empty()) {
      return invalid_argument("identity `{}`: a status is changed by a fact of its own, not put",
                              body.identity.id);
    }
    return segment_known(body.identity.segment);
  }
  Result<void> operator()(const IdentityRemoved& body) const {
    if (!world.identity(body.id)) return not_found("identity", body.id);
    const auto registrations = world.registrations_of_identity(body.id, kAnyOne);
    if (registrations.empty()) return {};
    return refused("identity `{}` still has registration `{}`: remove it first", body.id,
                   registrations[0]->id);
  }
  Result<void> operator()(const IdentityStatusChanged& body) const {
    const Identity* identity = world.identity(body.id);
    if (!identity) return not_found("identity", body.id);
    if (identity->status == body.status) {
      return make_error(ErrorCode::kAlreadyExists, "identity `{}` is {} already", body.id,
                        name_of(body.status));
    }
    if (identity->status != IdentityStatus::kRetired) return {};
    return refused("identity `{}` is retired for good: remove it and put it anew", body.id);
  }

  Result<void> operator()(const OwnerPut&) const { return {}; }
  Result<void> operator()(const OwnerRemoved& body) const {
    if (!world.owner(body.id)) return not_found("owner", body.id);
    return {};
  }

  Result<void> operator()(const RegistrationPut& body) const {
    const Registration& registration = body.registration;
    if (!world.node(registration.parent)) {
      return make_error(ErrorCode::kNotFound, "registration `{}`: no parent node `{}`",
                        registration.id, registration.parent);
    }
    if (!world.identity(registration.spiffe_id)) {
      return make_error(ErrorCode::kNotFound, "registration `{}`: no identity `{}`",
                        registration.id, registration.spiffe_id);
    }
    const Registration* old = world.registration(registration.id);
    if (!old || (old->parent == registration.parent && old->spiffe_id == registration.spiffe_id))
      return {};
    return refused(
        "registration `{}` is for `{}` under `{}`, which never changes: remove it and put it anew",
        old->id, old->spiffe_id, old->parent);
  }
  Result<void> operator()(const RegistrationRemoved& body) const {
    const Registration* old = world.registration(body.id);
    if (!old) return not_found("registration", body.id);
    if (old->parent == body.parent && old->spiffe_id == body.spiffe_id) return {};
    return refused("registration `{}` is for `{}` under `{}`, not for `{}` under `{}`", body.id,
                   old->spiffe_id, old->parent, body.spiffe_id, body.parent);
  }

  Result<void> operator()(const NodePut& body) const {
    if (body.node.banned)
      return invalid_argument("node `{}`: a node is banned by a fact of its own", body.node.id);
    const Node* old = world.node(body.node.id);
    if (old && old->banned) return refused("node `{}` is banned", body.node.id);
    return {};
  }
  Result<void> operator()(const NodeRemoved& body) const {
    if (!world.node(body.id)) return not_found("node", body.id);
    const auto registrations = world.registrations_of_parent(body.id, kAnyOne);
    if (registrations.empty()) return {};
    return refused("node `{}` is parent of registration `{}`: remove it first", body.id,
                   registrations[0]->id);
  }
  Result<void> operator()(const NodeBanned& body) const {
    const Node* node = world.node(body.id);
    if (!node) return not_found("node", body.id);
    if (node->banned != body.banned) return {};
    return make_error(ErrorCode::kAlreadyExists, "node `{}` is {} already", body.id,
                      body.banned ? "banned" : "not banned");
  }

  Result<void> operator()(const JoinTokenCreated& body) const {
    if (body.token.consumed) return invalid_argument("a join token is not made consumed");
    if (body.token.expires <= fact.time)
      return invalid_argument("the join token would be expired when it is made");
    if (!world.join_token(body.token.sha256)) return {};
    return make_error(ErrorCode::kAlreadyExists, "this join token was made already");
  }
  Result<void> operator()(const JoinTokenConsumed& body) const {
    const JoinToken* token = world.join_token(body.sha256);
    if (!token) return make_error(ErrorCode::kNotFound, "no such join token");
    if (token->consumed) return refused("the join token was used already: a token serves once");
    if (token->expires <= fact.time) return refused("the join token is expired");
    return {};
  }

  Result<void> operator()(const ResourcePut& body) const {
    return segment_known(body.resource.segment);
  }
  Result<void> operator()(const ResourceRemoved& body) const {
    if (world.resource(body.name.type, body.name.id)) return {};
    return not_found("resource", resource_name(body.name.type, body.name.id));
  }

  Result<void> operator()(const SegmentPut&) const { return {}; }
  Result<void> operator()(const SegmentRemoved& body) const {
    if (!world.segment(body.id)) return not_found("segment", body.id);
    for (const Flow* flow : world.flows({.limit = static_cast<std::size_t>(-1)})) {
      if (flow->from == body.id || flow->to == body.id) {
        return refused("segment `{}` has an open flow `{}` from `{}` to `{}`: close it first",
                       body.id, flow->action, flow->from, flow->to);
      }
    }
    return {};
  }
  Result<void> operator()(const FlowOpened& body) const {
    WARD_RETURN_IF_ERROR(segment_known(body.flow.from));
    WARD_RETURN_IF_ERROR(segment_known(body.flow.to));
    if (!world.flow_open(body.flow.from, body.flow.to, body.flow.action)) return {};
    return make_error(ErrorCode::kAlreadyExists, "flow `{}` from `{}` to `{}` is open already",
                      body.flow.action, body.flow.from, body.flow.to);
  }
  Result<void> operator()(const FlowClosed& body) const {
    if (world.flow_open(body.flow.from, body.flow.to, body.flow.action)) return {};
    return make_error(ErrorCode::kNotFound, "no open flow `{}` from `{}` to `{}`", body.flow.action,
                      body.flow.from, body.flow.to);
  }

  Result<void> operator()(const PolicySetPublished& body) const {
    const PolicySet* old = world.policy_set(body.set.name);
    const std::uint64_t next = old ? old->version + 1 : 1;
    if (body.set.version != next) {
      return refused("policy set `{}`: version {} was expected next, got {}", body.set.name, next,
                     body.set.version);
    }
    if (body.set.sha256 == policy_set_digest(body.set.files, body.set.schema)) return {};
    return invalid_argument("policy set `{}`: the SHA-256 is not that of its files and schema",
                            body.set.name);
  }

  Result<void> operator()(const Revoked& body) const {
    const Revocation& next = body.revocation;
    if (next.kind == RevocationKind::kNode && !world.node(next.id))
      return not_found("node", next.id);
    if (next.kind == RevocationKind::kIdentity && !world.identity(next.id))
      return not_found("identity", next.id);
    const Revocation* old = world.revocation(next.kind, next.id);
    if (!old) return {};
    if (next.kind == RevocationKind::kCredential || old->not_before >= next.not_before) {
      return make_error(ErrorCode::kAlreadyExists, "{} `{}` is revoked already", name_of(next.kind),
                        next.id);
    }
    return {};
  }
  Result<void> operator()(const Restored& body) const {
    const Revocation* old = world.revocation(body.kind, body.id);
    if (!old || !old->stands())
      return make_error(ErrorCode::kNotFound, "{} `{}` is not revoked", name_of(body.kind),
                        body.id);
    if (old->identity == body.identity) return {};
    return refused("credential `{}` is of `{}`, not of `{}`", body.id, old->identity,
                   body.identity);
  }

  Result<void> operator()(const KeySlotPut& body) const {
    const KeySlot* old = world.key_slot(body.slot.id);
    if (!old || old->kind == body.slot.kind) return one_active(body.slot);
    return refused("key slot `{}` is for {} keys", body.slot.id, name_of(old->kind));
  }
  Result<void> operator()(const KeySlotRemoved& body) const {
    const KeySlot* slot = world.key_slot(body.id);
    if (!slot) return not_found("key slot", body.id);
    if (slot->status == KeyStatus::kActive) return refused("key slot `{}` is active", body.id);
    return {};
  }

  // Facts are appended in groups, so activating one slot and retiring the other are two facts of
  // one append: the retirement comes first.
  Result<void> one_active(const KeySlot& slot) const {
    if (slot.status != KeyStatus::kActive) return {};
    for (const KeySlot* other : world.key_slots({.limit = static_cast<std::size_t>(-1)})) {
      if (other->id != slot.id && other->kind == slot.kind && other->status == KeyStatus::kActive) {
        return refused("{} key slot `{}` is active: retire it first", name_of(slot.kind),
                       other->id);
      }
    }
    return {};
  }
};

}  // namespace

Result<void> admissible(const World& world, const Fact& fact) {
  return std::visit(Admission{world, fact}, fact.body);
}

}  // namespace ward::world
