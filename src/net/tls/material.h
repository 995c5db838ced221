// What this process shows and trusts in TLS handshakes: one immutable version of it.
//
// Published through a Snapshot, which is consulted for each new handshake; so certificates and
// trust bundles rotate without a restart, and connections that stand live on with what they began
// with.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/snapshot.h"
#include "crypto/key.h"
#include "crypto/x509.h"
#include "spiffe/bundle.h"

namespace ward::net {

class TlsMaterial {
 public:
  // `chain` is leaf first, its key is `key`. kInvalidArgument when it is not, or the chain is empty
  // or longer than crypto::kIntermediatesMax + 1. `bundles` are what SPIFFE peers are verified by.
  static Result<std::shared_ptr<const TlsMaterial>> with_identity(
      std::vector<crypto::Certificate> chain, crypto::PrivateKey key,
      spiffe::X509BundleSet bundles);
  // For clients that have no certificate.
  static std::shared_ptr<const TlsMaterial> without_identity(spiffe::X509BundleSet bundles);

  const std::vector<crypto::Certificate>& chain() const { return chain_; }
  const std::optional<crypto::PrivateKey>& key() const { return key_; }  // of chain().front()
  const spiffe::X509BundleSet& bundles() const { return bundles_; }

 private:
  TlsMaterial(std::vector<crypto::Certificate> chain, std::optional<crypto::PrivateKey> key,
              spiffe::X509BundleSet bundles)
      : chain_(std::move(chain)), key_(std::move(key)), bundles_(std::move(bundles)) {}

  std::vector<crypto::Certificate> chain_;
  std::optional<crypto::PrivateKey> key_;
  spiffe::X509BundleSet bundles_;
};

using TlsMaterialSource = Snapshot<TlsMaterial>;

}  // namespace ward::net
