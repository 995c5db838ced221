// A policy's condition with the types of its parts, in one request environment.
#pragma once

#include "base/result.h"
#include "cedar/evaluate/evaluator.h"
#include "cedar/validate/type_checker.h"

namespace ward::cedar {

struct TypedCondition {
  ExprPtr expr;              // scope and conditions; `has` of one name, `is` without `in`
  TypesOfExpressions types;  // of the parts that can be evaluated
  GuardsOfAccesses guards;
};

// kInvalidArgument, with place, kind and message of the first error, unless the policy is strictly
// valid in this environment; kResourceExhausted when the condition is more than kExprDepthMax deep.
// `types` are of `schema`.
Result<TypedCondition> type_condition(const PolicyTree& policy, const SlotValues& slots,
                                      const Schema& schema, const RequestEnvironment& environment,
                                      CheckedTypes& types);

}  // namespace ward::cedar
