#include "authority/key_proof.h"

#include "crypto/hash.h"

namespace ward::authority {
namespace {

Result<void> check_sizes(std::string_view subject, ByteView proof) {
  if (subject.size() > kKeyProofSubjectBytesMax)
    return invalid_argument("key proof: subject of {} bytes, expected at most {}", subject.size(),
                            kKeyProofSubjectBytesMax);
  if (proof.size() > kKeyProofBytesMax)
    return invalid_argument("key proof of {} bytes, expected at most {}", proof.size(),
                            kKeyProofBytesMax);
  return {};
}

bool is_for_log(KeyProofPurpose purpose) {
  return purpose == KeyProofPurpose::kEvidence;
}

}  // namespace

std::string_view key_proof_purpose_name(KeyProofPurpose purpose) {
  switch (purpose) {
    case KeyProofPurpose::kNode:
      return "node";
    case KeyProofPurpose::kEvidence:
      return "evidence";
    case KeyProofPurpose::kX509Svid:
      return "x509-svid";
  }
  WARD_UNREACHABLE();
}

Bytes key_proof_text(KeyProofPurpose purpose, std::string_view subject, ByteView key) {
  constexpr std::string_view kDomain = "ward key proof v1\n";
  const std::string_view name = key_proof_purpose_name(purpose);
  const crypto::Sha256Digest digest = crypto::sha256(key);
  Bytes text;
  text.reserve(kDomain.size() + name.size() + subject.size() + 2 + digest.size());
  append(text, kDomain);
  append(text, name);
  append(text, "\n");
  append(text, subject);
  append(text, "\n");
  append(text, digest);
  return text;
}

Result<crypto::PublicKey> verify_key_proof(KeyProofPurpose purpose, std::string_view subject,
                                           ByteView spki, ByteView proof) {
  WARD_CHECK(!is_for_log(purpose));
  WARD_RETURN_IF_ERROR(check_sizes(subject, proof));
  WARD_TRY(crypto::PublicKey key, crypto::PublicKey::from_spki_der(spki));
  if (key.type() != crypto::KeyType::kP256)
    return invalid_argument("public key of type {}, expected P-256",
                            crypto::key_type_name(key.type()));
  WARD_RETURN_IF_ERROR(
      key.verify(crypto::SignatureScheme::kEs256Der, key_proof_text(purpose, subject, spki), proof)
          .in("key proof"));
  return key;
}

Result<crypto::PublicKey> verify_evidence_key_proof(std::string_view subject, ByteView key,
                                                    ByteView proof) {
  WARD_RETURN_IF_ERROR(check_sizes(subject, proof));
  WARD_TRY(crypto::PublicKey parsed, crypto::PublicKey::from_ed25519(key));
  WARD_RETURN_IF_ERROR(parsed
                           .verify(crypto::SignatureScheme::kEd25519,
                                   key_proof_text(KeyProofPurpose::kEvidence, subject, key), proof)
                           .in("evidence key proof"));
  return parsed;
}

Result<Bytes> make_key_proof(KeyProofPurpose purpose, std::string_view subject,
                             const crypto::PrivateKey& key) {
  const auto type = is_for_log(purpose) ? crypto::KeyType::kEd25519 : crypto::KeyType::kP256;
  if (key.type() != type)
    return invalid_argument("key of type {}, expected {} for a proof `{}`",
                            crypto::key_type_name(key.type()), crypto::key_type_name(type),
                            key_proof_purpose_name(purpose));
  if (is_for_log(purpose))
    return key.sign(crypto::SignatureScheme::kEd25519,
                    key_proof_text(purpose, subject, key.public_key().ed25519()));
  return key.sign(crypto::SignatureScheme::kEs256Der,
                  key_proof_text(purpose, subject, key.public_key().spki_der()));
}

}  // namespace ward::authority
