// What is known of entities: all of them, or parts of some.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "cedar/entity/entity_store.h"
#include "cedar/schema/schema.h"
#include "cedar/value/value.h"

namespace ward::cedar {

// An entity that exists. What is nothing is not known; what is given is the whole of it.
struct PartialEntity {
  EntityUid uid;
  std::optional<Record> attributes = {};
  std::optional<std::vector<EntityUid>> ancestors = {};  // over any number of steps
  std::optional<Record> tags = {};
};

// A value, cheap to copy; any thread may read it.
class PartialEntities {
 public:
  // Something is known of these and of the schema's actions; nothing of any other entity, not even
  // whether it exists. kInvalidArgument when one does not conform to the schema, is an action, or
  // is given twice.
  static Result<PartialEntities> build(std::vector<PartialEntity> entities, const Schema& schema);

  // All is known: an entity that the store does not have does not exist. The store, which outlives
  // this, conforms to the schema and has its actions.
  static PartialEntities complete(const EntityStore& store);

  // The store when all is known, else null.
  const EntityStore* store() const { return store_; }
  // Null for an entity of which nothing is known, and when all is.
  const PartialEntity* find(const EntityName& name) const;
  // Nothing: it is not known.
  std::optional<bool> exists(const EntityUid& uid) const;

  // kInvalidArgument when `entities` are not what is known of them, as far as a store can be asked:
  // whether it has tags besides the known ones cannot be seen.
  Result<void> check_consistent(const EntityStore& entities, const Schema& schema) const;

 private:
  using Known = std::unordered_map<EntityUid, PartialEntity>;

  PartialEntities() = default;

  const EntityStore* store_ = nullptr;
  std::shared_ptr<const Known> known_;  // null when there is a store
};

}  // namespace ward::cedar
