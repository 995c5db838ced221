#include "enforce/verified_chains.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ward::enforce {

Result<Principal> VerifiedChains::principal_of(std::string_view escaped_pem,
                                               const TrustSource& trust, WallTime now) {
  if (const auto found = verified_.find(escaped_pem); found != verified_.end()) {
    if (holds(found->second, trust, now)) {
      uses_.splice(uses_.begin(), uses_, found->second.use);
      return found->second.principal;
    }
    forget(found);
  }
  ++verification_count_;
  WARD_TRY(VerifiedChain chain, verify_escaped_chain(escaped_pem, trust, now));
  if (escaped_pem.size() <= kVerifiedChainBytesMax) remember(escaped_pem, chain, trust);
  return std::move(chain.principal);
}

bool VerifiedChains::holds(const Verified& verified, const TrustSource& trust, WallTime now) {
  if (now < verified.from || now >= verified.until) return false;
  const spiffe::X509Bundle* bundle = trust.x509_bundles().find(verified.trust_domain);
  return bundle != nullptr && bundle->authorities == verified.authorities;
}

void VerifiedChains::remember(std::string_view escaped_pem, const VerifiedChain& chain,
                              const TrustSource& trust) {
  const std::string domain(chain.svid.id.trust_domain_name());
  const spiffe::X509Bundle* bundle = trust.x509_bundles().find(domain);
  WARD_CHECK(bundle != nullptr);  // the chain was verified against it just now
  Verified verified{.principal = chain.principal,
                    .trust_domain = domain,
                    .authorities = bundle->authorities,
                    .from = chain.svid.leaf().info().not_before,
                    .until = chain.svid.leaf().info().not_after,
                    .use = {}};
  for (const crypto::Certificate& certificate : chain.svid.path) {
    verified.from = std::max(verified.from, certificate.info().not_before);
    verified.until = std::min(verified.until, certificate.info().not_after);
  }
  uses_.emplace_front(escaped_pem);
  verified.use = uses_.begin();
  verified_.emplace(escaped_pem, std::move(verified));
  if (verified_.size() > kVerifiedChainsMax) forget(verified_.find(uses_.back()));
}

void VerifiedChains::forget(Map::iterator entry) {
  uses_.erase(entry->second.use);
  verified_.erase(entry);
}

}  // namespace ward::enforce
