// Signature schemes: which hash, which padding, which form.
#include <openssl/rsa.h>

#include <algorithm>
#include <array>

#include "crypto/hash.h"
#include "crypto/key_internal.h"

namespace ward::crypto {
namespace {

enum class Form : std::uint8_t { kEcdsaRaw, kEcdsaDer, kRsaPkcs1, kRsaPss, kEddsa };

struct Details {
  KeyType type;
  Form form;
  int hash_bits;
};

Details details_of(SignatureScheme scheme) {
  switch (scheme) {
    case SignatureScheme::kEs256:
      return {KeyType::kP256, Form::kEcdsaRaw, 256};
    case SignatureScheme::kEs384:
      return {KeyType::kP384, Form::kEcdsaRaw, 384};
    case SignatureScheme::kEs512:
      return {KeyType::kP521, Form::kEcdsaRaw, 512};
    case SignatureScheme::kEs256Der:
      return {KeyType::kP256, Form::kEcdsaDer, 256};
    case SignatureScheme::kEs384Der:
      return {KeyType::kP384, Form::kEcdsaDer, 384};
    case SignatureScheme::kEs512Der:
      return {KeyType::kP521, Form::kEcdsaDer, 512};
    case SignatureScheme::kRs256:
      return {KeyType::kRsa, Form::kRsaPkcs1, 256};
    case SignatureScheme::kRs384:
      return {KeyType::kRsa, Form::kRsaPkcs1, 384};
    case SignatureScheme::kRs512:
      return {KeyType::kRsa, Form::kRsaPkcs1, 512};
    case SignatureScheme::kPs256:
      return {KeyType::kRsa, Form::kRsaPss, 256};
    case SignatureScheme::kPs384:
      return {KeyType::kRsa, Form::kRsaPss, 384};
    case SignatureScheme::kPs512:
      return {KeyType::kRsa, Form::kRsaPss, 512};
    case SignatureScheme::kEd25519:
      return {KeyType::kEd25519, Form::kEddsa, 0};
  }
  WARD_UNREACHABLE();
}

const EVP_MD* algorithm_of(int hash_bits) {
  if (hash_bits == 256) return sha256_algorithm();
  return hash_bits == 384 ? sha384_algorithm() : sha512_algorithm();
}

struct Hashed {
  std::array<std::uint8_t, 64> bytes;
  std::size_t size;
};

Hashed hash_message(int hash_bits, ByteView message) {
  Hashed hashed{{}, static_cast<std::size_t>(hash_bits) / 8};
  const auto keep = [&hashed](const auto& digest) {
    std::copy(digest.begin(), digest.end(), hashed.bytes.begin());
  };
  if (hash_bits == 256) {
    keep(sha256(message));
  } else if (hash_bits == 384) {
    keep(sha384(message));
  } else {
    keep(sha512(message));
  }
  return hashed;
}

Error unverified() {
  ERR_clear_error();
  return {ErrorCode::kUnauthenticated, "signature does not verify"};
}

// RFC 7518 3.3 and 3.5: "size of the salt value is the same size as the hash function output".
bool set_rsa_padding(EVP_PKEY_CTX* context, const Details& details) {
  const int padding = details.form == Form::kRsaPss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
  const EVP_MD* algorithm = algorithm_of(details.hash_bits);
  if (EVP_PKEY_CTX_set_rsa_padding(context, padding) != 1 ||
      EVP_PKEY_CTX_set_signature_md(context, algorithm) != 1)
    return false;
  return details.form != Form::kRsaPss ||
         (EVP_PKEY_CTX_set_rsa_mgf1_md(context, algorithm) == 1 &&
          EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

Bytes raw_from_der(ByteView der, std::size_t field_bytes) {
  const unsigned char* end = der.data();
  const EcdsaSigPtr signature(d2i_ECDSA_SIG(nullptr, &end, static_cast<long>(der.size())));
  WARD_CHECK(signature != nullptr);
  const int size = static_cast<int>(field_bytes);
  Bytes raw(2 * field_bytes);
  WARD_CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), size) == size &&
             BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + size, size) == size);
  return raw;
}

Bytes der_from_raw(ByteView raw) {
  const std::size_t half = raw.size() / 2;
  BIGNUM* r = BN_bin2bn(raw.data(), static_cast<int>(half), nullptr);
  BIGNUM* s = BN_bin2bn(raw.data() + half, static_cast<int>(half), nullptr);
  const EcdsaSigPtr signature(ECDSA_SIG_new());
  WARD_CHECK(signature != nullptr && ECDSA_SIG_set0(signature.get(), r, s) == 1);
  Bytes der(raw.size() + 16);
  unsigned char* out = der.data();
  const int size = i2d_ECDSA_SIG(signature.get(), &out);
  WARD_CHECK(size > 0 && static_cast<std::size_t>(size) <= der.size());
  der.resize(static_cast<std::size_t>(size));
  return der;
}

Result<Bytes> sign_eddsa(EVP_PKEY* key, ByteView message) {
  const MdCtxPtr context(EVP_MD_CTX_new());
  Bytes signature(64);
  std::size_t size = signature.size();
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1)
    return make_error(ErrorCode::kInternal, "signing failed: {}", take_openssl_error());
  return signature;
}

Result<void> verify_eddsa(EVP_PKEY* key, ByteView message, ByteView signature) {
  const MdCtxPtr context(EVP_MD_CTX_new());
  WARD_CHECK(context != nullptr &&
             EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1);
  if (EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                       message.size()) != 1)
    return unverified();
  return {};
}

PkeyCtxPtr new_sign_context(const SigningKey& key, const Details& details) {
  if (key.sign_template != nullptr) return PkeyCtxPtr(EVP_PKEY_CTX_dup(key.sign_template.get()));
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.pkey.get(), nullptr));
  if (context == nullptr || EVP_PKEY_sign_init(context.get()) != 1 ||
      !set_rsa_padding(context.get(), details))
    return nullptr;
  return context;
}

// A context for one signature. Those of EC keys are all alike, so one waits for the next signature.
class SignContext {
 public:
  SignContext(const SigningKey& key, const Details& details)
      : key_(key), context_(key.idle_sign_context.exchange(nullptr)) {
    if (context_ == nullptr) context_ = new_sign_context(key, details);
  }
  ~SignContext() {
    if (key_.sign_template == nullptr || context_ == nullptr) return;
    EVP_PKEY_CTX* none = nullptr;
    if (key_.idle_sign_context.compare_exchange_strong(none, context_.get())) {
      static_cast<void>(context_.release());
    }
  }
  SignContext(const SignContext&) = delete;
  SignContext& operator=(const SignContext&) = delete;

  EVP_PKEY_CTX* get() const { return context_.get(); }

 private:
  const SigningKey& key_;
  PkeyCtxPtr context_;
};

}  // namespace

KeyType key_type_of(SignatureScheme scheme) {
  return details_of(scheme).type;
}

Result<Bytes> sign_with(const SigningKey& key, SignatureScheme scheme, ByteView message) {
  const Details details = details_of(scheme);
  if (details.form == Form::kEddsa) return sign_eddsa(key.pkey.get(), message);
  const SignContext context(key, details);
  const Hashed hashed = hash_message(details.hash_bits, message);
  Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key.pkey.get())));
  std::size_t size = signature.size();
  if (context.get() == nullptr ||
      EVP_PKEY_sign(context.get(), signature.data(), &size, hashed.bytes.data(), hashed.size) != 1)
    return make_error(ErrorCode::kInternal, "signing failed: {}", take_openssl_error());
  signature.resize(size);
  if (details.form == Form::kEcdsaRaw)
    return raw_from_der(signature, fixed_spki(details.type).field_bytes);
  return signature;
}

Result<void> verify_with(EVP_PKEY* key, SignatureScheme scheme, ByteView message,
                         ByteView signature) {
  const Details details = details_of(scheme);
  if (details.form == Form::kEddsa) return verify_eddsa(key, message, signature);
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  WARD_CHECK(context != nullptr && EVP_PKEY_verify_init(context.get()) == 1);
  if (details.type == KeyType::kRsa) WARD_CHECK(set_rsa_padding(context.get(), details));
  return verify_prepared(context.get(), scheme, message, signature);
}

Result<void> verify_prepared(EVP_PKEY_CTX* context, SignatureScheme scheme, ByteView message,
                             ByteView signature) {
  const Details details = details_of(scheme);
  Bytes converted;
  if (details.form == Form::kEcdsaRaw) {
    if (signature.size() != 2 * fixed_spki(details.type).field_bytes) return unverified();
    converted = der_from_raw(signature);
    signature = converted;
  }
  const Hashed hashed = hash_message(details.hash_bits, message);
  if (EVP_PKEY_verify(context, signature.data(), signature.size(), hashed.bytes.data(),
                      hashed.size) != 1)
    return unverified();
  return {};
}

}  // namespace ward::crypto
