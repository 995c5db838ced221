#include "crypto/x509_template.h"

#include <algorithm>
#include <array>

#include "codec/der_writer.h"
#include "codec/hex.h"
#include "crypto/certificate_internal.h"
#include "crypto/key_internal.h"

namespace ward::crypto {
namespace {

using codec::DerWriter;
using codec::Oid;

constexpr Oid kEcdsaWithSha256("1.2.840.10045.4.3.2");
constexpr Oid kCommonName("2.5.4.3");
constexpr Oid kSerialNumber("2.5.4.5");
constexpr Oid kOrganization("2.5.4.10");
constexpr Oid kSubjectKeyId("2.5.29.14");
constexpr Oid kKeyUsage("2.5.29.15");
constexpr Oid kSubjectAltName("2.5.29.17");
constexpr Oid kBasicConstraints("2.5.29.19");
constexpr Oid kAuthorityKeyId("2.5.29.35");
constexpr Oid kExtendedKeyUsage("2.5.29.37");
constexpr Oid kServerAuth("1.3.6.1.5.5.7.3.1");
constexpr Oid kClientAuth("1.3.6.1.5.5.7.3.2");
constexpr Oid kDocumentSigning("1.3.6.1.5.5.7.3.36");

// RFC 5280 4.2.1.3, the first bit highest.
constexpr std::uint16_t kLeafUsage = 0b1010'1000'0000'0000;  // signature, encipherment, agreement
constexpr std::uint16_t kSigningUsage = 0b1000'0000'0000'0000;
constexpr std::uint16_t kAuthorityUsage = 0b0000'0110'0000'0000;  // keyCertSign, cRLSign

// RFC 5280 4.2.1.6: tags of GeneralName.
constexpr std::uint32_t kDnsTag = 2;
constexpr std::uint32_t kUriTag = 6;

using Serial = std::array<std::uint8_t, kSerialBytes>;

struct Validity {
  WallTime not_before, not_after;
};

// All that differs between one certificate and another.
struct Tbs {
  Serial serial;
  ByteView issuer_name;  // DER; empty: the subject's own
  Validity validity;
  const PublicKey* key;
  ByteView authority_key_id;  // empty: none
};

// RFC 5280 4.1.2.2: positive and at most 20 octets. With the two highest bits 01 it has always the
// same length; 126 bits are left to chance.
Serial new_serial(Random& random) {
  Serial serial;
  random.fill(serial);
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x3f) | 0x40);
  return serial;
}

Result<Validity> validity_of(WallTime now, WallTime not_after, WallTime not_before_min = {}) {
  const auto whole = [](WallTime time) {
    return WallTime{std::chrono::floor<std::chrono::seconds>(time)};
  };
  const Validity validity{std::max(whole(now - kNotBeforeBackdate), not_before_min),
                          whole(not_after)};
  if (validity.not_after <= std::max(now, validity.not_before))
    return invalid_argument("certificate would be over before it begins");
  return validity;
}

Result<void> check_uri(std::string_view uri) {
  if (uri.empty() || uri.size() > kTemplateUriBytesMax)
    return invalid_argument("URI name has {} bytes, expected 1 to {}", uri.size(),
                            kTemplateUriBytesMax);
  if (!std::ranges::all_of(uri, [](char c) { return c > ' ' && c < 0x7f; }))
    return invalid_argument("URI name has characters that are not ASCII");
  return {};
}

Result<void> check_dns_names(const std::vector<std::string>& names) {
  if (names.size() > kTemplateDnsNamesMax)
    return invalid_argument("{} DNS names, expected at most {}", names.size(),
                            kTemplateDnsNamesMax);
  for (const std::string& name : names) {
    if (!is_dns_name(name))
      return invalid_argument("`{}` is not a DNS name", name.substr(0, kDnsNameBytesMax));
  }
  return {};
}

void write_attribute(DerWriter& der, const Oid& type, auto&& value) {
  der.set([&] {
    der.sequence([&] {
      der.oid(type);
      value();
    });
  });
}

void write_extension(DerWriter& der, const Oid& id, bool is_critical, auto&& value) {
  der.sequence([&] {
    der.oid(id);
    if (is_critical) der.boolean(true);  // DER leaves a default out
    der.octet_string_of(value);
  });
}

void write_key_ids(DerWriter& der, const Tbs& tbs) {
  write_extension(der, kSubjectKeyId, false, [&] { der.octet_string(subject_key_id(*tbs.key)); });
  if (tbs.authority_key_id.empty()) return;
  write_extension(der, kAuthorityKeyId, false,
                  [&] { der.sequence([&] { der.context_primitive(0, tbs.authority_key_id); }); });
}

void write_names(DerWriter& der, bool is_critical, std::string_view uri,
                 const std::vector<std::string>& dns_names) {
  write_extension(der, kSubjectAltName, is_critical, [&] {
    der.sequence([&] {
      der.context_primitive(kUriTag, as_bytes(uri));
      for (const std::string& name : dns_names) der.context_primitive(kDnsTag, as_bytes(name));
    });
  });
}

void write_algorithm(DerWriter& der) {
  der.sequence([&] { der.oid(kEcdsaWithSha256); });
}

// RFC 5280 4.1. `subject` writes the Name, `extensions` the list.
void write_tbs(DerWriter& der, const Tbs& tbs, auto&& subject, auto&& extensions) {
  der.sequence([&] {
    der.context(0, [&] { der.integer(2); });  // version 3
    der.unsigned_integer(tbs.serial);
    write_algorithm(der);
    if (tbs.issuer_name.empty()) {
      subject();
    } else {
      der.raw(tbs.issuer_name);
    }
    der.sequence([&] {
      der.time(tbs.validity.not_before);
      der.time(tbs.validity.not_after);
    });
    subject();
    der.raw(tbs.key->spki_der());
    der.context(3, [&] { der.sequence(extensions); });
  });
}

Result<IssuedCertificate> sign(const Bytes& tbs_der, const Tbs& tbs, const PrivateKey& key) {
  WARD_TRY(const Bytes signature, key.sign(SignatureScheme::kEs256Der, tbs_der));
  IssuedCertificate issued{.der = {},
                           .serial = to_bytes(tbs.serial),
                           .not_before = tbs.validity.not_before,
                           .not_after = tbs.validity.not_after};
  issued.der.reserve(tbs_der.size() + 128);
  DerWriter der(issued.der);
  der.sequence([&] {
    der.raw(tbs_der);
    write_algorithm(der);
    der.bit_string(signature);
  });
  return issued;
}

void write_usages(DerWriter& der, LeafUse use) {
  const bool is_tls = use == LeafUse::kTls;
  write_extension(der, kKeyUsage, true,
                  [&] { der.named_bits(is_tls ? kLeafUsage : kSigningUsage); });
  write_extension(der, kExtendedKeyUsage, false, [&] {
    der.sequence([&] {
      if (!is_tls) return der.oid(kDocumentSigning);
      der.oid(kServerAuth);
      der.oid(kClientAuth);
    });
  });
}

Result<IssuedCertificate> make_leaf(const LeafTemplate& leaf, const Tbs& tbs,
                                    const PrivateKey& signing_key) {
  const bool has_common_name =
      !leaf.dns_names.empty() && leaf.dns_names.front().size() <= kCommonNameBytesMax;
  Bytes tbs_der;
  tbs_der.reserve(1024);
  DerWriter der(tbs_der);
  const auto subject = [&] {
    der.sequence([&] {
      if (has_common_name)
        write_attribute(der, kCommonName, [&] { der.utf8_string(leaf.dns_names.front()); });
    });
  };
  write_tbs(der, tbs, subject, [&] {
    write_usages(der, leaf.use);
    write_extension(der, kBasicConstraints, true, [&] { der.sequence([] {}); });
    write_key_ids(der, tbs);
    write_names(der, !has_common_name, leaf.uri, leaf.dns_names);
  });
  return sign(tbs_der, tbs, signing_key);
}

Result<IssuedCertificate> make_authority(const AuthorityTemplate& authority, const Tbs& tbs,
                                         const PrivateKey& signing_key) {
  Bytes tbs_der;
  tbs_der.reserve(1024);
  DerWriter der(tbs_der);
  const auto subject = [&] {
    der.sequence([&] {
      write_attribute(der, kOrganization, [&] { der.utf8_string("Ward"); });
      write_attribute(der, kSerialNumber,
                      [&] { der.printable_string(codec::encode_hex(tbs.serial)); });
    });
  };
  write_tbs(der, tbs, subject, [&] {
    write_extension(der, kKeyUsage, true, [&] { der.named_bits(kAuthorityUsage); });
    write_extension(der, kBasicConstraints, true, [&] {
      der.sequence([&] {
        der.boolean(true);
        if (authority.path_length) der.integer(*authority.path_length);
      });
    });
    write_key_ids(der, tbs);
    write_names(der, false, authority.uri, {});
  });
  return sign(tbs_der, tbs, signing_key);
}

Result<void> check_authority(const AuthorityTemplate& authority) {
  if (authority.path_length && (*authority.path_length < 0 || *authority.path_length > 255))
    return invalid_argument("path length is {}, expected 0 to 255", *authority.path_length);
  return check_uri(authority.uri);
}

Bytes subject_name(const Certificate& certificate) {
  const unsigned char* der = nullptr;
  std::size_t size = 0;
  const X509_NAME* name = X509_get_subject_name(CertificateAccess::x509(certificate));
  WARD_CHECK(X509_NAME_get0_der(name, &der, &size) == 1);
  return {der, der + size};
}

}  // namespace

bool is_dns_name(std::string_view name) {
  if (name.empty() || name.size() > kDnsNameBytesMax) return false;
  std::size_t label = 0;
  char before = '.';
  for (const char c : name) {
    if (c == '.' || c == '-') {
      if (before == '.' || (c == '.' && before == '-')) return false;
    } else if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) {
      return false;
    }
    label = c == '.' ? 0 : label + 1;
    if (label > 63) return false;
    before = c;
  }
  return before != '.' && before != '-';
}

Result<CertificateIssuer> CertificateIssuer::make(const Certificate& certificate, PrivateKey key) {
  if (key.type() != KeyType::kP256)
    return invalid_argument("issuing key is of type {}, expected P-256", key_type_name(key.type()));
  if (!(certificate.public_key() == key.public_key()))
    return invalid_argument("issuing key is not the one of the issuing certificate");
  const CertificateInfo& info = certificate.info();
  if (!info.is_ca || !info.allows(KeyUsage::kKeyCertSign) || info.subject_key_id.empty() ||
      info.has_empty_subject)
    return invalid_argument(
        "issuing certificate is not an authority's: expected cA, keyCertSign, a subject and a "
        "subject key identifier");
  return CertificateIssuer(std::move(key), subject_name(certificate), info.subject_key_id,
                           info.not_after);
}

Result<IssuedCertificate> CertificateIssuer::issue_leaf(const LeafTemplate& leaf,
                                                        const PublicKey& key, WallTime now,
                                                        Random& random) const {
  if (not_after_ <= now)
    return make_error(ErrorCode::kFailedPrecondition, "the issuing certificate is over");
  WARD_RETURN_IF_ERROR(check_uri(leaf.uri));
  WARD_RETURN_IF_ERROR(check_dns_names(leaf.dns_names));
  WARD_TRY(const Validity validity,
           validity_of(now, std::min(leaf.not_after, not_after_), leaf.not_before_min));
  return make_leaf(leaf, {new_serial(random), name_, validity, &key, key_id_}, key_);
}

Result<IssuedCertificate> CertificateIssuer::issue_authority(const AuthorityTemplate& authority,
                                                             const PublicKey& key, WallTime now,
                                                             Random& random) const {
  if (not_after_ <= now)
    return make_error(ErrorCode::kFailedPrecondition, "the issuing certificate is over");
  WARD_RETURN_IF_ERROR(check_authority(authority));
  WARD_TRY(const Validity validity, validity_of(now, std::min(authority.not_after, not_after_)));
  return make_authority(authority, {new_serial(random), name_, validity, &key, key_id_}, key_);
}

Result<IssuedCertificate> self_sign_authority(const AuthorityTemplate& authority,
                                              const PrivateKey& key, WallTime now, Random& random) {
  if (key.type() != KeyType::kP256)
    return invalid_argument("authority's key is of type {}, expected P-256",
                            key_type_name(key.type()));
  WARD_RETURN_IF_ERROR(check_authority(authority));
  WARD_TRY(const Validity validity, validity_of(now, authority.not_after));
  const PublicKey& public_key = key.public_key();
  return make_authority(authority, {new_serial(random), {}, validity, &public_key, {}}, key);
}

Bytes subject_key_id(const PublicKey& key) {
  const Sha256Digest digest = sha256(public_key_bits(key));
  return {digest.begin(), digest.begin() + 20};
}

}  // namespace ward::crypto
