// Private to the room: the OpenSSL side of keys, shared by key, signature and certificate sources.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "crypto/key.h"
#include "crypto/openssl.h"

namespace ward::crypto {

struct PublicKey::Impl {
  KeyType type;
  int bits;
  Bytes spki_der;

  // Made at once where it proves the bytes good, and else when it is asked for first: P-256 is
  // checked and verifies without (p256_verifier), and most generated keys never verify anything.
  EVP_PKEY* pkey() const;

  mutable std::once_flag pkey_once;
  mutable PkeyPtr pkey_made;
};

// A private key with what signing needs of OpenSSL. Any thread may sign.
struct SigningKey {
  PkeyPtr pkey;
  // PERF: a prepared context, copied when a signature finds none idle, and left idle after it.
  PkeyCtxPtr sign_template;  // EC only
  mutable std::atomic<EVP_PKEY_CTX*> idle_sign_context = nullptr;

  ~SigningKey() { EVP_PKEY_CTX_free(idle_sign_context.load()); }
};
struct PrivateKey::Impl : SigningKey {};

// An EC curve, or Ed25519, as its SubjectPublicKeyInfo shows it: all of the DER but the point is
// fixed, so parsing is comparing.
struct FixedSpki {
  KeyType type;
  int bits;
  const char* group;  // OpenSSL's name; null for Ed25519
  std::size_t field_bytes;
  ByteView prefix;          // up to and with the 04 of an uncompressed point
  std::size_t point_bytes;  // after the prefix
};
std::span<const FixedSpki> fixed_spkis();
const FixedSpki& fixed_spki(KeyType type);  // not kRsa

// Raw signature operations on an OpenSSL key of the type that the scheme asks for.
Result<Bytes> sign_with(const SigningKey& key, SignatureScheme scheme, ByteView message);
Result<void> verify_with(EVP_PKEY* key, SignatureScheme scheme, ByteView message,
                         ByteView signature);
// The same with a context that is prepared for verifying.
Result<void> verify_prepared(EVP_PKEY_CTX* context, SignatureScheme scheme, ByteView message,
                             ByteView signature);

// This thread's verifier of P-256 signatures, set to the key of `spki`, which begins as
// fixed_spki() says; until the next call on this thread. Null when the point is not on the curve.
EVP_PKEY_CTX* p256_verifier(ByteView spki);

// The content of the BIT STRING in the key's SubjectPublicKeyInfo, after the count of unused bits.
ByteView public_key_bits(const PublicKey& key);

// kInvalidArgument unless the modulus and exponent are within the bounds of key.h.
Result<void> check_rsa_numbers(const BIGNUM* modulus, const BIGNUM* exponent);

}  // namespace ward::crypto
