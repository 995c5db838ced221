// Handles are pointers to things of the world with their kind in the low bits, so that finding an
// entity allocates nothing and a handle needs no table.
#include "decide/world_entities.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <unordered_set>
#include <vector>

#include "base/check.h"

namespace ward::decide {
namespace {

using cedar::EntityHandle;
using cedar::EntityName;
using cedar::EntityUid;
using cedar::ValueView;
using world::IdentityClass;

constexpr std::string_view kOwnerType = "Ward::Owner";
constexpr std::string_view kEnvironmentType = "Ward::Environment";
constexpr std::string_view kSegmentType = "Ward::Segment";
constexpr std::string_view kActionType = "Action";

enum class Kind : std::uintptr_t { kIdentity, kResource, kOwner, kSegment, kAction };
constexpr std::uintptr_t kKindMask = 7;
static_assert(alignof(world::Identity) >= 8 && alignof(world::Resource) >= 8 &&
              alignof(world::Owner) >= 8 && alignof(world::Segment) >= 8);

// SAFETY: every kind of thing is aligned to 8 bytes, so the three low bits of its address are free.
// Actions are handles of the catalogue, which points to nodes of a hash map, aligned likewise
// (checked).
EntityHandle tagged(const void* thing, Kind kind) {
  const auto address = reinterpret_cast<std::uintptr_t>(thing);
  WARD_CHECK((address & kKindMask) == 0);
  return {reinterpret_cast<const void*>(address | static_cast<std::uintptr_t>(kind))};
}

Kind kind_of(EntityHandle handle) {
  return static_cast<Kind>(reinterpret_cast<std::uintptr_t>(handle.entity) & kKindMask);
}

template <typename T>
const T& thing_of(EntityHandle handle) {
  return *reinterpret_cast<const T*>(reinterpret_cast<std::uintptr_t>(handle.entity) & ~kKindMask);
}

EntityHandle action_of(EntityHandle handle) {
  return {
      reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(handle.entity) & ~kKindMask)};
}

std::optional<ValueView> entity_value(const std::string_view& type, const world::Text& id) {
  if (id.empty()) return std::nullopt;
  return ValueView::of(type, id.view());
}

// What identities and resources have in common.
template <typename T>
std::optional<ValueView> place_attribute(const T& thing, std::string_view name) {
  if (name == "owner") return entity_value(kOwnerType, thing.owner);
  if (name == "environment") return entity_value(kEnvironmentType, thing.environment);
  if (name == "segment") return entity_value(kSegmentType, thing.segment);
  return std::nullopt;
}

template <typename T>
bool is_placed_in(const T& thing, const EntityName& place) {
  if (place.id.empty()) return false;
  if (place.type == kOwnerType) return thing.owner == place.id;
  if (place.type == kEnvironmentType) return thing.environment == place.id;
  if (place.type == kSegmentType) return thing.segment == place.id;
  return false;
}

template <typename T>
void visit_places(const T& thing, cedar::AncestorVisitor& visitor) {
  if (!thing.owner.empty()) visitor.visit({kOwnerType, thing.owner.view()});
  if (!thing.environment.empty()) visitor.visit({kEnvironmentType, thing.environment.view()});
  if (!thing.segment.empty()) visitor.visit({kSegmentType, thing.segment.view()});
}

bool is_live(const world::World& world, const world::Text& owner) {
  const world::Owner* found = owner.empty() ? nullptr : world.owner(owner);
  return found != nullptr && found->live;
}

std::optional<ValueView> identity_attribute(const world::World& world,
                                            const world::Identity& identity,
                                            std::string_view name) {
  if (name == "status") return ValueView(name_of(identity.status));
  if (name == "owner_live") return ValueView(is_live(world, identity.owner));
  if (name == "trust_domain") {
    const std::string_view rest = identity.id.view().substr(std::string_view("spiffe://").size());
    return ValueView(rest.substr(0, rest.find('/')));
  }
  return place_attribute(identity, name);
}

std::optional<ValueView> resource_attribute(const world::Resource& resource,
                                            std::string_view name) {
  if (name == "owner" || name == "environment" || name == "segment")
    return place_attribute(resource, name);
  const auto found = resource.attributes.find(name);
  if (!found) return std::nullopt;
  return ValueView(*found);
}

std::optional<ValueView> owner_attribute(const world::Owner& owner, std::string_view name) {
  if (name == "kind") return ValueView(name_of(owner.kind));
  if (name == "live") return ValueView(owner.live);
  return std::nullopt;
}

constexpr std::array kClasses = {IdentityClass::kHuman,    IdentityClass::kServiceAccount,
                                 IdentityClass::kWorkload, IdentityClass::kCiJob,
                                 IdentityClass::kDevice,   IdentityClass::kAiAgent};

std::optional<IdentityClass> class_of(std::string_view type) {
  for (const IdentityClass value : kClasses) {
    if (entity_type_of(value) == type) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view entity_type_of(IdentityClass value) {
  switch (value) {
    case IdentityClass::kHuman:
      return "Ward::Human";
    case IdentityClass::kServiceAccount:
      return "Ward::ServiceAccount";
    case IdentityClass::kWorkload:
      return "Ward::Workload";
    case IdentityClass::kCiJob:
      return "Ward::CiJob";
    case IdentityClass::kDevice:
      return "Ward::Device";
    case IdentityClass::kAiAgent:
      return "Ward::AiAgent";
  }
  WARD_UNREACHABLE();
}

EntityUid entity_uid_of(const world::Identity& identity) {
  return {cedar::EntityType::of(entity_type_of(identity.identity_class)), identity.id.str()};
}

Result<EntityUid> entity_uid_of(const world::EntityName& resource) {
  return EntityUid::of(resource.type, resource.id);
}

EntityHandle WorldEntities::handle_of(const world::Identity& identity) {
  return tagged(&identity, Kind::kIdentity);
}

EntityHandle WorldEntities::handle_of(const world::Resource& resource) {
  return tagged(&resource, Kind::kResource);
}

EntityHandle WorldEntities::find(const EntityName& name) const {
  if (const auto wanted = class_of(name.type)) {
    const world::Identity* identity = world_.identity(name.id);
    // The type is part of the name: an identity of another class is another entity.
    if (identity == nullptr || identity->identity_class != *wanted) return {};
    return tagged(identity, Kind::kIdentity);
  }
  if (name.type == kActionType) {
    const EntityHandle action = policies_.actions().find(name);
    return action ? tagged(action.entity, Kind::kAction) : EntityHandle{};
  }
  if (name.type == kOwnerType) {
    const world::Owner* owner = world_.owner(name.id);
    return owner != nullptr ? tagged(owner, Kind::kOwner) : EntityHandle{};
  }
  if (name.type == kSegmentType) {
    const world::Segment* segment = world_.segment(name.id);
    return segment != nullptr ? tagged(segment, Kind::kSegment) : EntityHandle{};
  }
  const world::Resource* resource = world_.resource(name.type, name.id);
  return resource != nullptr ? tagged(resource, Kind::kResource) : EntityHandle{};
}

EntityName WorldEntities::name(EntityHandle entity) const {
  switch (kind_of(entity)) {
    case Kind::kIdentity: {
      const auto& identity = thing_of<world::Identity>(entity);
      return {entity_type_of(identity.identity_class), identity.id.view()};
    }
    case Kind::kResource: {
      const auto& resource = thing_of<world::Resource>(entity);
      return {resource.type.view(), resource.id.view()};
    }
    case Kind::kOwner:
      return {kOwnerType, thing_of<world::Owner>(entity).id.view()};
    case Kind::kSegment:
      return {kSegmentType, thing_of<world::Segment>(entity).id.view()};
    case Kind::kAction:
      return policies_.actions().name(action_of(entity));
  }
  WARD_UNREACHABLE();
}

std::optional<ValueView> WorldEntities::attribute(EntityHandle entity,
                                                  std::string_view name) const {
  switch (kind_of(entity)) {
    case Kind::kIdentity:
      return identity_attribute(world_, thing_of<world::Identity>(entity), name);
    case Kind::kResource:
      return resource_attribute(thing_of<world::Resource>(entity), name);
    case Kind::kOwner:
      return owner_attribute(thing_of<world::Owner>(entity), name);
    case Kind::kSegment:
      return std::nullopt;
    case Kind::kAction:
      return policies_.actions().attribute(action_of(entity), name);
  }
  WARD_UNREACHABLE();
}

std::optional<ValueView> WorldEntities::tag(EntityHandle entity, std::string_view name) const {
  if (kind_of(entity) != Kind::kIdentity) return std::nullopt;
  const auto label = thing_of<world::Identity>(entity).labels.find(name);
  if (!label) return std::nullopt;
  return ValueView(*label);
}

bool WorldEntities::has_ancestor(EntityHandle entity, const EntityName& ancestor) const {
  switch (kind_of(entity)) {
    case Kind::kIdentity:
      return is_placed_in(thing_of<world::Identity>(entity), ancestor);
    case Kind::kResource:
      return walk_resource(thing_of<world::Resource>(entity), [&](const world::Resource& each) {
        return is_placed_in(each, ancestor) ||
               std::ranges::any_of(each.parents, [&](const world::EntityName& parent) {
                 return parent.id == ancestor.id && parent.type == ancestor.type;
               });
      });
    case Kind::kOwner:
    case Kind::kSegment:
      return false;
    case Kind::kAction:
      return policies_.actions().has_ancestor(action_of(entity), ancestor);
  }
  WARD_UNREACHABLE();
}

void WorldEntities::each_ancestor(EntityHandle entity, cedar::AncestorVisitor& visitor) const {
  switch (kind_of(entity)) {
    case Kind::kIdentity:
      return visit_places(thing_of<world::Identity>(entity), visitor);
    case Kind::kResource:
      walk_resource(thing_of<world::Resource>(entity), [&](const world::Resource& each) {
        visit_places(each, visitor);
        for (const world::EntityName& parent : each.parents) {
          visitor.visit({parent.type.view(), parent.id.view()});
        }
        return false;
      });
      return;
    case Kind::kOwner:
    case Kind::kSegment:
      return;
    case Kind::kAction:
      return policies_.actions().each_ancestor(action_of(entity), visitor);
  }
  WARD_UNREACHABLE();
}

// Over all parents, until `visit` says that it has seen enough. A parent that is not registered is
// still an ancestor by name. Parents may form a cycle (each is put by a fact of its own), so each
// resource is visited once; the walk is never cut short, since a forbid may rest on it.
template <typename Visit>
bool WorldEntities::walk_resource(const world::Resource& resource, Visit visit) const {
  if (resource.parents.empty()) return visit(resource);
  // PERF: hierarchies are small; what fits here is walked without touching the heap.
  std::array<std::byte, 2048> buffer;
  std::pmr::monotonic_buffer_resource memory(buffer.data(), buffer.size());
  std::pmr::vector<const world::Resource*> waiting({&resource}, &memory);
  std::pmr::unordered_set<const world::Resource*> seen({&resource}, 16, &memory);
  while (!waiting.empty()) {
    const world::Resource* current = waiting.back();
    waiting.pop_back();
    if (visit(*current)) return true;
    for (const world::EntityName& parent : current->parents) {
      const world::Resource* next = world_.resource(parent.type, parent.id);
      if (next != nullptr && seen.insert(next).second) waiting.push_back(next);
    }
  }
  return false;
}

}  // namespace ward::decide
