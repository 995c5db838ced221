#include "authority/trust_bundle.h"

#include "authority/key_slots.h"

namespace ward::authority {
namespace {

Error damaged(const world::KeySlot& slot, std::string_view what) {
  return make_error(ErrorCode::kDataLoss, "key slot `{}`: {}", slot.id, what);
}

Result<void> add(const world::KeySlot& slot, TrustBundle& bundle) {
  switch (slot.kind) {
    case world::KeyKind::kX509: {
      auto certificate = crypto::Certificate::parse_der(slot.public_material);
      if (!certificate.ok()) return damaged(slot, certificate.error().message());
      const crypto::CertificateInfo& info = certificate->info();
      if (!info.is_ca || info.uris != std::vector{bundle.x509.trust_domain.id()})
        return damaged(slot, "not a CA certificate of this trust domain");
      bundle.x509.authorities.push_back(std::move(certificate).value());
      return {};
    }
    case world::KeyKind::kJwt: {
      auto key = crypto::PublicKey::from_spki_der(slot.public_material);
      if (!key.ok()) return damaged(slot, key.error().message());
      const auto added = bundle.jwt.keys.emplace(slot.key_id.str(), std::move(key).value());
      if (slot.key_id.empty() || !added.second) return damaged(slot, "key id missing or repeated");
      return {};
    }
  }
  WARD_UNREACHABLE();
}

}  // namespace

Result<TrustBundle> trust_bundle(const spiffe::TrustDomain& trust_domain,
                                 std::span<const world::KeySlot> slots) {
  TrustBundle bundle{.x509 = {trust_domain}, .jwt = {trust_domain}};
  for (const world::KeySlot& slot : slots) WARD_RETURN_IF_ERROR(add(slot, bundle));
  return bundle;
}

Result<TrustBundle> trust_bundle(const spiffe::TrustDomain& trust_domain,
                                 const world::World& world) {
  TrustBundle bundle{.x509 = {trust_domain}, .jwt = {trust_domain}};
  for (const world::KeySlot* slot : world.key_slots({.limit = 2 * kKeySlotsMax}))
    WARD_RETURN_IF_ERROR(add(*slot, bundle));
  return bundle;
}

}  // namespace ward::authority
