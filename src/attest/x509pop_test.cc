#include "attest/x509pop.h"

#include <gtest/gtest.h>

#include "attest/testing/node_attestor_suite.h"
#include "codec/hex.h"
#include "crypto/testing/certificates.h"

namespace ward::attest {
namespace {

using namespace ward::attest::testing;  // the macro names what the suite declared
using crypto::Certificate;
using crypto::KeyType;
using crypto::KeyUsage;
using crypto::testing::CertificateSpec;
using crypto::testing::Credential;
using crypto::testing::kNow;
using crypto::testing::make_issued;
using crypto::testing::make_root;

std::uint16_t bits(KeyUsage usage) {
  return static_cast<std::uint16_t>(usage);
}

CertificateSpec ca_spec(std::string_view name) {
  CertificateSpec spec;
  spec.common_name = name;
  spec.is_ca = true;
  spec.key_usage = bits(KeyUsage::kKeyCertSign);
  return spec;
}

CertificateSpec node_spec() {
  CertificateSpec spec;
  spec.common_name = "node-1.example.org";
  spec.is_ca = false;
  spec.key_usage = bits(KeyUsage::kDigitalSignature);
  spec.serial = 0x2a;
  return spec;
}

// An issuer of node certificates, and what a node has to show of it.
class Pki {
 public:
  // `intermediates` CAs between the root and the node.
  explicit Pki(int intermediates = 1) {
    for (int i = 0; i < intermediates; ++i)
      intermediates_.push_back(make_issued(ca_spec(fmt::format("intermediate {}", i)), issuer()));
  }
  Credential& issuer() { return intermediates_.empty() ? root_ : intermediates_.back(); }

  std::unique_ptr<NodeProver> prover(const Credential& node, Random& random) {
    return X509PopProver::make(chain(node), node.key, random).value();
  }
  std::vector<Certificate> chain(const Credential& node) {
    std::vector<Certificate> chain{node.certificate};
    for (auto at = intermediates_.rbegin(); at != intermediates_.rend(); ++at)
      chain.push_back(at->certificate);
    return chain;
  }
  const Certificate& root() const { return root_.certificate; }

 private:
  Credential root_ = make_root(ca_spec("root"));
  std::vector<Credential> intermediates_;
};

// One node of a PKI, and one of another.
struct Nodes {
  explicit Nodes(KeyType type)
      : node(make_issued(node_spec(), pki.issuer(), type)),
        other_node(make_issued(node_spec(), other_pki.issuer(), type)) {}

  Pki pki, other_pki;
  Credential node, other_node;
};

template <KeyType type>
class X509PopKind {
 public:
  const NodeAttestor& attestor() { return *attestor_; }
  const world::World& world() { return world_; }
  WallTime now() { return kNow; }
  std::unique_ptr<NodeProver> honest() { return nodes().pki.prover(nodes().node, random_); }
  std::unique_ptr<NodeProver> stranger() {
    return nodes().other_pki.prover(nodes().other_node, random_);
  }

 private:
  // Made once: RSA keys take their time.
  static Nodes& nodes() {
    static Nodes nodes(type);
    return nodes;
  }

  SeededRandom random_{5};
  std::unique_ptr<X509PopAttestor> attestor_ =
      X509PopAttestor::make({nodes().pki.root()}, random_).value();
  world::World world_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(X509PopP256, NodeAttestorSuite, X509PopKind<KeyType::kP256>);
INSTANTIATE_TYPED_TEST_SUITE_P(X509PopP384, NodeAttestorSuite, X509PopKind<KeyType::kP384>);
INSTANTIATE_TYPED_TEST_SUITE_P(X509PopRsa, NodeAttestorSuite, X509PopKind<KeyType::kRsa>);

class X509Pop : public ::testing::Test {
 protected:
  Result<NodeIdentity> attest(Pki& pki, const Credential& node, WallTime now = kNow) {
    const auto attestor = X509PopAttestor::make({pki.root()}, random_).value();
    return converse(*attestor->begin(about_, {}, now), *pki.prover(node, random_), about_);
  }
  ErrorCode refusal(const CertificateSpec& spec, WallTime now = kNow) {
    const auto identity = attest(pki_, make_issued(spec, pki_.issuer()), now);
    EXPECT_FALSE(identity.ok());
    return identity.ok() ? ErrorCode::kUnknown : identity.error().code();
  }

  SeededRandom random_{6};
  NodeConversation about_ = conversation_about("key");
  Pki pki_;
};

TEST_F(X509Pop, IdentityIsWhatTheVerifiedPathSays) {
  Pki pki(1);
  const Credential node = make_issued(node_spec(), pki.issuer());
  const auto identity = attest(pki, node);
  ASSERT_TRUE(identity.ok()) << identity.error().text();
  const auto hex = [](const Certificate& c) { return codec::encode_hex(c.fingerprint()); };
  EXPECT_EQ(identity->id.text(),
            "spiffe://example.org/ward/agent/x509pop/" + hex(node.certificate));
  EXPECT_EQ(identity->selectors,
            sorted({"x509pop:subject:cn:node-1.example.org", "x509pop:serialnumber:2a",
                    "x509pop:ca:fingerprint:" + hex(pki.issuer().certificate),
                    "x509pop:ca:fingerprint:" + hex(pki.root())}));
  EXPECT_TRUE(identity->is_reattestable);
}

TEST_F(X509Pop, ChainsOfUpToFourIntermediatesAreTaken) {
  for (const int intermediates : {0, 4}) {
    Pki pki(intermediates);
    const auto identity = attest(pki, make_issued(node_spec(), pki.issuer()));
    EXPECT_TRUE(identity.ok()) << intermediates;
  }
}

TEST_F(X509Pop, LongerChainsAreRefusedBeforeACertificateIsRead) {
  Bytes payload{1, 6};  // six certificates follow, it says
  const auto parsed = parse_x509pop_payload(payload);
  ASSERT_FALSE(parsed.ok());
  EXPECT_NE(parsed.error().message().find("6 certificates"), std::string::npos);
  Pki pki(5);
  EXPECT_FALSE(encode_x509pop_payload(pki.chain(make_issued(node_spec(), pki.issuer()))).ok());
}

TEST_F(X509Pop, UnneededIntermediatesAreNoSelectors) {
  Pki pki(0);
  const Credential node = make_issued(node_spec(), pki.issuer());
  const Credential other_root = make_root(ca_spec("somebody else"));
  const auto attestor = X509PopAttestor::make({pki.root()}, random_).value();
  const auto prover =
      X509PopProver::make({node.certificate, other_root.certificate}, node.key, random_).value();
  const auto identity = converse(*attestor->begin(about_, {}, kNow), *prover, about_);
  ASSERT_TRUE(identity.ok()) << identity.error().text();
  EXPECT_EQ(std::ranges::count_if(identity->selectors,
                                  [](const auto& s) { return s.starts_with("x509pop:ca:"); }),
            1);
}

TEST_F(X509Pop, CertificatesOutOfTheirTimeAreRefused) {
  const WallTime after = node_spec().not_after + std::chrono::seconds(1);
  const WallTime before = node_spec().not_before - std::chrono::seconds(1);
  EXPECT_EQ(refusal(node_spec(), after), ErrorCode::kUnauthenticated);
  EXPECT_EQ(refusal(node_spec(), before), ErrorCode::kUnauthenticated);
}

TEST_F(X509Pop, LeafThatIsACaIsRefused) {
  CertificateSpec spec = ca_spec("sub");
  spec.key_usage = bits(KeyUsage::kKeyCertSign) | bits(KeyUsage::kDigitalSignature);
  EXPECT_EQ(refusal(spec), ErrorCode::kUnauthenticated);
}

TEST_F(X509Pop, LeafThatDoesNotSayItMaySignIsRefused) {
  CertificateSpec spec = node_spec();
  spec.key_usage = bits(KeyUsage::kKeyEncipherment);
  EXPECT_EQ(refusal(spec), ErrorCode::kUnauthenticated);
  spec.key_usage = std::nullopt;
  EXPECT_EQ(refusal(spec), ErrorCode::kUnauthenticated);
}

TEST_F(X509Pop, LeafSignedByALeafIsRefused) {
  Pki pki(0);
  const Credential leaf = make_issued(node_spec(), pki.issuer());
  const Credential below = make_issued(node_spec(), leaf);
  const auto attestor = X509PopAttestor::make({pki.root()}, random_).value();
  const auto prover =
      X509PopProver::make({below.certificate, leaf.certificate}, below.key, random_).value();
  EXPECT_FALSE(converse(*attestor->begin(about_, {}, kNow), *prover, about_).ok());
}

TEST_F(X509Pop, OtherTypesOfKeyAreRefused) {
  for (const KeyType type : {KeyType::kP521, KeyType::kEd25519}) {
    const Credential node = make_issued(node_spec(), pki_.issuer(), type);
    EXPECT_FALSE(X509PopProver::make(pki_.chain(node), node.key, random_).ok());
  }
}

TEST_F(X509Pop, SomebodyElsesCertificateIsNoProof) {
  const Credential node = make_issued(node_spec(), pki_.issuer());
  const Credential thief = make_issued(node_spec(), pki_.issuer());
  EXPECT_FALSE(X509PopProver::make(pki_.chain(node), thief.key, random_).ok());
  const auto attestor = X509PopAttestor::make({pki_.root()}, random_).value();
  const auto server = attestor->begin(about_, {}, kNow);
  const auto step = server->start(encode_x509pop_payload(pki_.chain(node)).value());
  ASSERT_TRUE(step.ok());
  const Bytes answer =
      pki_.prover(thief, random_)->answer(about_, std::get<NodeChallenge>(*step).bytes).value();
  EXPECT_EQ(server->respond(answer).error().code(), ErrorCode::kUnauthenticated);
}

TEST_F(X509Pop, CommonNameThatWouldForgeALineIsNoSelector) {
  CertificateSpec spec = node_spec();
  spec.common_name = "a\nb";
  const auto identity = attest(pki_, make_issued(spec, pki_.issuer()));
  ASSERT_TRUE(identity.ok()) << identity.error().text();
  for (const std::string& selector : identity->selectors)
    EXPECT_FALSE(selector.starts_with("x509pop:subject:")) << selector;
}

TEST_F(X509Pop, RootsMustBeCas) {
  EXPECT_FALSE(X509PopAttestor::make({}, random_).ok());
  const Credential node = make_issued(node_spec(), pki_.issuer());
  EXPECT_FALSE(X509PopAttestor::make({node.certificate}, random_).ok());
}

}  // namespace
}  // namespace ward::attest
