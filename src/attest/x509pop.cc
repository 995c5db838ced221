#include "attest/x509pop.h"

#include "attest/x509pop_internal.h"
#include "codec/hex.h"

namespace ward::attest {
namespace {

using crypto::Certificate;

Result<void> check_leaf(const Certificate& leaf) {
  if (leaf.info().is_ca)
    return make_error(ErrorCode::kUnauthenticated, "the node's certificate is that of a CA");
  // RFC 5280 4.2.1.3 lets a certificate without key usage do anything; proof by signature is asked
  // only of one that says so.
  if (!leaf.info().allows(crypto::KeyUsage::kDigitalSignature))
    return make_error(ErrorCode::kUnauthenticated,
                      "the node's certificate does not say it may make digital signatures");
  return {};
}

Selectors selectors_of(std::span<const Certificate> path) {
  const crypto::CertificateInfo& leaf = path.front().info();
  Selectors selectors;
  if (leaf.common_name && is_selector_value(*leaf.common_name))
    selectors.push_back(fmt::format("x509pop:subject:cn:{}", *leaf.common_name));
  selectors.push_back(fmt::format("x509pop:serialnumber:{}", codec::encode_hex(leaf.serial)));
  for (const Certificate& ca : path.subspan(1))
    selectors.push_back(
        fmt::format("x509pop:ca:fingerprint:{}", codec::encode_hex(ca.fingerprint())));
  return sorted(std::move(selectors));
}

class X509PopAttestation final : public NodeAttestation {
 public:
  X509PopAttestation(NodeConversation conversation,
                     std::shared_ptr<const std::vector<Certificate>> roots, WallTime now,
                     Bytes nonce)
      : conversation_(std::move(conversation)),
        roots_(std::move(roots)),
        now_(now),
        nonce_(std::move(nonce)) {}

 private:
  Result<NodeStep> do_start(ByteView payload) override {
    WARD_TRY(const std::vector<Certificate> chain, parse_x509pop_payload(payload));
    WARD_RETURN_IF_ERROR(check_leaf(chain.front()));
    WARD_TRY(path_, crypto::verify_chain(
                        chain.front(), std::span(chain).subspan(1), *roots_, now_,
                        {.intermediates_max = kX509PopIntermediatesMax, .required_usages = {}}));
    return NodeStep(NodeChallenge{nonce_});
  }

  Result<NodeStep> do_respond(ByteView answer) override {
    if (answer.size() <= kX509PopNonceBytes)
      return invalid_argument("x509pop answer of {} bytes, expected a nonce of {} and a signature",
                              answer.size(), kX509PopNonceBytes);
    const Certificate& leaf = path_.front();
    WARD_TRY(const auto scheme, internal::x509pop_scheme(leaf.public_key().type()));
    const Bytes text =
        internal::x509pop_text(conversation_, nonce_, answer.first(kX509PopNonceBytes));
    WARD_RETURN_IF_ERROR(
        leaf.public_key().verify(scheme, text, answer.subspan(kX509PopNonceBytes)).in("x509pop"));
    WARD_TRY(spiffe::SpiffeId id, agent_id(conversation_.trust_domain, kX509PopAttestor,
                                           codec::encode_hex(leaf.fingerprint())));
    return NodeStep(NodeIdentity{.id = std::move(id),
                                 .selectors = selectors_of(path_),
                                 .is_reattestable = true,
                                 .facts = {}});
  }

  NodeConversation conversation_;
  std::shared_ptr<const std::vector<Certificate>> roots_;
  WallTime now_;
  Bytes nonce_;
  std::vector<Certificate> path_;  // set by do_start
};

}  // namespace

Result<std::unique_ptr<X509PopAttestor>> X509PopAttestor::make(std::vector<Certificate> roots,
                                                               Random& random) {
  if (roots.empty()) return invalid_argument("x509pop without a trusted CA certificate");
  for (const Certificate& root : roots) {
    if (!root.info().is_ca)
      return invalid_argument("x509pop root `{}` is not a CA certificate", root.info().subject);
  }
  return std::unique_ptr<X509PopAttestor>(new X509PopAttestor(std::move(roots), random));
}

X509PopAttestor::X509PopAttestor(std::vector<Certificate> roots, Random& random)
    : roots_(std::make_shared<const std::vector<Certificate>>(std::move(roots))), random_(random) {}

std::unique_ptr<NodeAttestation> X509PopAttestor::begin(const NodeConversation& conversation,
                                                        const world::World&, WallTime now) const {
  return std::make_unique<X509PopAttestation>(conversation, roots_, now,
                                              random_.bytes(kX509PopNonceBytes));
}

Result<std::unique_ptr<X509PopProver>> X509PopProver::make(std::vector<Certificate> chain,
                                                           crypto::PrivateKey key, Random& random) {
  WARD_TRY(Bytes payload, encode_x509pop_payload(chain));
  if (!(chain.front().public_key() == key.public_key()))
    return invalid_argument("the private key is not that of the first certificate");
  return std::unique_ptr<X509PopProver>(
      new X509PopProver(std::move(payload), std::move(key), random));
}

X509PopProver::X509PopProver(Bytes payload, crypto::PrivateKey key, Random& random)
    : payload_(std::move(payload)), key_(std::move(key)), random_(random) {}

Result<Bytes> X509PopProver::payload() {
  return payload_;
}

Result<Bytes> X509PopProver::answer(const NodeConversation& conversation, ByteView challenge) {
  if (challenge.size() != kX509PopNonceBytes)
    return invalid_argument("x509pop challenge of {} bytes, expected {}", challenge.size(),
                            kX509PopNonceBytes);
  WARD_TRY(const auto scheme, internal::x509pop_scheme(key_.type()));
  Bytes answer = random_.bytes(kX509PopNonceBytes);
  WARD_TRY(const Bytes signature,
           key_.sign(scheme, internal::x509pop_text(conversation, challenge, answer)));
  append(answer, signature);
  return answer;
}

}  // namespace ward::attest
