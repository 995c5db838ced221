// Where the evaluator finds entities. Whoever holds entities in a form of its own (Ward's world)
// implements this; nothing is copied.
#pragma once

#include <optional>
#include <string_view>

#include "cedar/value/entity_uid.h"
#include "cedar/value/value.h"

namespace ward::cedar {

// One entity inside its store; means something to that store only, and as long as it is unchanged.
struct EntityHandle {
  const void* entity = nullptr;

  explicit operator bool() const { return entity != nullptr; }
};

// A store is unchanged while a request is decided, and any number of threads may read it.
class EntityStore {
 public:
  virtual ~EntityStore() = default;

  // A false handle when there is no such entity. The other functions take true handles only.
  virtual EntityHandle find(const EntityUid& uid) const = 0;

  virtual std::optional<Value> attribute(EntityHandle entity, std::string_view name) const = 0;
  virtual std::optional<Value> tag(EntityHandle entity, std::string_view name) const = 0;

  // Whether `ancestor` is reached over parents in one or more steps. It need not be in the store,
  // and what it is in does not count then.
  virtual bool has_ancestor(EntityHandle entity, const EntityUid& ancestor) const = 0;
};

}  // namespace ward::cedar
