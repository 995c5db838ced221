#include "cedar/explain/explanation.h"

#include <utility>

namespace ward::cedar {

NearestPermits nearest_permits(const Request& request, const PolicySet& policies,
                               const EntityStore& entities) {
  NearestPermits out;
  std::vector<const Policy*> nearest;
  for (const auto& [id, policy] : policies.policies()) {
    if (policy.effect() != Effect::kPermit) continue;
    const std::size_t parts = fitting_scope_parts(policy, request, entities);
    if (parts == 0 || parts < out.scope_parts) continue;
    if (parts > out.scope_parts) nearest.clear();
    out.scope_parts = parts;
    nearest.push_back(&policy);
  }
  for (const Policy* policy : nearest) {
    auto clause = failed_clause(*policy, request, entities);
    if (!clause) continue;  // a permit that is satisfied
    if (out.permits.size() == kNearestPermitsMax) {
      ++out.omitted;
    } else {
      out.permits.push_back({.policy = policy, .clause = *std::move(clause)});
    }
  }
  return out;
}

Explanation explain(const Request& request, const PolicySet& policies,
                    const EntityStore& entities) {
  Explanation out;
  out.response = authorize(request, policies, entities);
  if (out.response.decision == Decision::kAllow) {
    out.cause = Explanation::Cause::kAllowed;
  } else if (!out.response.reasons.empty()) {
    out.cause = Explanation::Cause::kForbidden;
  } else {
    out.nearest = nearest_permits(request, policies, entities);
  }
  return out;
}

std::string_view explanation_cause_name(Explanation::Cause cause) {
  switch (cause) {
    case Explanation::Cause::kAllowed:
      return "allowed";
    case Explanation::Cause::kForbidden:
      return "forbidden";
    case Explanation::Cause::kNotPermitted:
      return "not-permitted";
  }
  WARD_UNREACHABLE();
}

}  // namespace ward::cedar
