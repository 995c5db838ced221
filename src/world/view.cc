#include "world/view.h"

#include "base/check.h"
#include "world/entity_proto.h"

namespace ward::world {
namespace {

constexpr PageRequest kAll{.limit = static_cast<std::size_t>(-1)};

template <typename T>
void add(ViewEntry& entry, const T* entity) {
  if (entity) entry.entities.push_back(*entity);
}

template <typename T>
void add(ViewEntry& entry, const std::vector<const T*>& entities) {
  for (const T* entity : entities) entry.entities.push_back(*entity);
}

void add_everywhere(ViewEntry& entry, const World& world) {
  add(entry, world.segments(kAll));
  add(entry, world.flows(kAll));
  add(entry, world.policy_sets(kAll));
  for (const KeySlot* slot : world.key_slots(kAll)) {
    KeySlot shown = *slot;
    shown.sealed_private_key.clear();
    entry.entities.push_back(std::move(shown));
  }
}

}  // namespace

ViewEntry view_entry(const World& world, const Name& name) {
  ViewEntry entry{.name = name, .revision = world.revision(), .entities = {}};
  switch (name.kind) {
    case NameKind::kIdentity:
      add(entry, world.identity(name.id));
      add(entry, world.revocation(RevocationKind::kIdentity, name.id));
      add(entry, world.revocations_of_identity(name.id, kAll));
      return entry;
    case NameKind::kResource:
      add(entry, world.resource(name.id));
      return entry;
    case NameKind::kNode:
      add(entry, world.node(name.id));
      add(entry, world.revocation(RevocationKind::kNode, name.id));
      add(entry, world.registrations_of_parent(name.id, kAll));
      return entry;
    case NameKind::kOwner:
      add(entry, world.owner(name.id));
      return entry;
    case NameKind::kEverywhere:
      add_everywhere(entry, world);
      return entry;
  }
  WARD_UNREACHABLE();
}

Result<Bytes> encode_view_entry(const ViewEntry& entry) {
  wire::ViewEntry message;
  message.set_kind(static_cast<wire::NameKind>(entry.name.kind));
  message.set_id(entry.name.id);
  message.set_revision(entry.revision);
  for (const Entity& entity : entry.entities) to_wire(entity, *message.add_entities());
  const std::size_t size = message.ByteSizeLong();
  if (size > kViewEntryBytesMax) {
    return make_error(ErrorCode::kResourceExhausted,
                      "view entry of `{}`: {} bytes are past the bound of {}", entry.name.id, size,
                      kViewEntryBytesMax);
  }
  Bytes bytes(size);
  WARD_CHECK(message.SerializeToArray(bytes.data(), static_cast<int>(size)));
  return bytes;
}

Result<ViewEntry> decode_view_entry(ByteView bytes) {
  wire::ViewEntry message;
  if (bytes.size() > kViewEntryBytesMax ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return invalid_argument("{} bytes are no view entry", bytes.size());
  }
  WARD_TRY(const auto kind, enum_from_wire("name kind", message.kind(), NameKind::kEverywhere));
  if (kind != NameKind::kEverywhere) WARD_RETURN_IF_ERROR(check_name("view entry", message.id()));
  ViewEntry entry{.name = {kind, message.id()}, .revision = message.revision(), .entities = {}};
  for (const auto& one : message.entities()) {
    WARD_TRY(Entity entity, from_wire(one));
    WARD_RETURN_IF_ERROR(check(entity));
    entry.entities.push_back(std::move(entity));
  }
  return entry;
}

View::View(Name node, std::size_t names_max) : node_(std::move(node)), names_max_(names_max) {
  WARD_CHECK(names_max_ >= 2);
}

bool View::holds(const NameView& name) {
  const auto use = uses_.find(name);
  if (use == uses_.end()) return false;
  order_.splice(order_.begin(), order_, use->second);
  return true;
}

Result<std::vector<Name>> View::insert(const ViewEntry& entry) {
  if (entry.revision < world_.revision()) {
    return make_error(ErrorCode::kOutOfRange,
                      "view entry `{}` is of revision {}, the view is at {}", entry.name.id,
                      entry.revision, world_.revision());
  }
  WorldEditor editor(world_);
  editor.forget(entry.name);  // what it was before
  for (const Entity& entity : entry.entities) editor.put(entity);
  editor.set_revision(entry.revision);
  world_ = std::move(editor).finish();
  if (!holds(entry.name)) {
    order_.push_front(entry.name);
    uses_[entry.name] = order_.begin();
  }
  return make_room();
}

std::vector<Name> View::make_room() {
  std::vector<Name> let_go;
  auto at = order_.end();
  while (uses_.size() > names_max_ && at != order_.begin()) {
    --at;
    if (pinned(*at)) continue;
    let_go.push_back(*at);
    uses_.erase(*at);
    at = order_.erase(at);
  }
  if (let_go.empty()) return let_go;
  WorldEditor editor(world_);
  for (const Name& name : let_go) editor.forget(name);
  world_ = std::move(editor).finish();
  return let_go;
}

Result<void> View::fold(std::uint64_t revision, const Fact& fact) {
  WorldEditor editor(world_);
  WARD_RETURN_IF_ERROR(editor.fold_some(revision, fact));
  world_ = std::move(editor).finish();
  return {};
}

Result<void> View::advance(std::uint64_t revision) {
  if (revision < world_.revision()) {
    return make_error(ErrorCode::kOutOfRange, "heartbeat of revision {}, the view is at {}",
                      revision, world_.revision());
  }
  WorldEditor editor(world_);
  editor.set_revision(revision);
  world_ = std::move(editor).finish();
  return {};
}

}  // namespace ward::world
