// Why a request was decided as it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "cedar/authorize/authorizer.h"
#include "cedar/explain/failed_clause.h"

namespace ward::cedar {

inline constexpr std::size_t kNearestPermitsMax = 20;

// A permit that was not satisfied.
struct NearPermit {
  const Policy* policy;  // of the set that was asked
  FailedClause clause;
};

// The permits that came nearest: all whose scope holds; when there is none, those of whose scope
// the most parts do, one at least. In the order of the ids, kNearestPermitsMax of them.
struct NearestPermits {
  std::vector<NearPermit> permits;
  std::size_t scope_parts = 0;  // of each: 3, or less when no permit has a scope that holds
  std::size_t omitted = 0;      // as near, but beyond the bound
};

// Pure; borrows the set.
NearestPermits nearest_permits(const Request& request, const PolicySet& policies,
                               const EntityStore& entities);

struct Explanation {
  enum class Cause : std::uint8_t { kAllowed, kForbidden, kNotPermitted };

  Cause cause = Cause::kNotPermitted;
  Response response;       // as authorize() gives it
  NearestPermits nearest;  // of kNotPermitted
};

// Pure; borrows the set.
Explanation explain(const Request& request, const PolicySet& policies, const EntityStore& entities);

std::string_view explanation_cause_name(Explanation::Cause cause);  // `allowed`, `not-permitted`

}  // namespace ward::cedar
