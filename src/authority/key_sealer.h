// Seals private keys for storage: the key-encryption key stays behind this interface, in a file or
// in a device that never gives it out.
//
// Every implementation passes authority/testing/key_sealer_suite.h. Any thread may call.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret_bytes.h"

namespace ward::authority {

// A PKCS#8 key of every type that crypto/key.h knows fits.
inline constexpr std::size_t kSealedSecretBytesMax = 16 << 10;
inline constexpr std::size_t kSealedKeyBytesMax = kSealedSecretBytesMax + 256;
inline constexpr std::size_t kSealAssociatedBytesMax = 4 << 10;

class KeySealer {
 public:
  virtual ~KeySealer() = default;

  // `associated` is bound to the sealed form and is not in it: it says what the secret is, so that
  // one sealed secret cannot be put in the place of another. Sealing twice gives two forms.
  // kInvalidArgument: nothing to seal, or over a bound.
  virtual Result<Bytes> seal(const SecretBytes& secret, ByteView associated) const = 0;

  // kInvalidArgument: not a sealed form. kFailedPrecondition: sealed by another key-encryption key,
  // which the message names. kUnauthenticated: damaged, or sealed with other associated data.
  virtual Result<SecretBytes> unseal(ByteView sealed, ByteView associated) const = 0;
};

}  // namespace ward::authority
