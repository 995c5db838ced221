// Issuing X509-SVIDs and their authorities' certificates by writing DER (X509-SVID.md; RFC 5280 4).
//
// PERF: writing DER spares OpenSSL's X509 objects, which cost about ten times the signature
// by themselves. Nothing of a certificate comes from a request but the public key.
//
// A leaf has: a random serial, the issuer's name, one URI name, DNS names if asked, subject empty
// (and the names then critical) or the first DNS name; key usage digitalSignature, keyEncipherment,
// keyAgreement (critical); extended key usage server and client; cA false; both key identifiers.
// An authority has: keyCertSign, cRLSign (critical), cA true, its SPIFFE ID without path as the one
// URI name, and its serial in the subject, so that no two authorities have one name.
//
// Signed with ECDSA on P-256 and SHA-256. A certificate is valid from 10 seconds before now, for
// peers whose clock is behind, and never longer than its issuer's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/key.h"
#include "crypto/x509.h"

namespace ward::crypto {

inline constexpr std::chrono::seconds kNotBeforeBackdate{10};
inline constexpr std::size_t kSerialBytes = 16;
inline constexpr std::size_t kTemplateUriBytesMax = 2048;
inline constexpr std::size_t kTemplateDnsNamesMax = 32;
inline constexpr std::size_t kDnsNameBytesMax = 253;    // RFC 1035 2.3.4, without the last dot
inline constexpr std::size_t kCommonNameBytesMax = 64;  // RFC 5280 appendix A, ub-common-name

// Letters, digits and inner hyphens in labels of at most 63 bytes (RFC 5280 4.2.1.6, RFC 1034 3.5).
bool is_dns_name(std::string_view name);

enum class LeafUse : std::uint8_t {
  kTls,      // as above
  kSigning,  // digitalSignature alone, and RFC 9336 id-kp-documentSigning: opens no connection
};

struct LeafTemplate {
  std::string_view uri;  // the SPIFFE ID; the caller knows it to be valid
  std::vector<std::string> dns_names = {};
  WallTime not_before_min{};  // whole seconds; not backdated to before it
  WallTime not_after;
  LeafUse use = LeafUse::kTls;
};

struct AuthorityTemplate {
  std::string_view uri;  // a SPIFFE ID without path
  std::optional<int> path_length = {};
  WallTime not_after;
};

struct IssuedCertificate {
  Bytes der;
  Bytes serial;                    // kSerialBytes, positive
  WallTime not_before, not_after;  // whole seconds
};

// One signing key with its certificate, made once and used for each signature. A value; any thread
// may issue with it.
class CertificateIssuer {
 public:
  // kInvalidArgument: the key is not the certificate's, or not on P-256, or the certificate is not
  // an authority's with a subject key identifier.
  static Result<CertificateIssuer> make(const Certificate& certificate, PrivateKey key);

  // kInvalidArgument: a name over its bound or not a DNS name, or not_after is not after `now`.
  // kFailedPrecondition: the issuer itself is over.
  Result<IssuedCertificate> issue_leaf(const LeafTemplate& leaf, const PublicKey& key, WallTime now,
                                       Random& random) const;
  // An authority below this one.
  Result<IssuedCertificate> issue_authority(const AuthorityTemplate& authority,
                                            const PublicKey& key, WallTime now,
                                            Random& random) const;

  WallTime not_after() const { return not_after_; }

 private:
  CertificateIssuer(PrivateKey key, Bytes name, Bytes key_id, WallTime not_after)
      : key_(std::move(key)),
        name_(std::move(name)),
        key_id_(std::move(key_id)),
        not_after_(not_after) {}

  PrivateKey key_;
  Bytes name_;    // DER of the subject
  Bytes key_id_;  // the subject key identifier
  WallTime not_after_;
};

// The certificate of an authority that has none above it.
Result<IssuedCertificate> self_sign_authority(const AuthorityTemplate& authority,
                                              const PrivateKey& key, WallTime now, Random& random);

// RFC 7093 2 (1): the first 160 bits of the SHA-256 of the public key's bits.
Bytes subject_key_id(const PublicKey& key);

}  // namespace ward::crypto
