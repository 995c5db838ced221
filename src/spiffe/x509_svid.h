// Verifying X509-SVIDs (X509-SVID.md sections 2 to 5).
#pragma once

#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/x509.h"
#include "spiffe/bundle.h"
#include "spiffe/id.h"

namespace ward::spiffe {

struct X509Svid {
  SpiffeId id;
  std::vector<crypto::Certificate> path;  // verified: leaf first, authority of the bundle last

  const crypto::Certificate& leaf() const { return path.front(); }
};

// The SPIFFE ID of a certificate that may serve as a leaf; says nothing about who signed it.
//
// X509-SVID 2, 4 and 5.2: exactly one URI name, which is a SPIFFE ID with a path; not cA; key usage
// critical, with digitalSignature and without keyCertSign and cRLSign; extended key usage, if there
// is one, with both server and client. So a signing certificate never authenticates anybody.
Result<SpiffeId> leaf_spiffe_id(const crypto::Certificate& leaf);

// The leaf's rules, then RFC 5280 path validation at `now` against the bundle of the leaf's own
// trust domain and no other. `chain` has the leaf first and then intermediates, at most
// crypto::kIntermediatesMax, in any order.
//
// kInvalidArgument: malformed, over a bound, or no X509-SVID. kUnauthenticated: the trust domain is
// not trusted, or no valid path.
Result<X509Svid> verify_x509_svid(std::span<const crypto::Certificate> chain,
                                  const X509BundleSet& bundles, WallTime now);
// The chain as TLS has it, one certificate each.
Result<X509Svid> verify_x509_svid(std::span<const Bytes> chain, const X509BundleSet& bundles,
                                  WallTime now);
// The chain as the Workload API has it, concatenated.
Result<X509Svid> verify_x509_svid(ByteView chain, const X509BundleSet& bundles, WallTime now);

}  // namespace ward::spiffe
