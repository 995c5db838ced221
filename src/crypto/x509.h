// X.509 certificates (RFC 5280): parsing into a value, and path validation.
//
// Any thread. What is parsed here comes from outside and is bounded; only standard DER is taken.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/key.h"

namespace ward::crypto {

inline constexpr std::size_t kCertificateBytesMax = std::size_t{64} << 10;
inline constexpr std::size_t kCertificateListBytesMax = std::size_t{4} << 20;
inline constexpr std::size_t kCertificateListMax = 1024;
inline constexpr std::size_t kSubjectAltNamesMax = 256;
inline constexpr std::size_t kIntermediatesMax = 4;

// RFC 5280 4.2.1.3, as a set of bits.
enum class KeyUsage : std::uint16_t {
  kDigitalSignature = 1 << 0,
  kContentCommitment = 1 << 1,
  kKeyEncipherment = 1 << 2,
  kDataEncipherment = 1 << 3,
  kKeyAgreement = 1 << 4,
  kKeyCertSign = 1 << 5,
  kCrlSign = 1 << 6,
  kEncipherOnly = 1 << 7,
  kDecipherOnly = 1 << 8,
};

enum class ExtendedKeyUsage : std::uint8_t { kServerAuth, kClientAuth, kAny, kOther };

// What the extensions and fields say; absent extensions are empty.
struct CertificateInfo {
  std::string subject, issuer;  // RFC 2253 text, for people; compared nowhere
  bool has_empty_subject = false;
  // Of the subject, as UTF-8; nothing when there is none, or more than one to choose from.
  std::optional<std::string> common_name;
  Bytes serial;  // big-endian, without leading zeros
  WallTime not_before, not_after;
  std::vector<std::string> uris, dns_names;
  bool has_other_names = false;  // SANs of other types, such as IP addresses
  bool is_subject_alt_name_critical = false;
  bool has_basic_constraints = false;
  bool is_ca = false;
  std::optional<int> path_length;
  std::optional<std::uint16_t> key_usage;  // bits of KeyUsage; nothing when absent
  bool is_key_usage_critical = false;
  std::vector<ExtendedKeyUsage> extended_key_usages;
  Bytes subject_key_id, authority_key_id;

  bool allows(KeyUsage usage) const {
    return key_usage && (*key_usage & static_cast<std::uint16_t>(usage)) != 0;
  }
};

class Certificate {
 public:
  // Exactly one certificate, version 3, nothing after it; at most kCertificateBytesMax. Its key is
  // of a type and size that PublicKey takes. kInvalidArgument otherwise.
  static Result<Certificate> parse_der(ByteView der);

  const CertificateInfo& info() const;
  const PublicKey& public_key() const;
  ByteView der() const;
  const Sha256Digest& fingerprint() const;  // sha256 of der()
  bool is_self_issued() const;              // subject equals issuer

  bool operator==(const Certificate& other) const;  // the same bytes

 private:
  friend struct CertificateAccess;
  struct Impl;
  explicit Certificate(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// Concatenated DER, as the Workload API carries chains and bundles. Not empty; at most
// kCertificateListBytesMax and `count_max`.
Result<std::vector<Certificate>> parse_certificates_der(
    ByteView der, std::size_t count_max = kCertificateListMax);
// PEM text with one or more CERTIFICATE blocks and no other kind.
Result<std::vector<Certificate>> parse_certificates_pem(
    std::string_view pem, std::size_t count_max = kCertificateListMax);
std::string print_certificates_pem(std::span<const Certificate> certificates);

struct ChainOptions {
  std::size_t intermediates_max = kIntermediatesMax;
  // Each certificate of the path that restricts usages, the root's apart, must allow all of these.
  std::vector<ExtendedKeyUsage> required_usages = {};
};

// RFC 5280 6 at `now`: signatures, validity, basic constraints, path length, key usage, name
// constraints, critical extensions, from `leaf` to one of `roots`. Returns the path, leaf first,
// root last.
//
// A root is trusted because it is in `roots`, whether or not it signed itself (X509-SVID.md 6.1
// lets a bundle hold certificates signed by a CA above); that is OpenSSL's partial chain. What a
// root says of itself still counts: expired, or no CA, is no root.
//
// Before any signature is computed: at most `intermediates_max`, each certificate and key already
// within the bounds of parse_der.
//
// kInvalidArgument: too many intermediates. kUnauthenticated: no valid path, with the reason.
Result<std::vector<Certificate>> verify_chain(const Certificate& leaf,
                                              std::span<const Certificate> intermediates,
                                              std::span<const Certificate> roots, WallTime now,
                                              const ChainOptions& options = {});

}  // namespace ward::crypto
