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

void ResponseBuilder::add(const Policy& policy, std::variant<bool, EvaluationError> outcome) {
  if (auto* error = std::get_if<EvaluationError>(&outcome)) {
    response_.errors.push_back({policy.id(), std::move(*error)});
  } else if (std::get<bool>(outcome)) {
    (policy.effect() == Effect::kForbid ? forbids_ : response_.reasons).push_back(policy.id());
  }
}

Response ResponseBuilder::take() && {
  if (!forbids_.empty()) {
    response_.reasons = std::move(forbids_);
  } else if (!response_.reasons.empty()) {
    response_.decision = Decision::kAllow;
  }
  return std::move(response_);
}

Response authorize(const Request& request, const PolicySet& policies, const EntityStore& entities) {
  Evaluator evaluator(request, entities);
  ResponseBuilder response;
  for (const auto& [id, policy] : policies.policies()) {
    response.add(policy, evaluator.satisfied(policy.tree(), policy.slots()));
  }
  return std::move(response).take();
}

}  // namespace ward::cedar
