// Policies bound to a store: the names in their scopes and conditions are looked up in the store
// once, so that a decision about entities of the store compares numbers and looks up no names.
//
//   const BoundPolicies bound(*policies, entities);  // once
//   const Answer answer = decide(bound, query, workspace);
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "cedar/engine/compiled_policies.h"
#include "cedar/entity/entities.h"

namespace ward::cedar {

// Immutable; any thread. Both parts outlive it, where they are. Making it takes a look-up for each
// name in the policies and each attribute in the store; it holds eight bytes for each name in the
// store, 36 for each attribute that the policies may read, and 32 for each entity in a set that is
// one.
class BoundPolicies {
 public:
  BoundPolicies(const CompiledPolicies& policies, const Entities& entities);
  BoundPolicies(const BoundPolicies&) = delete;  // views refer to what it owns
  BoundPolicies& operator=(const BoundPolicies&) = delete;

  const CompiledPolicies& policies() const { return *policies_; }
  const Entities& entities() const { return *entities_; }

  // For the engine alone. What the machine asks a store, and what it need not ask another way:
  // the number that the policies have for a name of the store, kNone when no scope names it.
  std::uint32_t literal(Entities::Number number) const { return literals_.data()[number]; }
  std::uint32_t literal(EntityHandle entity) const { return literal(entities_->number(entity)); }
  const std::vector<ValueView>& constants() const { return constants_; }

  // By number of the name in the code; nullptr when the entity has no such attribute. Entities in
  // it, and in a set that it is, are located.
  const ValueView* attribute(EntityHandle entity, std::uint32_t name) const {
    const std::uint32_t* begins = attribute_begins_.data() + entities_->number(entity);
    const std::uint32_t* names = attribute_names_.data();
    for (std::uint32_t at = begins[0]; at < begins[1]; ++at) {
      if (names[at] == name) return attributes_.data() + at;
    }
    return nullptr;
  }

  EntityHandle find(const EntityName& name) const { return entities_->find(name); }
  std::optional<ValueView> tag(EntityHandle entity, std::string_view name) const {
    return entities_->tag(entity, name);
  }
  bool has_ancestor(EntityHandle entity, const EntityName& ancestor) const {
    return entities_->has_ancestor(entity, ancestor);
  }

 private:
  void bind_attributes();
  ValueView bound(const Value& value);

  const CompiledPolicies* policies_;
  const Entities* entities_;
  std::vector<std::uint32_t> literals_;  // by number of the store
  std::vector<ValueView> constants_;     // those of the code, entities located
  // By number of the entity: where its attributes begin; their names by number in the code.
  std::vector<std::uint32_t> attribute_begins_;
  std::vector<std::uint32_t> attribute_names_;
  std::vector<ValueView> attributes_;
  std::deque<std::vector<ValueView>> sets_;  // those that attributes are
};

}  // namespace ward::cedar
