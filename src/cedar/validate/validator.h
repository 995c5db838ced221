// Validation: whether a policy can be trusted not to fail on the requests of a schema.
//
// Every expression is typed for every request environment (action, type of principal, type of
// resource) that the schema allows. A policy without errors raises no error of type, attribute or
// arity when it is evaluated on entities and requests that conform to the schema.
//
// Source: Cedar documentation, "Policy validation"; RFC 19 (modes), RFC 76 (levels); SDK 4.12,
// where an action that applies to nothing in the scope is an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "cedar/schema/schema.h"
#include "cedar/syntax/policy.h"
#include "cedar/validate/validation_error.h"
#include "cedar/validate/validation_mode.h"

namespace ward::cedar {

struct PolicyValidation {
  std::vector<ValidationError> errors;  // each once, in the order of the text
  bool is_impossible = false;  // a warning: it is false for every request that the schema allows

  bool ok() const { return errors.empty(); }
};

// Environments that one policy is checked in: those that its scope lets through.
inline constexpr std::size_t kValidationEnvironmentsMax = 1'000'000;

// What a request may be: an action, a type of principal and one of resource that it applies to.
// They are of one schema, which outlives it.
struct RequestEnvironment {
  const EntityTypeInfo* principal;
  const ActionInfo* action;
  const EntityTypeInfo* resource;
};

struct ValidationOptions {
  ValidationMode mode = ValidationMode::kStrict;
  // What a policy that is valid otherwise may read: at level 1 principal, action, resource and the
  // entities in the context, at each further level what the attributes and tags of these name, at
  // level 0 nothing. Entities that the policy names itself are never read. Nothing: no bound.
  std::optional<std::uint32_t> level = {};
  // Look at this environment of the schema alone; an action that applies to nothing in the scope is
  // no error then. Nothing: at all that the scope lets through.
  std::optional<RequestEnvironment> only = {};
};

// A static policy, or a template for whatever its slots may be filled with. Pure.
// kResourceExhausted when there are more than kValidationEnvironmentsMax environments.
Result<PolicyValidation> validate_policy(const PolicyTree& policy, const Schema& schema,
                                         const ValidationOptions& options = {});

}  // namespace ward::cedar
