// Which facts a client of Admin may make true by Submit, and what is checked of them beyond the
// world's own rules.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "spiffe/id.h"
#include "world/fact.h"

namespace ward::fact::v1 {
class Fact;
}

namespace ward::server {

// The fact with `now` and `actor` for its own. kInvalidArgument: malformed, or an identity that is
// not of this trust domain. kPermissionDenied: a body that has a call of its own (join tokens,
// nodes, policies, keys, revocations), or a registration for a name that Ward keeps for itself.
Result<world::Fact> read_submitted(const ward::fact::v1::Fact& from,
                                   const spiffe::TrustDomain& trust_domain, WallTime now,
                                   const std::string& actor);

}  // namespace ward::server
