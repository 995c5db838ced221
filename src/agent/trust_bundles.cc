#include "agent/trust_bundles.h"

#include <utility>

#include "authority/trust_bundle.h"

namespace ward::agent {

TrustBundles::TrustBundles(AgentView& view, spiffe::TrustDomain trust_domain, Log log,
                           Changed changed)
    : view_(view),
      trust_domain_(std::move(trust_domain)),
      log_(log.part("bundles")),
      changed_(std::move(changed)) {
  view_.observe([this](const ViewChange&) { refresh(); });
}

void TrustBundles::refresh() {
  auto bundle = authority::trust_bundle(trust_domain_, view_.world());
  if (!bundle.ok()) {
    log_.error("the trust bundle at revision {}: {}", view_.revision(), bundle.error().text());
    return;
  }
  jwks_ = spiffe::print_jwt_bundle(bundle->jwt);
  jwt_.set(std::move(bundle->jwt));
  Bytes der = spiffe::print_x509_bundle(bundle->x509);
  if (der == x509_der_) return;
  x509_der_ = std::move(der);
  x509_.set(bundle->x509);
  if (!x509_der_.empty()) changed_(bundle->x509);
}

}  // namespace ward::agent
