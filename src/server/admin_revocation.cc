#include "server/admin_revocation.h"

#include <algorithm>
#include <chrono>

#include "ward/admin/v1/admin.pb.h"

namespace ward::server {

namespace wire = ward::admin::v1;

Result<world::Revocation> read_revocation(const wire::RevokeRequest& request,
                                          const world::World& world, WallTime now) {
  world::Revocation revocation;
  revocation.id = request.id();
  revocation.not_before = now;
  revocation.reason = request.reason();
  switch (request.kind()) {
    case ward::fact::v1::REVOCATION_KIND_IDENTITY:
      revocation.kind = world::RevocationKind::kIdentity;
      return revocation;
    case ward::fact::v1::REVOCATION_KIND_NODE:
      revocation.kind = world::RevocationKind::kNode;
      return revocation;
    case ward::fact::v1::REVOCATION_KIND_CREDENTIAL:
      break;
    default:  // not an enumeration of ours
      return invalid_argument("expected a kind of revocation, got {}",
                              static_cast<int>(request.kind()));
  }
  revocation.kind = world::RevocationKind::kCredential;
  if (!request.id().starts_with("x509:") && !request.id().starts_with("jwt:")) {
    return invalid_argument("expected `x509:SERIAL` or `jwt:ID`, got `{}`", request.id());
  }
  if (world.identity(request.identity()) == nullptr) {
    return make_error(ErrorCode::kNotFound,
                      "no identity `{}`: a credential is revoked with the "
                      "identity it is of",
                      request.identity());
  }
  revocation.identity = request.identity();
  return revocation;
}

wire::RevokeResponse revoke_response(std::uint64_t revision, const TrackedRevocation& tracked) {
  wire::RevokeResponse response;
  response.set_revision(revision);
  std::uint64_t last_us = 0;
  for (const RevocationHolder& holder : tracked.holders) {
    wire::HolderState& state = *response.add_holders();
    state.set_node(holder.node);
    state.set_acknowledged(holder.state == HolderState::kAcknowledged);
    if (state.acknowledged()) {
      state.set_after_us(static_cast<std::uint64_t>(holder.after.count()));
      last_us = std::max(last_us, state.after_us());
    } else {
      state.set_last_heartbeat_us(holder.last_heartbeat.time_since_epoch().count());
    }
  }
  response.set_last_acknowledged_us(last_us);
  return response;
}

}  // namespace ward::server
