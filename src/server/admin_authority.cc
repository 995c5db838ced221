#include "server/admin_authority.h"

#include <chrono>
#include <string_view>
#include <utility>
#include <variant>

#include "authority/key_slots.h"
#include "server/admin_entities.h"
#include "spiffe/bundle.h"
#include "ward/admin/v1/admin.pb.h"

namespace ward::server {
namespace {

namespace wire = ward::admin::v1;

Result<world::KeyKind> read_key_kind(ward::fact::v1::KeyKind kind) {
  switch (kind) {
    case ward::fact::v1::KEY_KIND_X509:
      return world::KeyKind::kX509;
    case ward::fact::v1::KEY_KIND_JWT:
      return world::KeyKind::kJwt;
    default:  // not an enumeration of ours
      return invalid_argument("expected a kind of key, got {}", static_cast<int>(kind));
  }
}

Result<authority::KeyStep> read_key_step(std::string_view step) {
  if (step == "prepare") return authority::KeyStep::kPrepare;
  if (step == "activate") return authority::KeyStep::kActivate;
  if (step == "retire") return authority::KeyStep::kRemove;
  return invalid_argument("expected `prepare`, `activate` or `retire`, got `{}`", step);
}

}  // namespace

Result<std::vector<world::FactBody>> rotation_facts(const wire::RotateAuthorityRequest& request,
                                                    const AuthorityKeeper& authority,
                                                    const world::World& world, WallTime now) {
  WARD_TRY(const world::KeyKind kind, read_key_kind(request.kind()));
  WARD_TRY(const authority::KeyStep step, read_key_step(request.step()));
  WARD_TRY(const auto slots, authority::KeySlots::of(world));
  std::string slot = request.slot_id();
  if (step == authority::KeyStep::kActivate && slot.empty()) {
    const world::KeySlot* prepared = slots.prepared(kind);
    if (prepared == nullptr) {
      return make_error(ErrorCode::kFailedPrecondition, "no {} key is prepared",
                        world::name_of(kind));
    }
    slot = prepared->id.str();
  }
  if (step == authority::KeyStep::kRemove && slot.empty()) {
    return invalid_argument("which key to retire is to be named");
  }
  return authority.maker().facts_of({.step = step, .kind = kind, .slot = std::move(slot)}, slots,
                                    now);
}

std::string rotated_slot(const std::vector<world::FactBody>& facts) {
  if (facts.empty()) return {};
  if (const auto* put = std::get_if<world::KeySlotPut>(&facts.back())) {
    return put->slot.id.str();
  }
  if (const auto* removed = std::get_if<world::KeySlotRemoved>(&facts.back())) {
    return removed->id.str();
  }
  return {};
}

wire::RotateAuthorityResponse rotation_response(std::uint64_t revision, const std::string& slot,
                                                const world::World& world) {
  wire::RotateAuthorityResponse response;
  response.set_revision(revision);
  wire::GetRequest request;
  request.set_kind(wire::ENTITY_KIND_KEY_SLOT);
  request.set_id(slot);
  auto found = get_entity(world, request);
  if (found.ok()) response.mutable_slot()->Swap(found->mutable_entity()->mutable_key_slot());
  return response;
}

wire::GetBundleResponse bundle_response(const AuthorityKeeper& authority, std::uint64_t revision) {
  wire::GetBundleResponse response;
  for (const Bytes& der : authority.trust_bundle_der()) {
    response.add_x509_authorities(der.data(), der.size());
  }
  response.set_jwks(spiffe::print_jwt_bundle(authority.authority().jwt_bundle()));
  response.set_spiffe_bundle(
      spiffe::print_spiffe_bundle({.x509 = authority.authority().x509_bundle(),
                                   .jwt = authority.authority().jwt_bundle(),
                                   .sequence = revision,
                                   .refresh_hint = std::chrono::minutes(5)}));
  return response;
}

}  // namespace ward::server
