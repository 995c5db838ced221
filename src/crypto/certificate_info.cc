// Reads the fields and extensions of a certificate into plain values.
#include <openssl/asn1.h>

#include <ctime>

#include "crypto/certificate_internal.h"

namespace ward::crypto {
namespace {

using Asn1StringPtr = std::unique_ptr<ASN1_STRING, OpensslFree<ASN1_STRING_free>>;
using BasicConstraintsPtr = std::unique_ptr<BASIC_CONSTRAINTS, OpensslFree<BASIC_CONSTRAINTS_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>>;
using UsagesPtr = std::unique_ptr<EXTENDED_KEY_USAGE, OpensslFree<EXTENDED_KEY_USAGE_free>>;
using AuthorityKeyIdPtr = std::unique_ptr<AUTHORITY_KEYID, OpensslFree<AUTHORITY_KEYID_free>>;

template <typename Pointer>
struct Extension {
  Pointer value;  // null when absent
  bool is_critical = false;
};

// RFC 5280 4.2: "A certificate MUST NOT include more than one instance of a particular extension."
template <typename Pointer>
Result<Extension<Pointer>> read_extension(const X509* x509, int nid) {
  int critical = 0;
  Extension<Pointer> extension;
  // SAFETY: the type that OpenSSL returns for a nid is the one its documentation pairs with it.
  extension.value.reset(
      static_cast<typename Pointer::pointer>(X509_get_ext_d2i(x509, nid, &critical, nullptr)));
  if (extension.value == nullptr && critical != -1) {
    ERR_clear_error();
    return invalid_argument("certificate extension {} is malformed or given twice",
                            OBJ_nid2sn(nid));
  }
  extension.is_critical = critical == 1;
  return extension;
}

Bytes asn1_bytes(const ASN1_STRING* string) {
  if (string == nullptr) return {};
  const ByteView view(ASN1_STRING_get0_data(string),
                      static_cast<std::size_t>(ASN1_STRING_length(string)));
  return to_bytes(view);
}

std::string to_text(const ASN1_STRING* string) {
  return std::string(as_text(asn1_bytes(string)));
}

Result<WallTime> read_time(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1)
    return invalid_argument("certificate has a malformed validity time");
  const auto day =
      std::chrono::year_month_day{std::chrono::year{fields.tm_year + 1900},
                                  std::chrono::month{static_cast<unsigned>(fields.tm_mon + 1)},
                                  std::chrono::day{static_cast<unsigned>(fields.tm_mday)}};
  return WallTime{std::chrono::sys_days{day} + std::chrono::hours{fields.tm_hour} +
                  std::chrono::minutes{fields.tm_min} + std::chrono::seconds{fields.tm_sec}};
}

std::string name_text(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  WARD_CHECK(bio != nullptr);
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::optional<std::string> read_common_name(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0) return std::nullopt;
  unsigned char* text = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) {
    ERR_clear_error();
    return std::nullopt;
  }
  std::string common_name(as_text({text, static_cast<std::size_t>(size)}));
  OPENSSL_free(text);
  return common_name;
}

Result<void> read_names(const X509* x509, CertificateInfo& info) {
  WARD_TRY(const auto names, read_extension<GeneralNamesPtr>(x509, NID_subject_alt_name));
  info.is_subject_alt_name_critical = names.is_critical;
  const int count = names.value == nullptr ? 0 : sk_GENERAL_NAME_num(names.value.get());
  if (static_cast<std::size_t>(count) > kSubjectAltNamesMax)
    return invalid_argument("certificate has {} subject alternative names, expected at most {}",
                            count, kSubjectAltNamesMax);
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.value.get(), i);
    if (name->type == GEN_URI) {
      info.uris.push_back(to_text(name->d.uniformResourceIdentifier));
    } else if (name->type == GEN_DNS) {
      info.dns_names.push_back(to_text(name->d.dNSName));
    } else {
      info.has_other_names = true;
    }
  }
  return {};
}

Result<void> read_constraints(const X509* x509, CertificateInfo& info) {
  WARD_TRY(const auto constraints,
           read_extension<BasicConstraintsPtr>(x509, NID_basic_constraints));
  if (constraints.value == nullptr) return {};
  info.has_basic_constraints = true;
  info.is_ca = constraints.value->ca != 0;
  if (constraints.value->pathlen == nullptr) return {};
  const long length = ASN1_INTEGER_get(constraints.value->pathlen);
  if (length < 0 || length > 255)
    return invalid_argument("certificate has a path length that is not 0 to 255");
  info.path_length = static_cast<int>(length);
  return {};
}

Result<void> read_key_usage(const X509* x509, CertificateInfo& info) {
  WARD_TRY(const auto usage, read_extension<Asn1StringPtr>(x509, NID_key_usage));
  if (usage.value == nullptr) return {};
  info.is_key_usage_critical = usage.is_critical;
  std::uint16_t bits = 0;
  for (int bit = 0; bit < 9; ++bit) {
    if (ASN1_BIT_STRING_get_bit(usage.value.get(), bit) == 1)
      bits = static_cast<std::uint16_t>(bits | (1U << bit));
  }
  info.key_usage = bits;
  return {};
}

ExtendedKeyUsage usage_of(int nid) {
  if (nid == NID_server_auth) return ExtendedKeyUsage::kServerAuth;
  if (nid == NID_client_auth) return ExtendedKeyUsage::kClientAuth;
  if (nid == NID_anyExtendedKeyUsage) return ExtendedKeyUsage::kAny;
  return ExtendedKeyUsage::kOther;
}

Result<void> read_extended_key_usage(const X509* x509, CertificateInfo& info) {
  WARD_TRY(const auto usages, read_extension<UsagesPtr>(x509, NID_ext_key_usage));
  const int count = usages.value == nullptr ? 0 : sk_ASN1_OBJECT_num(usages.value.get());
  for (int i = 0; i < count; ++i)
    info.extended_key_usages.push_back(
        usage_of(OBJ_obj2nid(sk_ASN1_OBJECT_value(usages.value.get(), i))));
  return {};
}

Result<void> read_key_ids(const X509* x509, CertificateInfo& info) {
  WARD_TRY(const auto subject, read_extension<Asn1StringPtr>(x509, NID_subject_key_identifier));
  info.subject_key_id = asn1_bytes(subject.value.get());
  WARD_TRY(const auto authority,
           read_extension<AuthorityKeyIdPtr>(x509, NID_authority_key_identifier));
  if (authority.value != nullptr) info.authority_key_id = asn1_bytes(authority.value->keyid);
  return {};
}

}  // namespace

Result<CertificateInfo> read_certificate_info(const X509* x509) {
  CertificateInfo info;
  info.subject = name_text(X509_get_subject_name(x509));
  info.issuer = name_text(X509_get_issuer_name(x509));
  info.common_name = read_common_name(X509_get_subject_name(x509));
  info.has_empty_subject = X509_NAME_entry_count(X509_get_subject_name(x509)) == 0;
  info.serial = asn1_bytes(X509_get0_serialNumber(x509));
  WARD_TRY(info.not_before, read_time(X509_get0_notBefore(x509)));
  WARD_TRY(info.not_after, read_time(X509_get0_notAfter(x509)));
  WARD_RETURN_IF_ERROR(read_names(x509, info));
  WARD_RETURN_IF_ERROR(read_constraints(x509, info));
  WARD_RETURN_IF_ERROR(read_key_usage(x509, info));
  WARD_RETURN_IF_ERROR(read_extended_key_usage(x509, info));
  WARD_RETURN_IF_ERROR(read_key_ids(x509, info));
  return info;
}

}  // namespace ward::crypto
