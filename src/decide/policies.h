// A policy set ready to decide by: the published files and what is always with them.
//
// Files of a set, by the end of their names:
//   *.cedar      policies. The id of one is its @id, else `<file>#<n>` by position from 0: stable,
//   because nothing
//                renumbers across files.
//   *.cedarschema  a schema, in as many files as is convenient: with one, policies must validate
//   strictly
//   actions.json the catalogue: entities of type Action with their groups, in Cedar's entities JSON
//   *.test.json  tests (policy_tests.h); they decide nothing
// The shipped guardrails and Ward's own actions (shipped.h) are always in. Ids and actions that
// begin with `ward.` are theirs alone.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/authorize/policy_set.h"
#include "cedar/engine/compiled_policies.h"
#include "cedar/entity/entities.h"
#include "world/entities.h"

namespace ward::decide {

inline constexpr std::size_t kPolicyFileBytesMax = 4 << 20;
inline constexpr std::string_view kPrivilegedGroup = "privileged";
inline constexpr std::string_view kOwnPrefix = "ward.";

// Immutable; any thread.
class Policies {
 public:
  // kInvalidArgument with file:line:column for a file that does not parse, a name that is none of
  // the above, an action that is no Action, an id twice, a policy that the schema finds wrong;
  // kPermissionDenied for a `ward.` name.
  static Result<std::shared_ptr<const Policies>> parse(const std::vector<world::PolicyFile>& files);

  const cedar::PolicySet& set() const { return compiled_->set(); }
  const cedar::CompiledPolicies& compiled() const { return *compiled_; }
  const cedar::Entities& actions() const { return actions_; }

  // Whether the set has a schema. Warnings are of policies that can never apply by it
  // (policy_warnings.h has those about text).
  bool has_schema() const { return has_schema_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

  // Whether the action is `group` or in it, through any number of groups.
  bool action_is_in(std::string_view action, std::string_view group) const;
  bool is_privileged(std::string_view action) const {
    return action_is_in(action, kPrivilegedGroup);
  }

 private:
  Policies() = default;

  std::shared_ptr<const cedar::CompiledPolicies> compiled_;  // never null
  cedar::Entities actions_;
  bool has_schema_ = false;
  std::vector<std::string> warnings_;
};

}  // namespace ward::decide
