// Entities held in memory with their transitive closure, and their JSON form.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <unordered_map>
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

// Immutable once built.
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

  std::size_t size() const { return nodes_.size(); }
  const Entity* get(const EntityUid& uid) const;                     // nullptr when absent
  std::span<const EntityUid> ancestors(const EntityUid& uid) const;  // in no order that means much

  EntityHandle find(const EntityName& name) const override;
  EntityName name(EntityHandle entity) const override;
  std::optional<ValueView> attribute(EntityHandle entity, std::string_view name) const override;
  std::optional<ValueView> tag(EntityHandle entity, std::string_view name) const override;
  bool has_ancestor(EntityHandle entity, const EntityName& ancestor) const override;
  void each_ancestor(EntityHandle entity, AncestorVisitor& visitor) const override;

 private:
  struct Node {
    Entity entity;
    std::vector<EntityUid> ancestors;  // INVARIANT: ascending by hash, then by name; distinct
  };
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(const EntityName& name) const { return name.hash(); }
  };
  using Nodes = std::unordered_map<EntityUid, Node, NameHash, std::equal_to<>>;

  class Closure;

  Nodes nodes_;
};

}  // namespace ward::cedar
