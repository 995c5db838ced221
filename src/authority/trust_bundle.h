// The trust bundle of Ward's own trust domain: a function of the key slots in a world, and of
// nothing else, so server and agents at one revision have the same.
//
// Every slot counts, prepared, active or retired: a key is published before it signs and until
// nothing it signed can be valid (key_slots.h). Private parts are not looked at. Any thread.
#pragma once

#include "base/result.h"
#include "spiffe/bundle.h"
#include "world/world.h"

namespace ward::authority {

struct TrustBundle {
  spiffe::X509Bundle x509;
  spiffe::JwtBundle jwt;
};

// kDataLoss when a slot's public material is not what its kind says, or a CA certificate is not
// that of the trust domain.
Result<TrustBundle> trust_bundle(const spiffe::TrustDomain& trust_domain,
                                 std::span<const world::KeySlot> slots);
Result<TrustBundle> trust_bundle(const spiffe::TrustDomain& trust_domain,
                                 const world::World& world);

}  // namespace ward::authority
