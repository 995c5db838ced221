// Where the engines find entities. Whoever holds entities in a form of its own (Ward's world)
// implements this; nothing is copied.
#pragma once

#include <optional>
#include <string_view>

#include "cedar/value/value_view.h"

namespace ward::cedar {

// Takes the ancestors of an entity one by one.
class AncestorVisitor {
 public:
  virtual void visit(const EntityName& ancestor) = 0;

 protected:
  ~AncestorVisitor() = default;
};

// A store is unchanged while a request is decided, and any number of threads may read it. Two
// handles of one entity are equal. What is returned borrows from the store.
class EntityStore {
 public:
  virtual ~EntityStore() = default;

  // A false handle when there is no such entity. The other functions take true handles only.
  virtual EntityHandle find(const EntityName& name) const = 0;
  virtual EntityName name(EntityHandle entity) const = 0;

  virtual std::optional<ValueView> attribute(EntityHandle entity, std::string_view name) const = 0;
  virtual std::optional<ValueView> tag(EntityHandle entity, std::string_view name) const = 0;

  // Whether `ancestor` is reached over parents in one or more steps. It need not be in the store,
  // and what it is in does not count then.
  virtual bool has_ancestor(EntityHandle entity, const EntityName& ancestor) const = 0;
  // All of them, in any order, each at least once.
  virtual void each_ancestor(EntityHandle entity, AncestorVisitor& visitor) const = 0;
};

}  // namespace ward::cedar
