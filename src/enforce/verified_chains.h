// Client certificates that were found good, so that a gateway which shows one with each request of
// a client costs one verification and not one a request.
//
// Verifying is a function of the text, the authorities of its trust domain and the time. What is
// remembered is the exact text, the very authorities, and the time in which every certificate of
// the path is valid; another text, a rotated bundle or a passed date is verified anew. Failures are
// not remembered. Revocation is no part of verifying: each decision looks at it.
#pragma once

#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/x509.h"
#include "enforce/principal.h"

namespace ward::enforce {

inline constexpr std::size_t kVerifiedChainsMax = 1024;       // the least recently used go
inline constexpr std::size_t kVerifiedChainBytesMax = 8'192;  // a longer text is not remembered

// One thread.
class VerifiedChains {
 public:
  // As principal_of_escaped_chain().
  Result<Principal> principal_of(std::string_view escaped_pem, const TrustSource& trust,
                                 WallTime now);

  std::size_t size() const { return verified_.size(); }
  std::size_t verification_count() const { return verification_count_; }

 private:
  struct Verified {
    Principal principal;
    std::string trust_domain;
    std::vector<crypto::Certificate> authorities;
    WallTime from, until;  // [from, until)
    std::list<std::string>::iterator use;
  };
  using Map = std::map<std::string, Verified, std::less<>>;

  static bool holds(const Verified& verified, const TrustSource& trust, WallTime now);
  void remember(std::string_view escaped_pem, const VerifiedChain& chain, const TrustSource& trust);
  void forget(Map::iterator entry);

  Map verified_;
  std::list<std::string> uses_;  // the most recent first
  std::size_t verification_count_ = 0;
};

}  // namespace ward::enforce
