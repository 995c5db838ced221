#include "evidence/log_key.h"

#include <algorithm>

namespace ward::evidence {
namespace {

constexpr std::string_view kScheme = "spiffe://";

Error refused(std::string_view why) {
  return make_error(ErrorCode::kUnauthenticated,
                    "the certificate of the log's key does not hold: {}", why);
}

bool is_for_signing(const crypto::CertificateInfo& info) {
  using crypto::ExtendedKeyUsage;
  using crypto::KeyUsage;
  return !info.is_ca && info.allows(KeyUsage::kDigitalSignature) &&
         !info.allows(KeyUsage::kKeyCertSign) && !info.allows(KeyUsage::kCrlSign) &&
         !info.extended_key_usages.empty() &&
         std::ranges::all_of(info.extended_key_usages, [](ExtendedKeyUsage usage) {
           return usage == ExtendedKeyUsage::kOther;
         });
}

Result<crypto::Certificate> parse(ByteView certificate) {
  if (certificate.size() > kLogKeyCertificateBytesMax) {
    return make_error(ErrorCode::kResourceExhausted, "a certificate has at most {} bytes, got {}",
                      kLogKeyCertificateBytesMax, certificate.size());
  }
  return crypto::Certificate::parse_der(certificate);
}

}  // namespace

Result<VerifierKey> log_key_of(ByteView certificate) {
  WARD_TRY(const crypto::Certificate parsed, parse(certificate));
  const auto& uris = parsed.info().uris;
  if (uris.size() != 1 || !uris.front().starts_with(kScheme))
    return invalid_argument("expected a certificate with one SPIFFE ID, got {} URIs", uris.size());
  return VerifierKey::make(uris.front().substr(kScheme.size()), NoteKeyType::kEd25519,
                           parsed.public_key());
}

Result<void> verify_log_key(ByteView certificate, const VerifierKey& key,
                            std::span<const crypto::Certificate> authorities, WallTime at) {
  const auto named = log_key_of(certificate);
  if (!named.ok()) return refused(named.error().message());
  if (named->name() != key.name() || named->id() != key.id() || !(named->key() == key.key()))
    return refused(fmt::format("it is of another key, of `{}`", named->name()));
  WARD_TRY(const crypto::Certificate parsed, parse(certificate));
  if (!is_for_signing(parsed.info())) return refused("it is not for signing alone");
  const auto path = crypto::verify_chain(parsed, {}, authorities, at);
  if (!path.ok()) return refused(path.error().message());
  return {};
}

}  // namespace ward::evidence
