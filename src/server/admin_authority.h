// Steps of a key's rotation as Admin takes them, and the trust bundle that it gives.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "server/authority_keeper.h"
#include "world/fact.h"
#include "world/world.h"

namespace ward::admin::v1 {
class GetBundleResponse;
class RotateAuthorityRequest;
class RotateAuthorityResponse;
}  // namespace ward::admin::v1

namespace ward::server {

// The facts of one step. kInvalidArgument: no such kind or step, or a key to retire that is not
// named. kFailedPrecondition: a key to activate where none is prepared.
Result<std::vector<world::FactBody>> rotation_facts(
    const ward::admin::v1::RotateAuthorityRequest& request, const AuthorityKeeper& authority,
    const world::World& world, WallTime now);

// The key slot that such facts are about; empty when they are about none.
std::string rotated_slot(const std::vector<world::FactBody>& facts);

// With the slot as it now is, unless it is gone.
ward::admin::v1::RotateAuthorityResponse rotation_response(std::uint64_t revision,
                                                           const std::string& slot,
                                                           const world::World& world);

ward::admin::v1::GetBundleResponse bundle_response(const AuthorityKeeper& authority,
                                                   std::uint64_t revision);

}  // namespace ward::server
