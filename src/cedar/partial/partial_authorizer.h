// The decision as far as it is certain, and what is left of the policies.
//
// Source: Cedar RFC 95 (type-aware partial evaluation), its `reauthorize` included. Every policy
// must be strictly valid in the environment of the request, so that residuals are well typed and
// types say what cannot fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cedar/authorize/authorizer.h"
#include "cedar/partial/partial_entities.h"
#include "cedar/partial/partial_request.h"
#include "cedar/schema/schema.h"

namespace ward::cedar {

enum class PartialOutcome : std::uint8_t {
  kSatisfied,
  kUnsatisfied,
  kErring,
  kResidual,  // what becomes of it depends on what is not known
};

struct ResidualPolicy {
  Policy policy;  // as it was written
  PartialOutcome outcome;
  // Scope and conditions: `true`, `false`, what errs, or what is left, which is well typed with the
  // schema's types for the values that were put in. Spans mean nothing.
  ExprPtr condition;
};

// A policy of this condition: effect and annotations of the original, and a scope that is open.
// Parsing it gives a policy with the same condition.
std::string to_text(const ResidualPolicy& residual);

// A value; any number of threads may read it. Schema and store of entities, if one was given,
// outlive it.
class PartialResponse {
 public:
  // Nothing when it depends on what is not known. Deny: a forbid is satisfied, or no permit can be.
  // Allow: a permit is satisfied, and no forbid can be.
  std::optional<Decision> decision() const { return decision_; }

  std::span<const ResidualPolicy> policies() const { return policies_; }  // in the order of the ids
  std::vector<std::string> ids(PartialOutcome outcome) const;             // ascending

  // What authorize() says of the same policies, errors and their messages included. Only residuals
  // are evaluated. The entities conform to the schema and have its actions. kInvalidArgument when
  // the request does not conform, or request or entities are not what was known of them.
  Result<Response> reauthorize(const Request& request, const EntityStore& entities) const;

  // The decision alone of a request that completes what was known, which is not checked again.
  Decision decide(const Request& request, const EntityStore& entities) const;

 private:
  friend Result<PartialResponse> authorize_partially(const PartialRequest& request,
                                                     const PolicySet& policies,
                                                     const PartialEntities& entities,
                                                     const Schema& schema);

  PartialResponse(PartialRequest request, PartialEntities entities, const Schema& schema,
                  std::vector<ResidualPolicy> policies);

  bool is_any(const std::vector<std::size_t>& of, PartialOutcome outcome) const;

  PartialRequest request_;
  PartialEntities entities_;
  const Schema* schema_;
  std::vector<ResidualPolicy> policies_;
  // Those that are satisfied or may be, by their places in policies_.
  std::vector<std::size_t> permits_;
  std::vector<std::size_t> forbids_;
  std::optional<Decision> decision_;
};

// kInvalidArgument when the request does not conform to the schema as far as it is known, or a
// policy is not strictly valid for its environment: the message names policy, place and fault.
// kResourceExhausted when a policy is too deep. Pure.
Result<PartialResponse> authorize_partially(const PartialRequest& request,
                                            const PolicySet& policies,
                                            const PartialEntities& entities, const Schema& schema);

}  // namespace ward::cedar
