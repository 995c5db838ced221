#include "cedar/authorize/authorizer.h"

namespace ward::cedar {

std::string_view decision_name(Decision decision) {
  switch (decision) {
    case Decision::kAllow:
      return "allow";
    case Decision::kDeny:
      return "deny";
  }
  WARD_UNREACHABLE();
}

Response authorize(const Request& request, const PolicySet& policies, const EntityStore& entities) {
  Evaluator evaluator(request, entities);
  Response response;
  std::vector<std::string> forbids;
  for (const auto& [id, policy] : policies.policies()) {
    auto outcome = evaluator.satisfied(policy.tree(), policy.slots());
    if (auto* error = std::get_if<EvaluationError>(&outcome)) {
      response.errors.push_back({id, std::move(*error)});
    } else if (std::get<bool>(outcome)) {
      (policy.effect() == Effect::kForbid ? forbids : response.reasons).push_back(id);
    }
  }
  if (!forbids.empty()) {
    response.reasons = std::move(forbids);
  } else if (!response.reasons.empty()) {
    response.decision = Decision::kAllow;
  }
  return response;
}

}  // namespace ward::cedar
