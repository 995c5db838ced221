#include "crypto/testing/certificates.h"

#include "crypto/certificate_internal.h"

namespace ward::crypto::testing {
namespace {

using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>>;

PkeyPtr import_private(const PrivateKey& key) {
  const SecretBytes der = key.pkcs8_der();
  const unsigned char* end = der.view().data();
  PkeyPtr pkey(d2i_AutoPrivateKey(nullptr, &end, static_cast<long>(der.size())));
  WARD_CHECK(pkey != nullptr);
  return pkey;
}

void set_time(ASN1_TIME* out, WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
  WARD_CHECK(ASN1_TIME_set(out, static_cast<std::time_t>(seconds.count())) != nullptr);
}

void add_extension(X509* x509, X509V3_CTX* context, int nid, const std::string& value) {
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, context, nid, value.c_str()));
  WARD_CHECK(extension != nullptr && X509_add_ext(x509, extension.get(), -1) == 1);
}

std::string with_critical(bool is_critical, const std::string& value) {
  return is_critical ? "critical," + value : value;
}

void add_key_usage(X509* x509, const CertificateSpec& spec) {
  const std::unique_ptr<ASN1_BIT_STRING, OpensslFree<ASN1_BIT_STRING_free>> bits(
      ASN1_BIT_STRING_new());
  for (int bit = 0; bit < 9; ++bit)
    WARD_CHECK(ASN1_BIT_STRING_set_bit(bits.get(), bit, (*spec.key_usage >> bit) & 1) == 1);
  WARD_CHECK(X509_add1_ext_i2d(x509, NID_key_usage, bits.get(), spec.is_key_usage_critical, 0) ==
             1);
}

void push_name(GENERAL_NAMES* names, int type, const std::string& value) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* text = ASN1_IA5STRING_new();
  WARD_CHECK(name != nullptr && text != nullptr &&
             ASN1_STRING_set(text, value.data(), static_cast<int>(value.size())) == 1);
  GENERAL_NAME_set0_value(name, type, text);
  WARD_CHECK(sk_GENERAL_NAME_push(names, name) > 0);
}

void add_names(X509* x509, const CertificateSpec& spec) {
  if (spec.uris.empty() && spec.dns_names.empty()) return;
  const std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>> names(
      sk_GENERAL_NAME_new_null());
  for (const auto& uri : spec.uris) push_name(names.get(), GEN_URI, uri);
  for (const auto& name : spec.dns_names) push_name(names.get(), GEN_DNS, name);
  WARD_CHECK(X509_add1_ext_i2d(x509, NID_subject_alt_name, names.get(),
                               spec.is_subject_alt_name_critical, 0) == 1);
}

void add_constraints(X509* x509, X509V3_CTX* context, const CertificateSpec& spec) {
  std::string value = *spec.is_ca ? "CA:TRUE" : "CA:FALSE";
  if (spec.path_length) value += ",pathlen:" + std::to_string(*spec.path_length);
  add_extension(x509, context, NID_basic_constraints, with_critical(true, value));
}

void add_extensions(X509* x509, X509* issuer, const CertificateSpec& spec) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  if (spec.is_ca) add_constraints(x509, &context, spec);
  if (spec.key_usage) add_key_usage(x509, spec);
  std::string usages;
  for (const auto& usage : spec.extended_key_usages) usages += (usages.empty() ? "" : ",") + usage;
  if (!usages.empty()) add_extension(x509, &context, NID_ext_key_usage, usages);
  add_names(x509, spec);
  if (spec.has_key_ids) {
    add_extension(x509, &context, NID_subject_key_identifier, "hash");
    if (issuer != x509 && X509_get0_subject_key_id(issuer) != nullptr)
      add_extension(x509, &context, NID_authority_key_identifier, "keyid");
  }
  if (spec.has_unknown_critical_extension)
    add_extension(x509, &context, NID_netscape_comment, "critical,unknown to everyone");
}

}  // namespace

CertificateSpec ca_spec(std::string uri) {
  CertificateSpec spec;
  spec.common_name = "test authority";
  spec.uris = {std::move(uri)};
  spec.is_ca = true;
  spec.key_usage = static_cast<std::uint16_t>(static_cast<unsigned>(KeyUsage::kKeyCertSign) |
                                              static_cast<unsigned>(KeyUsage::kCrlSign));
  return spec;
}

CertificateSpec leaf_spec(std::string uri) {
  CertificateSpec spec;
  spec.common_name = "test leaf";
  spec.uris = {std::move(uri)};
  spec.is_ca = false;
  spec.key_usage = static_cast<std::uint16_t>(KeyUsage::kDigitalSignature);
  spec.extended_key_usages = {"serverAuth", "clientAuth"};
  spec.serial = 2;
  return spec;
}

Bytes make_certificate(const CertificateSpec& spec, ByteView subject_spki, const PrivateKey& key,
                       const Certificate* issuer) {
  const X509Ptr x509(X509_new());
  WARD_CHECK(X509_set_version(x509.get(), 2) == 1);
  WARD_CHECK(ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), spec.serial) == 1);
  set_time(X509_getm_notBefore(x509.get()), spec.not_before);
  set_time(X509_getm_notAfter(x509.get()), spec.not_after);
  X509_NAME* subject = X509_get_subject_name(x509.get());
  if (!spec.common_name.empty())
    WARD_CHECK(
        X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(spec.common_name.data()),
                                   static_cast<int>(spec.common_name.size()), -1, 0) == 1);
  X509* const issuer_x509 = issuer == nullptr ? x509.get() : CertificateAccess::x509(*issuer);
  WARD_CHECK(X509_set_issuer_name(x509.get(), X509_get_subject_name(issuer_x509)) == 1);
  const unsigned char* end = subject_spki.data();
  const PkeyPtr subject_key(d2i_PUBKEY(nullptr, &end, static_cast<long>(subject_spki.size())));
  WARD_CHECK(X509_set_pubkey(x509.get(), subject_key.get()) == 1);
  add_extensions(x509.get(), issuer_x509, spec);
  const PkeyPtr signing_key = import_private(key);
  const bool is_eddsa = key.type() == KeyType::kEd25519;
  const EVP_MD* hash = is_eddsa ? nullptr : EVP_get_digestbyname(spec.hash.c_str());
  WARD_CHECK(X509_sign(x509.get(), signing_key.get(), hash) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509(x509.get(), &der);
  WARD_CHECK(size > 0);
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

Credential make_root(const CertificateSpec& spec, KeyType type) {
  PrivateKey key = PrivateKey::generate(type).value();
  const Bytes der = make_certificate(spec, key.public_key().spki_der(), key, nullptr);
  return {std::move(key), Certificate::parse_der(der).value()};
}

Credential make_issued(const CertificateSpec& spec, const Credential& issuer, KeyType type) {
  PrivateKey key = PrivateKey::generate(type).value();
  const Bytes der =
      make_certificate(spec, key.public_key().spki_der(), issuer.key, &issuer.certificate);
  return {std::move(key), Certificate::parse_der(der).value()};
}

}  // namespace ward::crypto::testing
