// PublicKey: parsing and checking. Signatures themselves are in signature.cc.
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <array>

#include "crypto/key_internal.h"
#include "crypto/roca.h"

namespace ward::crypto {
namespace {

// RFC 5480 2.1.1: id-ecPublicKey with a named curve; RFC 8410 4: id-Ed25519 without parameters.
constexpr std::uint8_t kP256Prefix[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                        0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                        0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
constexpr std::uint8_t kP384Prefix[] = {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
                                        0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
                                        0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04};
constexpr std::uint8_t kP521Prefix[] = {0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
                                        0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81,
                                        0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00, 0x04};
constexpr std::uint8_t kEd25519Prefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                           0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

constexpr FixedSpki kFixedSpkis[] = {
    {KeyType::kP256, 256, "prime256v1", 32, kP256Prefix, 64},
    {KeyType::kP384, 384, "secp384r1", 48, kP384Prefix, 96},
    {KeyType::kP521, 521, "secp521r1", 66, kP521Prefix, 132},
    {KeyType::kEd25519, 256, nullptr, 32, kEd25519Prefix, 32},
};

// OpenSSL looks the algorithm up for each context, so one is kept a thread.
EVP_PKEY_CTX* ec_import_context() {
  thread_local const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  WARD_CHECK(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1);
  return context.get();
}

// Null when the point is not on the curve. All the curves have cofactor 1, so a point on the curve
// is in the group, and the point at infinity has no uncompressed form.
PkeyPtr import_ec(const char* group, ByteView point_with_04) {
  // SAFETY: OSSL_PARAM takes pointers to mutable data but fromdata only reads them.
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(group), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                        const_cast<std::uint8_t*>(point_with_04.data()),
                                        point_with_04.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(ec_import_context(), &key, EVP_PKEY_PUBLIC_KEY,
                        const_cast<OSSL_PARAM*>(params)) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return PkeyPtr(key);
}

PkeyPtr import_fixed(const FixedSpki& form, ByteView spki) {
  if (form.group != nullptr) return import_ec(form.group, spki.subspan(form.prefix.size() - 1));
  const ByteView raw = spki.subspan(form.prefix.size());
  PkeyPtr key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw.data(), raw.size()));
  if (key == nullptr) ERR_clear_error();
  return key;
}

// One key and context of OpenSSL, whose point is set anew for each key that verifies.
//
// PERF: a key of its own costs as much as a signature (EVP_PKEY_fromdata makes the group anew), and
// a new context a tenth of one; setting the point costs its check, which is needed anyway.
class P256Verifier {
 public:
  EVP_PKEY_CTX* set(ByteView point_with_04) {
    if (is_set_ && std::ranges::equal(point_, point_with_04)) return context_.get();
    is_set_ = key_ == nullptr ? begin(point_with_04) : move(point_with_04);
    if (!is_set_) return nullptr;
    std::ranges::copy(point_with_04, point_.begin());
    return context_.get();
  }

 private:
  bool begin(ByteView point) {
    key_ = import_ec(fixed_spki(KeyType::kP256).group, point);
    if (key_ == nullptr) return false;
    context_.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
    WARD_CHECK(context_ != nullptr && EVP_PKEY_verify_init(context_.get()) == 1);
    return true;
  }

  // Fails as import_ec() does: the same function of OpenSSL reads the point.
  bool move(ByteView point) {
    if (EVP_PKEY_set1_encoded_public_key(key_.get(), point.data(), point.size()) == 1) return true;
    ERR_clear_error();
    return false;
  }

  PkeyPtr key_;
  PkeyCtxPtr context_;
  std::array<std::uint8_t, 65> point_{};
  bool is_set_ = false;
};

const FixedSpki* find_form(ByteView spki) {
  for (const FixedSpki& form : kFixedSpkis) {
    if (spki.size() == form.prefix.size() + form.point_bytes &&
        std::ranges::equal(spki.first(form.prefix.size()), form.prefix))
      return &form;
  }
  return nullptr;
}

Bytes encode_spki(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  WARD_CHECK(size > 0);
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

BignumPtr bignum_param(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  return BignumPtr(number);
}

Bytes bignum_bytes(const BIGNUM* number) {
  Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number)));
  BN_bn2bin(number, bytes.data());
  return bytes;
}

Result<void> check_rsa_key(const EVP_PKEY* key) {
  const BignumPtr n = bignum_param(key, OSSL_PKEY_PARAM_RSA_N);
  const BignumPtr e = bignum_param(key, OSSL_PKEY_PARAM_RSA_E);
  if (n == nullptr || e == nullptr) return invalid_argument("RSA key has no modulus or exponent");
  return check_rsa_numbers(n.get(), e.get());
}

// RSA is the one type whose encoding varies, so OpenSSL parses it and the result must encode to the
// same bytes again (RFC 3279 2.3.1: parameters are NULL).
Result<PkeyPtr> parse_rsa(ByteView der) {
  const unsigned char* end = der.data();
  PkeyPtr key(d2i_PUBKEY(nullptr, &end, static_cast<long>(der.size())));
  if (key == nullptr)
    return invalid_argument("public key is not a known SubjectPublicKeyInfo: {}",
                            take_openssl_error());
  if (EVP_PKEY_is_a(key.get(), "RSA") != 1)
    return invalid_argument(
        "public key is none of RSA, P-256, P-384, P-521 (uncompressed, named curve) and Ed25519");
  WARD_RETURN_IF_ERROR(check_rsa_key(key.get()));
  if (!std::ranges::equal(encode_spki(key.get()), der))
    return invalid_argument("RSA public key is not in DER");
  return key;
}

}  // namespace

std::string_view key_type_name(KeyType type) {
  switch (type) {
    case KeyType::kP256:
      return "P-256";
    case KeyType::kP384:
      return "P-384";
    case KeyType::kP521:
      return "P-521";
    case KeyType::kRsa:
      return "RSA";
    case KeyType::kEd25519:
      return "Ed25519";
  }
  WARD_UNREACHABLE();
}

std::span<const FixedSpki> fixed_spkis() {
  return kFixedSpkis;
}

const FixedSpki& fixed_spki(KeyType type) {
  for (const FixedSpki& form : kFixedSpkis) {
    if (form.type == type) return form;
  }
  WARD_UNREACHABLE();
}

Result<void> check_rsa_numbers(const BIGNUM* modulus, const BIGNUM* exponent) {
  const int bits = BN_num_bits(modulus);
  if (bits < kRsaBitsMin || bits > kRsaBitsMax)
    return invalid_argument("RSA key has {} bits, expected {} to {}", bits, kRsaBitsMin,
                            kRsaBitsMax);
  if (BN_is_negative(modulus) || !BN_is_odd(modulus))
    return invalid_argument("RSA modulus is not a positive odd number");
  if (BN_is_negative(exponent) || !BN_is_odd(exponent) || BN_is_one(exponent) ||
      BN_num_bits(exponent) > kRsaExponentBitsMax)
    return invalid_argument("RSA exponent is not an odd number of 3 or more and at most {} bits",
                            kRsaExponentBitsMax);
  if (is_roca_modulus(modulus))
    return invalid_argument("RSA key is of a flawed generator (CVE-2017-15361)");
  return {};
}

ByteView public_key_bits(const PublicKey& key) {
  if (key.type() == KeyType::kRsa) {
    // Outer header, rsaEncryption with NULL, BIT STRING header and 0 unused bits: of this length
    // for every modulus within the bounds, whose lengths all take two octets.
    constexpr std::size_t kRsaPrefixBytes = 4 + 15 + 4 + 1;
    return key.spki_der().subspan(kRsaPrefixBytes);
  }
  const FixedSpki& form = fixed_spki(key.type());
  const std::size_t form_byte = form.group == nullptr ? 0 : 1;  // 04 belongs to the bits
  return key.spki_der().last(form.point_bytes + form_byte);
}

EVP_PKEY_CTX* p256_verifier(ByteView spki) {
  thread_local P256Verifier verifier;
  return verifier.set(spki.last(fixed_spki(KeyType::kP256).point_bytes + 1));
}

EVP_PKEY* PublicKey::Impl::pkey() const {
  std::call_once(pkey_once, [this] {
    if (pkey_made != nullptr) return;
    pkey_made = type == KeyType::kRsa ? parse_rsa(spki_der).value()
                                      : import_fixed(fixed_spki(type), spki_der);
    // INVARIANT: the bytes are those of a key that was generated, or were checked.
    WARD_CHECK(pkey_made != nullptr);
  });
  return pkey_made.get();
}

Result<PublicKey> PublicKey::from_spki_der(ByteView der) {
  if (der.size() > kSpkiBytesMax)
    return invalid_argument("public key has {} bytes, expected at most {}", der.size(),
                            kSpkiBytesMax);
  auto impl = std::make_shared<Impl>();
  if (const FixedSpki* form = find_form(der)) {
    impl->type = form->type;
    impl->bits = form->bits;
    // The check is all that is needed of most P-256 keys; the others get their own when asked.
    const bool is_p256 = form->type == KeyType::kP256;
    if (!is_p256) impl->pkey_made = import_fixed(*form, der);
    if (is_p256 ? p256_verifier(der) == nullptr : impl->pkey_made == nullptr)
      return invalid_argument("{} public key is not a point on the curve",
                              key_type_name(form->type));
  } else {
    WARD_TRY(impl->pkey_made, parse_rsa(der));
    impl->type = KeyType::kRsa;
    impl->bits = EVP_PKEY_get_bits(impl->pkey_made.get());
  }
  impl->spki_der = to_bytes(der);
  return PublicKey(std::move(impl));
}

Result<PublicKey> PublicKey::from_ed25519(ByteView raw) {
  if (raw.size() != 32)
    return invalid_argument("Ed25519 public key has {} bytes, expected 32", raw.size());
  Bytes spki = to_bytes(ByteView(kEd25519Prefix));
  append(spki, raw);
  return from_spki_der(spki);
}

Result<PublicKey> PublicKey::from_ec_point(KeyType curve, ByteView x, ByteView y) {
  if (curve == KeyType::kRsa || curve == KeyType::kEd25519)
    return invalid_argument("{} is not a curve with coordinates", key_type_name(curve));
  const FixedSpki& form = fixed_spki(curve);
  if (x.size() != form.field_bytes || y.size() != form.field_bytes)
    return invalid_argument("{} coordinates have {} and {} bytes, expected {}",
                            key_type_name(curve), x.size(), y.size(), form.field_bytes);
  Bytes spki = to_bytes(form.prefix);
  append(spki, x);
  append(spki, y);
  return from_spki_der(spki);
}

Result<PublicKey> PublicKey::from_rsa(ByteView modulus, ByteView exponent) {
  if (modulus.size() > kRsaBitsMax / 8 || exponent.size() > kRsaBitsMax / 8)
    return invalid_argument("RSA modulus and exponent have {} and {} bytes, expected at most {}",
                            modulus.size(), exponent.size(), kRsaBitsMax / 8);
  const BignumPtr n(BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr));
  const BignumPtr e(BN_bin2bn(exponent.data(), static_cast<int>(exponent.size()), nullptr));
  WARD_CHECK(n != nullptr && e != nullptr);
  WARD_RETURN_IF_ERROR(check_rsa_numbers(n.get(), e.get()));
  const std::unique_ptr<OSSL_PARAM_BLD, OpensslFree<OSSL_PARAM_BLD_free>> builder(
      OSSL_PARAM_BLD_new());
  WARD_CHECK(builder != nullptr &&
             OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
             OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1);
  const std::unique_ptr<OSSL_PARAM, OpensslFree<OSSL_PARAM_free>> params(
      OSSL_PARAM_BLD_to_param(builder.get()));
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  WARD_CHECK(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1);
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return invalid_argument("RSA public key is not usable: {}", take_openssl_error());
  auto impl = std::make_shared<Impl>();
  impl->pkey_made.reset(key);
  impl->type = KeyType::kRsa;
  impl->bits = BN_num_bits(n.get());
  impl->spki_der = encode_spki(key);
  return PublicKey(std::move(impl));
}

KeyType PublicKey::type() const {
  return impl_->type;
}

int PublicKey::bits() const {
  return impl_->bits;
}

ByteView PublicKey::spki_der() const {
  return impl_->spki_der;
}

PublicKey::EcPoint PublicKey::ec_point() const {
  const FixedSpki& form = fixed_spki(type());
  WARD_CHECK(form.group != nullptr);
  const ByteView point = spki_der().subspan(form.prefix.size());
  return {to_bytes(point.first(form.field_bytes)), to_bytes(point.subspan(form.field_bytes))};
}

PublicKey::RsaNumbers PublicKey::rsa_numbers() const {
  WARD_CHECK(type() == KeyType::kRsa);
  return {bignum_bytes(bignum_param(impl_->pkey(), OSSL_PKEY_PARAM_RSA_N).get()),
          bignum_bytes(bignum_param(impl_->pkey(), OSSL_PKEY_PARAM_RSA_E).get())};
}

Bytes PublicKey::ed25519() const {
  WARD_CHECK(type() == KeyType::kEd25519);
  return to_bytes(spki_der().subspan(sizeof kEd25519Prefix));
}

Result<void> PublicKey::verify(SignatureScheme scheme, ByteView message, ByteView signature) const {
  if (key_type_of(scheme) != type())
    return invalid_argument("signature scheme is for a key of type {}, but this key is {}",
                            key_type_name(key_type_of(scheme)), key_type_name(type()));
  if (type() != KeyType::kP256) return verify_with(impl_->pkey(), scheme, message, signature);
  return verify_prepared(p256_verifier(spki_der()), scheme, message, signature);
}

bool PublicKey::operator==(const PublicKey& other) const {
  return impl_->spki_der == other.impl_->spki_der;
}

}  // namespace ward::crypto
