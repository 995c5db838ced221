// What this node is: its SPIFFE ID, the key and certificates that show it, the key of its evidence
// log, and the bundle that it trusts; and the files they are kept in.
//
//   DIR/identity.pem   private key and chain in one file, so that they never disagree; 0600
//   DIR/evidence.key   Ed25519, PKCS#8; 0600. Outlives identities, because the log does
//   DIR/bundle.pem     CA certificates of the trust domain
//
// Loop thread; `files` outlives the store.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/key.h"
#include "crypto/x509.h"
#include "os/file_system.h"
#include "spiffe/bundle.h"
#include "spiffe/id.h"

namespace ward::agent {

inline constexpr std::size_t kIdentityFileBytesMax = std::size_t{256} << 10;
inline constexpr std::size_t kBundleFileBytesMax = std::size_t{4} << 20;

struct NodeIdentity {
  spiffe::SpiffeId id;
  crypto::PrivateKey key;
  std::vector<crypto::Certificate> chain;  // leaf first

  WallTime issued() const { return chain.front().info().not_before; }
  WallTime expires() const { return chain.front().info().not_after; }
};

// The chain shows an agent of `trust_domain`, its key is `key`. kInvalidArgument otherwise.
Result<NodeIdentity> make_node_identity(const spiffe::TrustDomain& trust_domain,
                                        crypto::PrivateKey key,
                                        std::vector<crypto::Certificate> chain);

// The origin of a process's evidence log: its SPIFFE ID without `spiffe://`.
std::string log_origin(const spiffe::SpiffeId& id);

class NodeIdentityStore {
 public:
  NodeIdentityStore(os::FileSystem& files, std::string directory, spiffe::TrustDomain trust_domain)
      : files_(files), directory_(std::move(directory)), trust_domain_(std::move(trust_domain)) {}

  // Makes the directory, 0700, when absent; kFailedPrecondition when others may look into it.
  Result<void> prepare();

  // Nothing when there is none, or it is over at `now`. kDataLoss when it cannot be read.
  Result<std::optional<NodeIdentity>> load(WallTime now) const;
  Result<void> save(const NodeIdentity& identity);

  // The one that is kept, else a new one, which then is kept.
  Result<crypto::PrivateKey> evidence_key();

  // The kept bundle, else the one of PEM file `first`.
  Result<spiffe::X509Bundle> load_bundle(const std::string& first) const;
  Result<void> save_bundle(const spiffe::X509Bundle& bundle);

 private:
  std::string path(std::string_view name) const { return directory_ + "/" + std::string(name); }

  os::FileSystem& files_;
  std::string directory_;
  spiffe::TrustDomain trust_domain_;
};

}  // namespace ward::agent
