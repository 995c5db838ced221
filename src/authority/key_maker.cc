#include "authority/key_maker.h"

#include "codec/hex.h"
#include "crypto/jose.h"
#include "crypto/x509.h"
#include "crypto/x509_template.h"

namespace ward::authority {
namespace {

using world::KeyKind;
using world::KeySlot;

Bytes seal_label(const spiffe::TrustDomain& trust_domain, const KeySlot& slot) {
  return to_bytes(fmt::format("ward key slot v1\n{}\n{}\n{}", trust_domain.name(),
                              world::name_of(slot.kind), slot.id));
}

Result<void> check_lifetime(std::string_view of, std::chrono::seconds lifetime) {
  if (lifetime >= kKeyLifetimeMin && lifetime <= kKeyLifetimeMax) return {};
  return invalid_argument("lifetime of {} keys is {} s, expected {} s to {} s", of,
                          lifetime.count(), kKeyLifetimeMin.count(),
                          std::chrono::seconds(kKeyLifetimeMax).count());
}

Result<crypto::PublicKey> public_key_of(const KeySlot& slot) {
  switch (slot.kind) {
    case KeyKind::kX509: {
      WARD_TRY(const auto certificate, crypto::Certificate::parse_der(slot.public_material));
      return certificate.public_key();
    }
    case KeyKind::kJwt:
      return crypto::PublicKey::from_spki_der(slot.public_material);
  }
  WARD_UNREACHABLE();
}

// What is public of a new key: its name and material.
Result<void> describe(const KeyMakerOptions& options, const crypto::PrivateKey& key, WallTime now,
                      Random& random, KeySlot& slot) {
  slot.not_before = now;
  switch (slot.kind) {
    case KeyKind::kX509: {
      const std::string uri = options.trust_domain.id();
      WARD_TRY(auto certificate,
               crypto::self_sign_authority({.uri = uri, .not_after = now + options.x509_lifetime},
                                           key, now, random));
      slot.key_id = codec::encode_hex(crypto::subject_key_id(key.public_key()));
      slot.public_material = std::move(certificate.der);
      slot.not_after = certificate.not_after;
      break;
    }
    case KeyKind::kJwt:
      slot.key_id = crypto::jwk_thumbprint(key.public_key());
      slot.public_material = to_bytes(key.public_key().spki_der());
      slot.not_after = now + options.jwt_lifetime;
      break;
  }
  slot.id = fmt::format("{}/{}", world::name_of(slot.kind), slot.key_id);
  return {};
}

}  // namespace

Result<KeyMaker> KeyMaker::make(KeyMakerOptions options, const KeySealer& sealer, Random& random) {
  WARD_RETURN_IF_ERROR(check_lifetime("X.509", options.x509_lifetime));
  WARD_RETURN_IF_ERROR(check_lifetime("JWT", options.jwt_lifetime));
  return KeyMaker(std::move(options), sealer, random);
}

Result<KeySlot> KeyMaker::prepared(KeyKind kind, WallTime now) const {
  WARD_TRY(const auto key, crypto::PrivateKey::generate(crypto::KeyType::kP256));
  KeySlot slot;
  slot.kind = kind;
  slot.status = world::KeyStatus::kPrepared;
  WARD_RETURN_IF_ERROR(describe(options_, key, now, *random_, slot));
  WARD_TRY(slot.sealed_private_key,
           sealer_->seal(key.pkcs8_der(), seal_label(options_.trust_domain, slot)));
  return slot;
}

Result<std::vector<world::FactBody>> KeyMaker::facts_of(const DueStep& step, const KeySlots& slots,
                                                        WallTime now) const {
  switch (step.step) {
    case KeyStep::kPrepare: {
      WARD_TRY(KeySlot slot, prepared(step.kind, now));
      return slots.prepare(std::move(slot));
    }
    case KeyStep::kActivate:
      return slots.activate(step.slot, now);
    case KeyStep::kRemove:
      return slots.remove(step.slot, now);
  }
  WARD_UNREACHABLE();
}

Result<crypto::PrivateKey> unseal_key(const spiffe::TrustDomain& trust_domain, const KeySlot& slot,
                                      const KeySealer& sealer) {
  const std::string where = fmt::format("key slot `{}`", slot.id);
  WARD_TRY(const SecretBytes pkcs8,
           sealer.unseal(slot.sealed_private_key, seal_label(trust_domain, slot)).in(where));
  WARD_TRY(auto key, crypto::PrivateKey::from_pkcs8_der(pkcs8).in(where));
  WARD_TRY(const auto expected, public_key_of(slot).in(where));
  if (!(key.public_key() == expected))
    return make_error(ErrorCode::kDataLoss, "{}: the private key is not that of the public one",
                      where);
  return key;
}

}  // namespace ward::authority
