#include "cedar/engine/bound_policies.h"

namespace ward::cedar {

BoundPolicies::BoundPolicies(const CompiledPolicies& policies, const Entities& entities)
    : policies_(&policies),
      entities_(&entities),
      literals_(entities.names(), engine::kNone),
      constants_(policies.code().constant_views) {
  const std::span<const EntityUid> literals = policies.index().literals();
  for (std::uint32_t i = 0; i < literals.size(); ++i) {
    const Entities::Number number = entities.number(literals[i]);
    if (number != Entities::kNoNumber) literals_[number] = i;
  }
  for (ValueView& constant : constants_) {
    if (!constant.is(Value::Kind::kEntity)) continue;
    constant = constant.located(entities.find(constant.entity()));
  }
}

}  // namespace ward::cedar
