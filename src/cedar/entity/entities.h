// Entities held in memory with their transitive closure, and their JSON form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/entity/entity_store.h"
#include "cedar/value/value.h"

namespace ward::cedar {

class Schema;

struct Entity {
  EntityUid uid;
  Record attributes;
  std::vector<EntityUid> parents;
  Record tags;

  bool operator==(const Entity&) const = default;
};

struct EntitiesLimits {
  std::size_t max_json_bytes = 256u << 20;
  std::size_t max_json_values = 20'000'000;
  std::size_t max_entities = 2'000'000;
  std::size_t max_ancestors = 50'000'000;  // summed over all entities
};

// Immutable once built. Every name that is an entity's or a parent's has a number; the ancestors of
// an entity are the numbers of theirs in one block, four bytes each.
class Entities final : public EntityStore {
 public:
  Entities() = default;

  // kInvalidArgument when two entities of one name differ or an entity is its own ancestor;
  // kResourceExhausted when a bound is passed. Parents that are not among the entities are kept.
  static Result<Entities> build(std::vector<Entity> entities, const EntitiesLimits& limits = {});

  // An array of {"uid", "attrs", "parents", "tags"?} in the explicit forms, which no schema is
  // needed to read: entities in values as {"__entity": {"type", "id"}}, extension values as
  // {"__extn": {"fn", "arg"}} or {"__extn": {"fn", "args"}}. A uid or parent may be plain
  // {"type", "id"}. As in the reference, other members of these objects are ignored.
  static Result<Entities> from_json(std::string_view json, const EntitiesLimits& limits = {});

  // The same by a schema: `__entity` and `__extn` may be left out where the schema says what stands
  // there, every entity must conform (conformance.h), actions must be as declared, and the schema's
  // actions are among the entities whether they were given or not.
  static Result<Entities> from_json(std::string_view json, const Schema& schema,
                                    const EntitiesLimits& limits = {});

  std::size_t size() const { return entities_.size(); }
  // The entity of a true handle, located.
  static ValueView view(EntityHandle entity) {
    return ValueView::of(static_cast<const Entity*>(entity.entity)->uid).located(entity);
  }
  const Entity* get(const EntityUid& uid) const;                 // nullptr when absent
  std::vector<EntityUid> ancestors(const EntityUid& uid) const;  // in no order that means much
  std::vector<EntityUid> of_type(const EntityType& type) const;  // ascending

  EntityHandle find(const EntityName& name) const override;
  EntityName name(EntityHandle entity) const override;
  std::optional<ValueView> attribute(EntityHandle entity, std::string_view name) const override;
  std::optional<ValueView> tag(EntityHandle entity, std::string_view name) const override;
  bool has_ancestor(EntityHandle entity, const EntityName& ancestor) const override;
  void each_ancestor(EntityHandle entity, AncestorVisitor& visitor) const override;

  // Below size() of an entity; from there to names(), of a name that is only a parent.
  using Number = std::uint32_t;
  static constexpr Number kNoNumber = UINT32_MAX;
  std::size_t names() const { return entities_.size() + absent_.size(); }
  const Entity& entity(Number number) const { return entities_[number]; }  // below size()
  Number number(const EntityName& name) const;  // kNoNumber when nothing has it
  Number number(EntityHandle entity) const {
    return static_cast<Number>(static_cast<const Entity*>(entity.entity) - entities_.data());
  }
  std::span<const Number> ancestors(EntityHandle entity) const {  // ascending
    return ancestors_of(number(entity));
  }
  bool has_ancestor(EntityHandle entity, EntityHandle ancestor) const;

 private:
  struct Slot {
    std::uint32_t tag = 0;
    Number number = kNoNumber;
  };

  class Closure;

  const EntityUid& uid_of(Number number) const {
    return number < entities_.size() ? entities_[number].uid : absent_[number - entities_.size()];
  }
  std::span<const Number> ancestors_of(Number entity) const {
    return std::span(ancestors_).subspan(begins_[entity], begins_[entity + 1] - begins_[entity]);
  }
  void insert(const EntityUid& uid, Number number);
  void reserve_names(std::size_t count);
  void add_absent_parents();
  void grow_table();

  std::vector<Entity> entities_;
  std::vector<EntityUid> absent_;
  std::vector<Slot> table_;  // open addressing, a power of two, at most half full; never empty
  std::vector<std::uint32_t> begins_;
  std::vector<Number> ancestors_;  // of one entity: ascending, distinct
};

}  // namespace ward::cedar
