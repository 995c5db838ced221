// The decision: forbid overrides permit, nothing is permitted by default, an erring policy is
// skipped and reported.
//
// Cedar's semantics to the letter (authorizer of SDK 4.12, which its Lean model proves). What an
// erring forbid means for Ward is the rule of the room decide, not of this one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cedar/authorize/policy_set.h"
#include "cedar/entity/entity_store.h"
#include "cedar/evaluate/evaluation_error.h"
#include "cedar/evaluate/request.h"

namespace ward::cedar {

enum class Decision : std::uint8_t { kAllow, kDeny };

std::string_view decision_name(Decision decision);  // `allow`, `deny`

struct PolicyError {
  std::string policy_id;
  EvaluationError error;
};

struct Response {
  Decision decision = Decision::kDeny;
  // The satisfied forbids if there are any, else the satisfied permits; in the order of the ids. So
  // a deny with reasons was forbidden, a deny without was not permitted.
  std::vector<std::string> reasons;
  // Every policy that erred, whatever the decision; in the order of the ids.
  std::vector<PolicyError> errors;
};

// Puts together what became of the policies, taken in the order of their ids.
class ResponseBuilder {
 public:
  void add(const Policy& policy, std::variant<bool, EvaluationError> outcome);
  Response take() &&;

 private:
  Response response_;  // with the permits as its reasons
  std::vector<std::string> forbids_;
};

// Evaluates every policy: the diagnostics are whole. Pure; any number of threads at once.
Response authorize(const Request& request, const PolicySet& policies, const EntityStore& entities);

}  // namespace ward::cedar
