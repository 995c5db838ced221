#include "server/issuer.h"

#include <algorithm>
#include <utility>

#include "authority/key_proof.h"
#include "crypto/hash.h"

namespace ward::server {

std::int64_t to_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

Result<Issuer::Entitled> Issuer::entitled(std::string_view node,
                                          const std::string& registration_id) const {
  const world::World& world = plane_.world();
  const world::Registration* registration = world.registration(registration_id);
  if (registration == nullptr || registration->parent != node) {
    return make_error(ErrorCode::kPermissionDenied, "`{}` has no registration `{}`", node,
                      registration_id);
  }
  const world::Identity* identity = world.identity(registration->spiffe_id);
  if (identity == nullptr) {
    return make_error(ErrorCode::kPermissionDenied, "identity `{}` is gone",
                      registration->spiffe_id);
  }
  if (identity->status != world::IdentityStatus::kActive) {
    return make_error(ErrorCode::kPermissionDenied, "identity `{}` is {}", identity->id,
                      world::name_of(identity->status));
  }
  // While a revocation stands nothing is issued, so that a receipt can be shown to hold; after it
  // nothing is issued that would fall under it.
  const auto* revocation = world.revocation(world::RevocationKind::kIdentity, identity->id);
  if (revocation != nullptr && revocation->stands()) {
    return make_error(ErrorCode::kPermissionDenied, "identity `{}` is revoked", identity->id);
  }
  WallTime not_before_min{};
  if (revocation != nullptr) not_before_min = revocation->not_before;
  if (const auto* of_node = world.revocation(world::RevocationKind::kNode, node))
    not_before_min = std::max(not_before_min, of_node->not_before);
  return Entitled{*registration, *identity, not_before_min};
}

Result<IssuedX509> Issuer::issue_x509(std::string_view node, const std::string& registration_id,
                                      ByteView public_key, ByteView key_proof) const {
  WARD_TRY(const Entitled who, entitled(node, registration_id));
  WARD_TRY(const auto key, authority::verify_key_proof(authority::KeyProofPurpose::kX509Svid,
                                                       registration_id, public_key, key_proof));
  WARD_TRY(auto subject, authority::x509_subject(who.registration, &who.identity));
  subject.not_before_min = who.not_before_min;
  WARD_TRY(auto credential, authority_.authority().issue_x509_svid(subject, key, plane_.now()));
  evidence::Issuance record;
  record.subject = who.identity.id.str();
  record.kind = evidence::CredentialKind::kX509Svid;
  record.credential = credential.serial;
  record.not_before_s = to_seconds(credential.not_before);
  record.not_after_s = to_seconds(credential.not_after);
  record.registration = registration_id;
  const auto digest = crypto::sha256(key.spki_der());
  record.public_key_sha256 = to_bytes(ByteView(digest));
  return IssuedX509{std::move(credential), std::move(record)};
}

Result<IssuedJwt> Issuer::issue_jwt(std::string_view node, const std::string& registration_id,
                                    std::span<const std::string> audience) const {
  WARD_TRY(const Entitled who, entitled(node, registration_id));
  WARD_TRY(auto subject, authority::jwt_subject(who.registration, &who.identity));
  subject.not_before_min = who.not_before_min;
  WARD_TRY(auto credential, authority_.authority().issue_jwt_svid(subject, audience, plane_.now()));
  evidence::Issuance record;
  record.subject = who.identity.id.str();
  record.kind = evidence::CredentialKind::kJwtSvid;
  record.credential = credential.token_id;
  record.not_before_s = to_seconds(credential.issued_at);
  record.not_after_s = to_seconds(credential.expiry);
  record.registration = registration_id;
  return IssuedJwt{std::move(credential), std::move(record)};
}

}  // namespace ward::server
