// Makes the keys that rotation asks for, sealed and ready to be a fact.
#pragma once

#include <chrono>
#include <vector>

#include "authority/key_sealer.h"
#include "authority/key_slots.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/key.h"
#include "spiffe/id.h"
#include "world/fact.h"

namespace ward::authority {

inline constexpr std::chrono::hours kKeyLifetimeDefault{24};
inline constexpr std::chrono::seconds kKeyLifetimeMin{60};
inline constexpr std::chrono::days kKeyLifetimeMax{3650};

struct KeyMakerOptions {
  spiffe::TrustDomain trust_domain;
  std::chrono::seconds x509_lifetime{kKeyLifetimeDefault};
  std::chrono::seconds jwt_lifetime{kKeyLifetimeDefault};
};

// P-256 keys. A CA certificate is self-signed, has the trust domain's SPIFFE ID and is valid from
// 10 s before now. Any thread; sealer and random outlive the maker.
class KeyMaker {
 public:
  // kInvalidArgument: a lifetime out of its bounds.
  static Result<KeyMaker> make(KeyMakerOptions options, const KeySealer& sealer, Random& random);

  // A prepared slot: `x509/<subject key identifier>` or `jwt/<key id>`; the key id is a JWK
  // thumbprint (RFC 7638), so two keys never share one.
  Result<world::KeySlot> prepared(world::KeyKind kind, WallTime now) const;

  // The facts of a step that `slots` says is due, or that an operator wants; for kPrepare a key is
  // made. Errors as those of KeySlots.
  Result<std::vector<world::FactBody>> facts_of(const DueStep& step, const KeySlots& slots,
                                                WallTime now) const;

 private:
  KeyMaker(KeyMakerOptions options, const KeySealer& sealer, Random& random)
      : options_(std::move(options)), sealer_(&sealer), random_(&random) {}

  KeyMakerOptions options_;
  const KeySealer* sealer_;
  Random* random_;
};

// The private key of a slot. Sealed keys are bound to trust domain, kind and slot, so none can be
// put in the place of another. kDataLoss when it is not the slot's, else the sealer's errors.
Result<crypto::PrivateKey> unseal_key(const spiffe::TrustDomain& trust_domain,
                                      const world::KeySlot& slot, const KeySealer& sealer);

}  // namespace ward::authority
