// Proof of possession of an X.509 certificate's key: for nodes that have a certificate already,
// from a provisioning PKI or their maker (docs/formats/x509pop.md).
//
//   node   -> payload    version, leaf and intermediates
//   server -> challenge  a nonce of 32 bytes, after the chain has been verified
//   node   -> answer     a nonce of its own and a signature by the leaf's key over both nonces,
//                        the trust domain and the agent's new key
//
// The signed text begins with a name of its own, and half of what varies in it is chosen by the
// node, so that a server cannot have the key sign something that means anything elsewhere.
//
// Identity: `x509pop/<SHA-256 of the leaf>`. Selectors: `x509pop:subject:cn:NAME` (when the subject
// has exactly one common name), `x509pop:serialnumber:HEX`, `x509pop:ca:fingerprint:SHA256` for
// each CA of the verified path. A node may attest in this way again.
#pragma once

#include <span>
#include <vector>

#include "attest/node_attestor.h"
#include "base/random.h"
#include "crypto/key.h"
#include "crypto/x509.h"

namespace ward::attest {

inline constexpr std::string_view kX509PopAttestor = "x509pop";
inline constexpr std::size_t kX509PopIntermediatesMax = 4;
inline constexpr std::size_t kX509PopNonceBytes = 32;

// Leaf first. kInvalidArgument: over a bound (the count before any certificate is read, each key's
// size before it is used), not certificates, or a leaf whose key is not P-256, P-384 or RSA.
Result<std::vector<crypto::Certificate>> parse_x509pop_payload(ByteView payload);
// The same bounds hold.
Result<Bytes> encode_x509pop_payload(std::span<const crypto::Certificate> chain);

// Any thread; `random` is a real generator, for any thread, and outlives the attestor.
class X509PopAttestor final : public NodeAttestor {
 public:
  // kInvalidArgument: no roots, or one that is no CA.
  static Result<std::unique_ptr<X509PopAttestor>> make(std::vector<crypto::Certificate> roots,
                                                       Random& random);

  std::string_view name() const override { return kX509PopAttestor; }
  std::unique_ptr<NodeAttestation> begin(const NodeConversation& conversation,
                                         const world::World& world, WallTime now) const override;

 private:
  X509PopAttestor(std::vector<crypto::Certificate> roots, Random& random);

  std::shared_ptr<const std::vector<crypto::Certificate>> roots_;
  Random& random_;
};

class X509PopProver final : public NodeProver {
 public:
  // `chain` is leaf first, without the root. kInvalidArgument: the key is not the leaf's, or what
  // parse_x509pop_payload refuses. `random` outlives the prover.
  static Result<std::unique_ptr<X509PopProver>> make(std::vector<crypto::Certificate> chain,
                                                     crypto::PrivateKey key, Random& random);

  std::string_view attestor() const override { return kX509PopAttestor; }
  Result<Bytes> payload() override;
  Result<Bytes> answer(const NodeConversation& conversation, ByteView challenge) override;

 private:
  X509PopProver(Bytes payload, crypto::PrivateKey key, Random& random);

  Bytes payload_;
  crypto::PrivateKey key_;
  Random& random_;
};

}  // namespace ward::attest
