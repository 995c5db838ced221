// What is known of entities as the store that an evaluator reads, which remembers whether it was
// asked for more. Private to partial/.
#pragma once

#include "cedar/partial/partial_entities.h"

namespace ward::cedar {

// One thread. What an evaluation made of it counts only if nothing was missed.
class KnownStore final : public EntityStore {
 public:
  explicit KnownStore(const PartialEntities& known) : known_(known) {}

  bool has_missed() const { return missed_; }
  void forget() { missed_ = false; }

  EntityHandle find(const EntityName& name) const override;
  EntityName name(EntityHandle entity) const override;
  std::optional<ValueView> attribute(EntityHandle entity, std::string_view name) const override;
  std::optional<ValueView> tag(EntityHandle entity, std::string_view name) const override;
  bool has_ancestor(EntityHandle entity, const EntityName& ancestor) const override;
  void each_ancestor(EntityHandle entity, AncestorVisitor& visitor) const override;

 private:
  std::optional<ValueView> field(const std::optional<Record>& record, std::string_view name) const;

  const PartialEntities& known_;
  mutable bool missed_ = false;
};

}  // namespace ward::cedar
