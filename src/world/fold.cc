// The fold: what each fact does to a world. It decides nothing (admissible() did, before the fact
// was appended) and passes over what is not here, so that the same code folds the whole world and
// an agent's part of it.
#include "base/check.h"
#include "world/keys.h"
#include "world/world.h"

namespace ward::world {
namespace {

// A registration is filed under the selector that fewest others of its parent are filed under;
// beyond this many it makes no difference.
constexpr std::size_t kCrowdMax = 32;

Text key_for(const Resource& resource) {
  return Text(resource_name(resource.type, resource.id));
}
Text key_for(const Flow& flow) {
  return Text(joined({flow.from, flow.to, flow.action}));
}

// Copies, since what is pointed at is about to go.
template <typename T>
std::vector<Text> ids_of(const std::vector<const T*>& entities) {
  std::vector<Text> ids;
  for (const T* entity : entities) ids.push_back(entity->id);
  return ids;
}

}  // namespace

Text WorldEditor::shared(const Text& text, Text& last) {
  if (text.empty() || text == last) return text.empty() ? text : last;
  return last = shared(text);
}

Text WorldEditor::shared(const Text& text) {
  if (const Text* known = world_.vocabulary_.find(text)) return *known;
  world_.vocabulary_.put(text);
  return text;
}

void WorldEditor::put_registration(Registration registration) {
  erase_registration(registration.id);
  registration.parent = shared(registration.parent);
  const std::string_view parent = registration.parent;
  std::string rarest;
  std::size_t rarest_crowd = kCrowdMax + 1;
  for (const Text& selector : registration.selectors) {
    std::size_t crowd = 0;
    const std::string prefix = joined({parent, selector, ""});
    world_.registrations_by_selector_.scan_prefix(prefix,
                                                  [&](const Text&) { return ++crowd < kCrowdMax; });
    if (crowd >= rarest_crowd) continue;
    rarest = prefix;
    rarest_crowd = crowd;
  }
  world_.registrations_by_selector_.put(rarest.append(registration.id));
  world_.registrations_by_parent_.put(joined({parent, registration.id}));
  world_.registrations_by_identity_.put(joined({registration.spiffe_id, registration.id}));
  world_.registrations_.put(Ref(std::move(registration)));
}

void WorldEditor::erase_registration(std::string_view id) {
  const Ref<Registration>* found = world_.registrations_.find(id);
  if (!found) return;
  const Ref<Registration> old = *found;
  for (const Text& selector : old->selectors) {
    world_.registrations_by_selector_.erase(joined({old->parent, selector, id}));
  }
  world_.registrations_by_parent_.erase(joined({old->parent, id}));
  world_.registrations_by_identity_.erase(joined({old->spiffe_id, id}));
  world_.registrations_.erase(id);
}

void WorldEditor::put_revocation(Revocation revocation) {
  erase_revocation(revocation.kind, revocation.id);
  if (!revocation.identity.empty()) {
    world_.revocations_by_identity_.put(joined({revocation.identity, revocation.id}));
  }
  Text key = revocation_key(revocation.kind, revocation.id);
  world_.revocations_.put(Ref(Keyed<Revocation>{std::move(key), std::move(revocation)}));
}

void WorldEditor::erase_revocation(RevocationKind kind, std::string_view id) {
  const Revocation* old = world_.revocation(kind, id);
  if (!old) return;
  if (!old->identity.empty()) world_.revocations_by_identity_.erase(joined({old->identity, id}));
  world_.revocations_.erase(revocation_key(kind, id));
}

// A credential's own revocation goes; of an identity or node the cut-off stays.
void WorldEditor::lift_revocation(RevocationKind kind, std::string_view id) {
  const Revocation* old = world_.revocation(kind, id);
  if (!old) return;
  if (kind == RevocationKind::kCredential) return erase_revocation(kind, id);
  Revocation lifted = *old;
  lifted.lifted = true;
  put_revocation(std::move(lifted));
}

// One overload for each body.
struct WorldEditor::Fold {
  WorldEditor& editor;
  World& world = editor.world_;

  void operator()(const UnknownBody&) const {}

  void operator()(const IdentityPut& body) const {
    Identity identity = body.identity;
    if (const Identity* old = world.identity(identity.id)) {
      identity.status = old->status;
      identity.status_reason = old->status_reason;
    }
    editor.put(std::move(identity));
  }
  void operator()(const IdentityRemoved& body) const { world.identities_.erase(body.id); }
  void operator()(const IdentityStatusChanged& body) const {
    const Identity* old = world.identity(body.id);
    if (!old) return;
    Identity identity = *old;
    identity.status = body.status;
    identity.status_reason = body.reason;
    editor.put(std::move(identity));
  }

  void operator()(const OwnerPut& body) const { editor.put(body.owner); }
  void operator()(const OwnerRemoved& body) const { world.owners_.erase(body.id); }

  void operator()(const RegistrationPut& body) const { editor.put(body.registration); }
  void operator()(const RegistrationRemoved& body) const { editor.erase_registration(body.id); }

  void operator()(const NodePut& body) const {
    Node node = body.node;
    if (const Node* old = world.node(node.id)) node.banned = old->banned;
    editor.put(std::move(node));
  }
  void operator()(const NodeRemoved& body) const { world.nodes_.erase(body.id); }
  void operator()(const NodeBanned& body) const {
    const Node* old = world.node(body.id);
    if (!old) return;
    Node node = *old;
    node.banned = body.banned;
    editor.put(std::move(node));
  }

  void operator()(const JoinTokenCreated& body) const { editor.put(body.token); }
  void operator()(const JoinTokenConsumed& body) const {
    const JoinToken* old = world.join_token(body.sha256);
    if (!old) return;
    JoinToken token = *old;
    token.consumed = true;
    editor.put(std::move(token));
  }

  void operator()(const ResourcePut& body) const { editor.put(body.resource); }
  void operator()(const ResourceRemoved& body) const {
    world.resources_.erase(resource_name(body.name.type, body.name.id));
  }
  void operator()(const SegmentPut& body) const { editor.put(body.segment); }
  void operator()(const SegmentRemoved& body) const { world.segments_.erase(body.id); }
  void operator()(const FlowOpened& body) const { editor.put(body.flow); }
  void operator()(const FlowClosed& body) const { world.flows_.erase(key_for(body.flow)); }
  void operator()(const PolicySetPublished& body) const { editor.put(body.set); }
  void operator()(const Revoked& body) const { editor.put(body.revocation); }
  void operator()(const Restored& body) const { editor.lift_revocation(body.kind, body.id); }
  void operator()(const KeySlotPut& body) const { editor.put(body.slot); }
  void operator()(const KeySlotRemoved& body) const { world.key_slots_.erase(body.id); }
};

void WorldEditor::put(Entity entity) {
  struct Visitor {
    WorldEditor& editor;
    World& world = editor.world_;

    void operator()(Identity&& identity) const {
      identity.owner = editor.shared(identity.owner, editor.last_owner_);
      identity.environment = editor.shared(identity.environment, editor.last_environment_);
      identity.segment = editor.shared(identity.segment, editor.last_segment_);
      world.identities_.put(Ref(std::move(identity)));
    }
    void operator()(Owner&& owner) const { world.owners_.put(Ref(std::move(owner))); }
    void operator()(Registration&& registration) const {
      editor.put_registration(std::move(registration));
    }
    void operator()(Node&& node) const { world.nodes_.put(Ref(std::move(node))); }
    void operator()(JoinToken&& token) const { world.join_tokens_.put(Ref(std::move(token))); }
    void operator()(Resource&& resource) const {
      Text key = key_for(resource);
      world.resources_.put(Ref(Keyed<Resource>{std::move(key), std::move(resource)}));
    }
    void operator()(Segment&& segment) const { world.segments_.put(Ref(std::move(segment))); }
    void operator()(Flow&& flow) const {
      Text key = key_for(flow);
      world.flows_.put(Ref(Keyed<Flow>{std::move(key), std::move(flow)}));
    }
    void operator()(PolicySet&& set) const { world.policy_sets_.put(Ref(std::move(set))); }
    void operator()(Revocation&& revocation) const { editor.put_revocation(std::move(revocation)); }
    void operator()(KeySlot&& slot) const { world.key_slots_.put(Ref(std::move(slot))); }
  };
  std::visit(Visitor{*this}, std::move(entity));
}

void WorldEditor::forget(const Name& name) {
  const PageRequest all{.limit = static_cast<std::size_t>(-1)};
  switch (name.kind) {
    case NameKind::kIdentity:
      world_.identities_.erase(name.id);
      erase_revocation(RevocationKind::kIdentity, name.id);
      for (const Text& id : ids_of(world_.revocations_of_identity(name.id, all))) {
        erase_revocation(RevocationKind::kCredential, id);
      }
      return;
    case NameKind::kResource:
      world_.resources_.erase(name.id);
      return;
    case NameKind::kNode:
      for (const Text& id : ids_of(world_.registrations_of_parent(name.id, all)))
        erase_registration(id);
      erase_revocation(RevocationKind::kNode, name.id);
      world_.nodes_.erase(name.id);
      return;
    case NameKind::kOwner:
      world_.owners_.erase(name.id);
      return;
    case NameKind::kEverywhere:
      world_.segments_ = {};
      world_.flows_ = {};
      world_.policy_sets_ = {};
      world_.key_slots_ = {};
      return;
  }
  WARD_UNREACHABLE();
}

Result<void> WorldEditor::fold(std::uint64_t revision, const Fact& fact) {
  if (revision != world_.revision_ + 1) {
    return make_error(ErrorCode::kOutOfRange, "fact at revision {} does not follow revision {}",
                      revision, world_.revision_);
  }
  return fold_some(revision, fact);
}

Result<void> WorldEditor::fold_some(std::uint64_t revision, const Fact& fact) {
  if (revision <= world_.revision_) {
    return make_error(ErrorCode::kOutOfRange, "fact at revision {} is not after revision {}",
                      revision, world_.revision_);
  }
  std::visit(Fold{*this}, fact.body);
  world_.revision_ = revision;
  return {};
}

Result<World> apply(const World& world, std::uint64_t revision, const Fact& fact) {
  WorldEditor editor(world);
  WARD_RETURN_IF_ERROR(editor.fold(revision, fact));
  return std::move(editor).finish();
}

}  // namespace ward::world
