// Scope and conditions of a policy as one boolean expression.
#pragma once

#include "cedar/syntax/policy.h"

namespace ward::cedar {

// A conjunction of what the scope asks and of the conditions, in the order in which they are
// evaluated; `true` when there are none. `principal` and `resource` stand where the scope has slots
// and are not looked at where it has none. It is at most two operations deeper than the conditions.
ExprPtr whole_condition(const PolicyTree& policy, const EntityUid* principal,
                        const EntityUid* resource);

}  // namespace ward::cedar
