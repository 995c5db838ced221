#include "cedar/partial/known_store.h"

#include <algorithm>

namespace ward::cedar {
namespace {

// SAFETY: without a store of all entities, a true handle came from find(), which puts a
// PartialEntity there.
const PartialEntity& entity_of(EntityHandle handle) {
  return *static_cast<const PartialEntity*>(handle.entity);
}

}  // namespace

EntityHandle KnownStore::find(const EntityName& name) const {
  if (known_.store() != nullptr) return known_.store()->find(name);
  const PartialEntity* found = known_.find(name);
  if (found == nullptr) missed_ = true;
  return {found};
}

EntityName KnownStore::name(EntityHandle entity) const {
  return known_.store() != nullptr ? known_.store()->name(entity) : entity_of(entity).uid;
}

std::optional<ValueView> KnownStore::field(const std::optional<Record>& record,
                                           std::string_view name) const {
  if (!record) missed_ = true;
  const Value* value = record ? record->find(name) : nullptr;
  return value == nullptr ? std::nullopt : std::optional(ValueView(*value));
}

std::optional<ValueView> KnownStore::attribute(EntityHandle entity, std::string_view name) const {
  if (known_.store() != nullptr) return known_.store()->attribute(entity, name);
  return field(entity_of(entity).attributes, name);
}

std::optional<ValueView> KnownStore::tag(EntityHandle entity, std::string_view name) const {
  if (known_.store() != nullptr) return known_.store()->tag(entity, name);
  return field(entity_of(entity).tags, name);
}

bool KnownStore::has_ancestor(EntityHandle entity, const EntityName& ancestor) const {
  if (known_.store() != nullptr) return known_.store()->has_ancestor(entity, ancestor);
  const auto& ancestors = entity_of(entity).ancestors;
  if (!ancestors) {
    missed_ = true;
    return false;
  }
  return std::ranges::binary_search(*ancestors, to_uid(ancestor));
}

void KnownStore::each_ancestor(EntityHandle entity, AncestorVisitor& visitor) const {
  if (known_.store() != nullptr) return known_.store()->each_ancestor(entity, visitor);
  const auto& ancestors = entity_of(entity).ancestors;
  if (!ancestors) {
    missed_ = true;
    return;
  }
  for (const EntityUid& each : *ancestors) visitor.visit(each);
}

}  // namespace ward::cedar
