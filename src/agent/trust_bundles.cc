#include "agent/trust_bundles.h"

#include <utility>

#include "authority/key_slots.h"
#include "authority/trust_bundle.h"

namespace ward::agent {
namespace {

constexpr world::PageRequest kSlots{.limit = 2 * authority::kKeySlotsMax};

}  // namespace

TrustBundles::TrustBundles(AgentView& view, spiffe::TrustDomain trust_domain, Log log,
                           Changed changed)
    : view_(view),
      trust_domain_(std::move(trust_domain)),
      log_(log.part("bundles")),
      changed_(std::move(changed)) {
  view_.observe([this](const ViewChange&) { refresh(); });
}

// PERF: 0.3 ms for two certificates, so not for every fact, nor before a revocation is
// acknowledged.
void TrustBundles::refresh() {
  std::vector<world::KeySlot> slots;
  for (const world::KeySlot* slot : view_.world().key_slots(kSlots)) slots.push_back(*slot);
  if (slots == slots_) return;
  auto bundle = authority::trust_bundle(trust_domain_, slots);
  if (!bundle.ok()) {
    log_.error("the trust bundle at revision {}: {}", view_.revision(), bundle.error().text());
    return;
  }
  slots_ = std::move(slots);
  jwks_ = spiffe::print_jwt_bundle(bundle->jwt);
  jwt_.set(std::move(bundle->jwt));
  Bytes der = spiffe::print_x509_bundle(bundle->x509);
  if (der == x509_der_) return;
  x509_der_ = std::move(der);
  x509_.set(bundle->x509);
  if (!x509_der_.empty()) changed_(bundle->x509);
}

}  // namespace ward::agent
