// What a client of Admin may revoke, and what it is answered.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "server/revocation_tracker.h"
#include "world/world.h"

namespace ward::admin::v1 {
class RevokeRequest;
class RevokeResponse;
}  // namespace ward::admin::v1

namespace ward::server {

// kInvalidArgument: no such kind, or a credential that is neither `x509:SERIAL` nor `jwt:ID`.
// kNotFound: a credential of an identity that is not in `world`.
Result<world::Revocation> read_revocation(const ward::admin::v1::RevokeRequest& request,
                                          const world::World& world, WallTime now);

// Its holders, and when the last of them acknowledged; without the receipt.
ward::admin::v1::RevokeResponse revoke_response(std::uint64_t revision,
                                                const TrackedRevocation& tracked);

}  // namespace ward::server
