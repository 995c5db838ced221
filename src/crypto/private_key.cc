// PrivateKey: generation and PKCS#8.
//
// Keys and nonces come from OpenSSL's own generator (SP 800-90A, seeded by the system and reseeded
// over fork), not from a ward::Random: a caller can then not make a weak key by passing a wrong
// one.
#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>

#include "crypto/key_internal.h"

namespace ward::crypto {
namespace {

constexpr int kGeneratedRsaBits = 2048;

PkeyCtxPtr new_keygen_context(const char* algorithm) {
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr));
  WARD_CHECK(context != nullptr && EVP_PKEY_keygen_init(context.get()) == 1);
  return context;
}

PkeyCtxPtr new_p256_keygen_context() {
  PkeyCtxPtr context = new_keygen_context("EC");
  WARD_CHECK(EVP_PKEY_CTX_set_group_name(context.get(), fixed_spki(KeyType::kP256).group) == 1);
  return context;
}

PkeyPtr generate_with(EVP_PKEY_CTX* context) {
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_generate(context, &key) != 1) ERR_clear_error();
  return PkeyPtr(key);
}

PkeyPtr generate_pkey(KeyType type) {
  switch (type) {
    case KeyType::kP256: {
      // PERF: keeping the prepared context doubles the rate (68k/s against 30k/s).
      thread_local const PkeyCtxPtr context = new_p256_keygen_context();
      return generate_with(context.get());
    }
    case KeyType::kP384:
    case KeyType::kP521: {
      const PkeyCtxPtr context = new_keygen_context("EC");
      WARD_CHECK(EVP_PKEY_CTX_set_group_name(context.get(), fixed_spki(type).group) == 1);
      return generate_with(context.get());
    }
    case KeyType::kRsa: {
      const PkeyCtxPtr context = new_keygen_context("RSA");
      WARD_CHECK(EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), kGeneratedRsaBits) == 1);
      return generate_with(context.get());
    }
    case KeyType::kEd25519:
      return generate_with(new_keygen_context("ED25519").get());
  }
  WARD_UNREACHABLE();
}

Bytes public_octets(EVP_PKEY* key) {
  std::array<std::uint8_t, 133> octets;
  std::size_t size = 0;
  WARD_CHECK(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, octets.data(),
                                             octets.size(), &size) == 1);
  return {octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size)};
}

Result<KeyType> type_of(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) return KeyType::kRsa;
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeyType::kEd25519;
  char group[64] = {};
  if (EVP_PKEY_is_a(key, "EC") == 1 &&
      EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) == 1) {
    for (const FixedSpki& form : fixed_spkis()) {
      if (form.group != nullptr && std::string_view(form.group) == group) return form.type;
    }
  }
  return invalid_argument("private key is none of RSA, P-256, P-384, P-521 and Ed25519");
}

// The SubjectPublicKeyInfo of a key whose encoding is fixed.
Bytes fixed_spki_of(EVP_PKEY* key, KeyType type) {
  const FixedSpki& form = fixed_spki(type);
  const Bytes octets = public_octets(key);
  Bytes spki = to_bytes(form.prefix);
  append(spki, ByteView(octets).last(form.point_bytes));
  return spki;
}

Bytes rsa_spki_of(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  WARD_CHECK(size > 0);
  Bytes spki(der, der + size);
  OPENSSL_free(der);
  return spki;
}

PkeyCtxPtr new_sign_template(EVP_PKEY* key, KeyType type) {
  if (type == KeyType::kRsa || type == KeyType::kEd25519) return nullptr;
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  WARD_CHECK(context != nullptr && EVP_PKEY_sign_init(context.get()) == 1);
  return context;
}

// Public and private part fit each other. Sizes are checked first: the check computes with the key.
Result<void> check_pair(EVP_PKEY* key, KeyType type) {
  if (type == KeyType::kRsa) WARD_RETURN_IF_ERROR(PublicKey::from_spki_der(rsa_spki_of(key)));
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  WARD_CHECK(context != nullptr);
  if (EVP_PKEY_pairwise_check(context.get()) == 1) return {};
  ERR_clear_error();
  return invalid_argument("private and public part of the {} key do not fit each other",
                          key_type_name(type));
}

// RFC 5915 3 in RFC 5208 5, with both parts: all but the two numbers is fixed.
constexpr std::uint8_t kP256Pkcs8Head[] = {0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06,
                                           0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                           0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
                                           0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20};
constexpr std::uint8_t kP256Pkcs8Middle[] = {0xa1, 0x44, 0x03, 0x42, 0x00, 0x04};

SecretBytes p256_pkcs8(EVP_PKEY* key, const PublicKey& public_key) {
  BIGNUM* number = nullptr;
  WARD_CHECK(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1);
  const BignumPtr scalar(number);
  const auto point = public_key.spki_der().last(fixed_spki(KeyType::kP256).point_bytes);
  // Sized once: a vector that grows leaves copies of the key behind in freed memory.
  Bytes der(sizeof kP256Pkcs8Head + 32 + sizeof kP256Pkcs8Middle + point.size());
  auto out = std::copy(std::begin(kP256Pkcs8Head), std::end(kP256Pkcs8Head), der.begin());
  WARD_CHECK(BN_bn2binpad(scalar.get(), &*out, 32) == 32);
  out = std::copy(std::begin(kP256Pkcs8Middle), std::end(kP256Pkcs8Middle), out + 32);
  std::copy(point.begin(), point.end(), out);
  return SecretBytes(std::move(der));
}

}  // namespace

PrivateKey PrivateKey::adopt(std::shared_ptr<Impl> impl, KeyType type) {
  EVP_PKEY* key = impl->pkey.get();
  auto half = std::make_shared<PublicKey::Impl>();
  half->type = type;
  half->bits = EVP_PKEY_get_bits(key);
  half->spki_der = type == KeyType::kRsa ? rsa_spki_of(key) : fixed_spki_of(key, type);
  impl->sign_template = new_sign_template(key, type);
  return PrivateKey(std::move(impl), PublicKey(std::move(half)));
}

Result<PrivateKey> PrivateKey::generate(KeyType type) {
  auto impl = std::make_shared<Impl>();
  impl->pkey = generate_pkey(type);
  if (impl->pkey == nullptr)
    return make_error(ErrorCode::kInternal, "generating a {} key failed", key_type_name(type));
  return adopt(std::move(impl), type);
}

Result<PrivateKey> PrivateKey::from_pkcs8_der(const SecretBytes& der) {
  if (der.size() > kPkcs8BytesMax)
    return invalid_argument("private key has {} bytes, expected at most {}", der.size(),
                            kPkcs8BytesMax);
  const unsigned char* end = der.view().data();
  const Pkcs8Ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &end, static_cast<long>(der.size())));
  if (info == nullptr)
    return invalid_argument("private key is not a PKCS#8 PrivateKeyInfo: {}", take_openssl_error());
  if (end != der.view().data() + der.size())
    return invalid_argument("private key is followed by other bytes");
  auto impl = std::make_shared<Impl>();
  impl->pkey.reset(EVP_PKCS82PKEY(info.get()));
  if (impl->pkey == nullptr)
    return invalid_argument("private key is not usable: {}", take_openssl_error());
  WARD_TRY(const KeyType type, type_of(impl->pkey.get()));
  WARD_RETURN_IF_ERROR(check_pair(impl->pkey.get(), type));
  return adopt(std::move(impl), type);
}

Result<PrivateKey> PrivateKey::from_ed25519(const SecretBytes& seed) {
  if (seed.size() != 32)
    return invalid_argument("Ed25519 private key has {} bytes, expected 32", seed.size());
  auto impl = std::make_shared<Impl>();
  impl->pkey.reset(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.view().data(), seed.size()));
  WARD_CHECK(impl->pkey != nullptr);
  return adopt(std::move(impl), KeyType::kEd25519);
}

SecretBytes PrivateKey::pkcs8_der() const {
  if (type() == KeyType::kP256) return p256_pkcs8(impl_->pkey.get(), public_key_);
  const Pkcs8Ptr info(EVP_PKEY2PKCS8(impl_->pkey.get()));
  WARD_CHECK(info != nullptr);
  unsigned char* der = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der);
  WARD_CHECK(size > 0);
  SecretBytes bytes(ByteView(der, static_cast<std::size_t>(size)));
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  return bytes;
}

Result<Bytes> PrivateKey::sign(SignatureScheme scheme, ByteView message) const {
  if (key_type_of(scheme) != type())
    return invalid_argument("signature scheme is for a key of type {}, but this key is {}",
                            key_type_name(key_type_of(scheme)), key_type_name(type()));
  return sign_with(*impl_, scheme, message);
}

}  // namespace ward::crypto
