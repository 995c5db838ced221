// Policies bound to a store: the names in their scopes and conditions are looked up in the store
// once, so that a decision about entities of the store compares numbers and looks up no names.
//
//   const BoundPolicies bound(*policies, entities);  // once
//   const Answer answer = decide(bound, query, workspace);
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "cedar/engine/compiled_policies.h"
#include "cedar/entity/entities.h"

namespace ward::cedar {

// Immutable; any thread. Both parts outlive it, where they are. Making it takes a look-up for each
// name in the policies, and four bytes for each name in the store.
class BoundPolicies {
 public:
  BoundPolicies(const CompiledPolicies& policies, const Entities& entities);

  const CompiledPolicies& policies() const { return *policies_; }
  const Entities& entities() const { return *entities_; }

  // For the engine alone. What the machine asks a store, and what it need not ask another way:
  // the number that the policies have for a name of the store, kNone when no scope names it.
  std::uint32_t literal(Entities::Number number) const { return literals_[number]; }
  std::uint32_t literal(EntityHandle entity) const { return literals_[entities_->number(entity)]; }
  const std::vector<ValueView>& constants() const { return constants_; }

  EntityHandle find(const EntityName& name) const { return entities_->find(name); }
  std::optional<ValueView> attribute(EntityHandle entity, std::string_view name) const {
    return entities_->attribute(entity, name);
  }
  std::optional<ValueView> tag(EntityHandle entity, std::string_view name) const {
    return entities_->tag(entity, name);
  }
  bool has_ancestor(EntityHandle entity, const EntityName& ancestor) const {
    return entities_->has_ancestor(entity, ancestor);
  }

 private:
  const CompiledPolicies* policies_;
  const Entities* entities_;
  std::vector<std::uint32_t> literals_;  // by number of the store
  std::vector<ValueView> constants_;     // those of the code, entities located
};

}  // namespace ward::cedar
