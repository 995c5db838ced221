// The schema of a policy set: what its policies are validated by before they are published. Private
// to the room.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cedar/authorize/policy_set.h"
#include "cedar/entity/entities.h"
#include "cedar/schema/schema.h"

namespace ward::decide {

// `fragments` are all files of the schema together. The policies, but for those that Ward ships,
// must validate strictly; each action of the schema must be in the catalogue, in the same groups.
// The answer is warnings: policies that can never apply.
//
// kInvalidArgument with file:line:column, the kind of the first error and how many there are.
Result<std::vector<std::string>> validate_by_schema(
    const std::vector<cedar::SchemaFragment>& fragments, const cedar::PolicySet& policies,
    const cedar::Entities& actions);

}  // namespace ward::decide
