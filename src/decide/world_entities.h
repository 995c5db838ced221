// The world and a policy set's actions as Cedar entities. Nothing is copied: what is read borrows
// from the world.
//
//   Ward::Human, ServiceAccount, Workload, CiJob, Device, AiAgent   an identity, by its class; id:
//   SPIFFE ID
//       attributes  status String, owner_live Bool, trust_domain String,
//                   and where the registry has them: owner Ward::Owner, environment
//                   Ward::Environment, segment Ward::Segment
//       tags        labels
//       in          its owner, environment and segment
//   any registered type     a resource
//       attributes  those of the registry (String), and owner, environment, segment as above, which
//       win in          its parents and what they are in; its owner, environment and segment
//   Ward::Owner             attributes kind String, live Bool
//   Ward::Segment           no attributes
//   Ward::Environment       a name only: for `in` and `==`
//   Action                  of the catalogue, in its groups
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "cedar/entity/entity_store.h"
#include "decide/policies.h"
#include "world/world.h"

namespace ward::decide {

// The Cedar type of a class: `Ward::Workload`.
std::string_view entity_type_of(world::IdentityClass value);
cedar::EntityUid entity_uid_of(const world::Identity& identity);
// kInvalidArgument when the type is no Cedar type name.
Result<cedar::EntityUid> entity_uid_of(const world::EntityName& resource);

// Refers to both; any number of threads may read one.
class WorldEntities final : public cedar::EntityStore {
 public:
  WorldEntities(const world::World& world, const Policies& policies)
      : world_(world), policies_(policies) {}

  // Of things of this world, without looking them up.
  static cedar::EntityHandle handle_of(const world::Identity& identity);
  static cedar::EntityHandle handle_of(const world::Resource& resource);

  cedar::EntityHandle find(const cedar::EntityName& name) const override;
  cedar::EntityName name(cedar::EntityHandle entity) const override;
  std::optional<cedar::ValueView> attribute(cedar::EntityHandle entity,
                                            std::string_view name) const override;
  std::optional<cedar::ValueView> tag(cedar::EntityHandle entity,
                                      std::string_view name) const override;
  bool has_ancestor(cedar::EntityHandle entity, const cedar::EntityName& ancestor) const override;
  void each_ancestor(cedar::EntityHandle entity, cedar::AncestorVisitor& visitor) const override;

 private:
  template <typename Visit>
  bool walk_resource(const world::Resource& resource, Visit visit) const;

  const world::World& world_;
  const Policies& policies_;
};

}  // namespace ward::decide
