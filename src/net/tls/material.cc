#include "net/tls/material.h"

namespace ward::net {

Result<std::shared_ptr<const TlsMaterial>> TlsMaterial::with_identity(
    std::vector<crypto::Certificate> chain, crypto::PrivateKey key, spiffe::X509BundleSet bundles) {
  if (chain.empty() || chain.size() > crypto::kIntermediatesMax + 1) {
    return invalid_argument("TLS identity: expected 1 to {} certificates, got {}",
                            crypto::kIntermediatesMax + 1, chain.size());
  }
  if (!(chain.front().public_key() == key.public_key()))
    return invalid_argument("TLS identity: the key is not that of the first certificate");
  return std::shared_ptr<const TlsMaterial>(
      new TlsMaterial(std::move(chain), std::move(key), std::move(bundles)));
}

std::shared_ptr<const TlsMaterial> TlsMaterial::without_identity(spiffe::X509BundleSet bundles) {
  return std::shared_ptr<const TlsMaterial>(new TlsMaterial({}, std::nullopt, std::move(bundles)));
}

}  // namespace ward::net
