// Certificates for tests, right ones and wrong ones: every field can be set to what a real
// authority would never sign. Made through OpenSSL's object interface, so also a second opinion on
// the template of crypto/x509_template.h.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/key.h"
#include "crypto/x509.h"

namespace ward::crypto::testing {

// The default times hold around this moment, where ManualClock starts.
inline constexpr WallTime kNow{std::chrono::seconds{1'700'000'000}};

struct CertificateSpec {
  std::string common_name;  // empty: an empty subject
  std::vector<std::string> uris, dns_names;
  bool is_subject_alt_name_critical = false;
  std::optional<bool> is_ca;  // nothing: no basic constraints
  std::optional<int> path_length;
  std::optional<std::uint16_t> key_usage;
  bool is_key_usage_critical = true;
  std::vector<std::string> extended_key_usages;  // OpenSSL's names, `serverAuth`
  bool has_key_ids = true;
  bool has_unknown_critical_extension = false;
  WallTime not_before = kNow - std::chrono::hours{1};
  WallTime not_after = kNow + std::chrono::hours{1};
  int serial = 1;
  std::string hash = "SHA256";
};

// A CA and an X509-SVID leaf as X509-SVID.md asks, to be spoilt field by field.
CertificateSpec ca_spec(std::string uri);
CertificateSpec leaf_spec(std::string uri);

// DER. `issuer` is nothing for a self-signed one. Aborts if OpenSSL cannot make it.
Bytes make_certificate(const CertificateSpec& spec, ByteView subject_spki, const PrivateKey& key,
                       const Certificate* issuer);

// A key with its certificate.
struct Credential {
  PrivateKey key;
  Certificate certificate;
};

Credential make_root(const CertificateSpec& spec, KeyType type = KeyType::kP256);
Credential make_issued(const CertificateSpec& spec, const Credential& issuer,
                       KeyType type = KeyType::kP256);

}  // namespace ward::crypto::testing
