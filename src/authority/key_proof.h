// Proof that who asks for a credential holds the private key to the public key it sends
// (api/ward/node/v1/node.proto, "key proof").
//
// What is signed:  "ward key proof v1\n" PURPOSE "\n" SUBJECT "\n" SHA-256(key)
// where key is the SubjectPublicKeyInfo, or the 32 bytes of an evidence key. The text names what is
// asked for, so a proof that was seen once is of no use for anything else; asking again for the
// same thing with the same key is harmless, since only the key's holder can use the answer.
//
// Any thread may call these.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/key.h"

namespace ward::authority {

enum class KeyProofPurpose : std::uint8_t {
  kNode,      // subject: the attestor's name, or at renewal the node's SPIFFE ID
  kEvidence,  // subject: the attestor's name
  kX509Svid,  // subject: the registration's id
};
std::string_view key_proof_purpose_name(
    KeyProofPurpose purpose);  // `node`, `evidence`, `x509-svid`

inline constexpr std::size_t kKeyProofSubjectBytesMax = 2048;
inline constexpr std::size_t kKeyProofBytesMax = 80;  // ECDSA-Sig-Value of P-256 has at most 72

// `key`: SubjectPublicKeyInfo in DER, or for kEvidence the 32 bytes of an Ed25519 key.
Bytes key_proof_text(KeyProofPurpose purpose, std::string_view subject, ByteView key);

// The key, which is P-256, once `proof` (ES256, DER) shows that the asker holds it.
// kInvalidArgument: not such a key, or over a bound. kUnauthenticated: not its signature.
Result<crypto::PublicKey> verify_key_proof(KeyProofPurpose purpose, std::string_view subject,
                                           ByteView spki, ByteView proof);

// The same for the key of an evidence log: Ed25519, raw, purpose kEvidence.
Result<crypto::PublicKey> verify_evidence_key_proof(std::string_view subject, ByteView key,
                                                    ByteView proof);

// The node's side: P-256 signs its SubjectPublicKeyInfo, Ed25519 its 32 bytes.
// kInvalidArgument: the key's type does not fit the purpose.
Result<Bytes> make_key_proof(KeyProofPurpose purpose, std::string_view subject,
                             const crypto::PrivateKey& key);

}  // namespace ward::authority
