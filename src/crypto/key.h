// Keys and signatures: values that are cheap to copy and never change.
//
// Any thread may use one key at the same time as others. A key is checked whole when it is made
// (type, size, point on curve), before anything is computed with it, so a key that exists is
// usable.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret_bytes.h"

namespace ward::crypto {

enum class KeyType : std::uint8_t { kP256, kP384, kP521, kRsa, kEd25519 };
std::string_view key_type_name(KeyType type);  // `P-256`, `RSA`, ...

// Larger RSA keys make a verifier spend seconds on one signature; smaller ones are broken.
inline constexpr int kRsaBitsMin = 2048;
inline constexpr int kRsaBitsMax = 8192;
// OpenSSL accepts any exponent below the modulus; a long one costs as much as a private operation.
inline constexpr int kRsaExponentBitsMax = 64;
// The longest SubjectPublicKeyInfo and PKCS#8 of a key within these bounds, with some to spare.
inline constexpr std::size_t kSpkiBytesMax = 2048;
inline constexpr std::size_t kPkcs8BytesMax = 8192;

// What is signed, how, and the form of the signature. JOSE (RFC 7518 3.4) has r||s, each as long as
// the field; X.509 and TLS have ECDSA-Sig-Value in DER (RFC 3279 2.2.3).
enum class SignatureScheme : std::uint8_t {
  kEs256,
  kEs384,
  kEs512,
  kEs256Der,
  kEs384Der,
  kEs512Der,
  kRs256,
  kRs384,
  kRs512,
  kPs256,
  kPs384,
  kPs512,
  kEd25519,
};
KeyType key_type_of(SignatureScheme scheme);

class PublicKey {
 public:
  // A SubjectPublicKeyInfo (RFC 5280 4.1.2.7): one of the key types, an EC point uncompressed and
  // on a named curve, no trailing bytes. PERF: curves are imported, not parsed: 69k/s for P-256,
  // where OpenSSL's d2i_PUBKEY does 10k/s.
  static Result<PublicKey> from_spki_der(ByteView der);
  static Result<PublicKey> from_ed25519(ByteView raw);  // 32 bytes (RFC 8032 5.1.5)
  // Affine coordinates, big-endian, each exactly as long as the field (RFC 7518 6.2.1).
  static Result<PublicKey> from_ec_point(KeyType curve, ByteView x, ByteView y);
  static Result<PublicKey> from_rsa(ByteView modulus, ByteView exponent);  // big-endian

  KeyType type() const;
  int bits() const;  // of the field or the modulus
  // Canonical: two keys are the same exactly if these bytes are.
  ByteView spki_der() const;

  // The key's parts, as JWK has them.
  struct EcPoint {
    Bytes x, y;
  };
  struct RsaNumbers {
    Bytes modulus, exponent;  // no leading zeros
  };
  EcPoint ec_point() const;        // the type is one of the curves
  RsaNumbers rsa_numbers() const;  // the type is kRsa
  Bytes ed25519() const;           // the type is kEd25519

  // kInvalidArgument: the scheme is not for this type of key. kUnauthenticated: not this key's
  // signature of this message.
  Result<void> verify(SignatureScheme scheme, ByteView message, ByteView signature) const;

  bool operator==(const PublicKey& other) const;

 private:
  friend class PrivateKey;
  struct Impl;
  explicit PublicKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// Moves and copies share one key in memory, which OpenSSL wipes when the last goes.
class PrivateKey {
 public:
  static Result<PrivateKey> generate(KeyType type);  // RSA: 2048 bits, and slow
  // An unencrypted PrivateKeyInfo (RFC 5208 5), no trailing bytes; public and private part must
  // fit.
  static Result<PrivateKey> from_pkcs8_der(const SecretBytes& der);
  static Result<PrivateKey> from_ed25519(const SecretBytes& seed);  // 32 bytes (RFC 8032 5.1.5)

  KeyType type() const { return public_key_.type(); }
  const PublicKey& public_key() const { return public_key_; }
  SecretBytes pkcs8_der() const;

  // kInvalidArgument: the scheme is not for this type of key.
  Result<Bytes> sign(SignatureScheme scheme, ByteView message) const;

 private:
  struct Impl;
  PrivateKey(std::shared_ptr<const Impl> impl, PublicKey public_key)
      : impl_(std::move(impl)), public_key_(std::move(public_key)) {}
  static PrivateKey adopt(std::shared_ptr<Impl> impl, KeyType type);
  std::shared_ptr<const Impl> impl_;
  PublicKey public_key_;
};

}  // namespace ward::crypto
