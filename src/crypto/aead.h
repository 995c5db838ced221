// AES-256-GCM (NIST SP 800-38D) for keys at rest.
#pragma once

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret_bytes.h"

namespace ward::crypto {

inline constexpr std::size_t kAeadKeyBytes = 32;
inline constexpr std::size_t kAeadNonceBytes = 12;
inline constexpr std::size_t kAeadTagBytes = 16;
inline constexpr std::size_t kSealedBytesMax = std::size_t{64} << 20;

// Sealed form: nonce, ciphertext, tag. The associated data is bound to it, and is not in it: it
// says what the secret is and where it belongs, so that a sealed key cannot be moved elsewhere.
//
// The nonce is 96 random bits: `random` must be a real generator. A key may seal 2^32 times
// (SP 800-38D 8.3), far more than a sealed key slot is written.
//
// kInvalidArgument: the key has not 32 bytes, or the plaintext is over the bound.
Result<Bytes> aead_seal(const SecretBytes& key, ByteView associated, ByteView plaintext,
                        Random& random);

// kUnauthenticated: another key, other associated data, or damaged bytes; which one is not known.
Result<SecretBytes> aead_open(const SecretBytes& key, ByteView associated, ByteView sealed);

}  // namespace ward::crypto
