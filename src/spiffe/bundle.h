// Trust bundles: which keys speak for a trust domain (SPIFFE_Trust_Domain_and_Bundle.md).
//
// A bundle belongs to one trust domain and is never merged with another's
// (SPIFFE_Federation.md 5.3): a set holds bundles apart and is asked by domain. Bundles for X.509
// and for JWT are different types, so that a key of one can never verify the other.
//
// Plain values; any thread may read. Errors: kInvalidArgument for what is malformed,
// kResourceExhausted for what is over the bounds of crypto/jose.h and crypto/x509.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/jose.h"
#include "crypto/x509.h"
#include "spiffe/id.h"

namespace ward::spiffe {

// Trusted or not, an empty bundle verifies nothing (SPIFFE_Trust_Domain_and_Bundle.md 4.1.3).
struct X509Bundle {
  TrustDomain trust_domain;
  std::vector<crypto::Certificate> authorities = {};
};

struct JwtBundle {
  TrustDomain trust_domain;
  std::map<std::string, crypto::PublicKey, std::less<>> keys = {};  // by key id, never empty
};

template <typename Bundle>
class BundleSet {
 public:
  // Replaces what the bundle's trust domain had; there is no adding to it.
  void set(Bundle bundle) {
    std::string name = bundle.trust_domain.name();
    bundles_.insert_or_assign(std::move(name), std::move(bundle));
  }
  void erase(const TrustDomain& domain) { bundles_.erase(domain.name()); }
  // Null when the domain is not trusted. Valid until the set changes.
  const Bundle* find(std::string_view trust_domain_name) const {
    const auto it = bundles_.find(trust_domain_name);
    return it == bundles_.end() ? nullptr : &it->second;
  }
  std::size_t size() const { return bundles_.size(); }
  auto begin() const { return bundles_.begin(); }
  auto end() const { return bundles_.end(); }

 private:
  std::map<std::string, Bundle, std::less<>> bundles_;
};

using X509BundleSet = BundleSet<X509Bundle>;
using JwtBundleSet = BundleSet<JwtBundle>;

// What a bundle endpoint serves.
struct SpiffeBundle {
  X509Bundle x509;
  JwtBundle jwt;
  std::optional<std::uint64_t> sequence = {};
  std::optional<std::chrono::seconds> refresh_hint = {};
};

// A JWK Set with `use` in each key. Keys of unknown type, of no or an unknown use, and X.509 ones
// without a certificate are passed over, as the specification asks; of several certificates in one
// x5c the first counts.
Result<SpiffeBundle> parse_spiffe_bundle(const TrustDomain& domain, std::string_view text);
std::string print_spiffe_bundle(const SpiffeBundle& bundle);

// The Workload API's forms (SPIFFE_Workload_API.md 5.2.2, 6.2.3): concatenated DER, possibly empty,
// and a JWK Set with JWT keys only, each with a key id. A key of another use is passed over when
// read. As SPIRE does, none is written with a `use`: clients take the set as a plain JWK Set.
Result<X509Bundle> parse_x509_bundle(const TrustDomain& domain, ByteView der);
Bytes print_x509_bundle(const X509Bundle& bundle);
Result<JwtBundle> parse_jwt_bundle(const TrustDomain& domain, std::string_view text);
std::string print_jwt_bundle(const JwtBundle& bundle);

}  // namespace ward::spiffe
