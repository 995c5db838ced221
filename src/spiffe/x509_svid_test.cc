#include "spiffe/x509_svid.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "crypto/testing/certificates.h"
#include "crypto/x509_template.h"

namespace ward::spiffe {
namespace {

using crypto::Certificate;
using crypto::KeyUsage;
using crypto::testing::ca_spec;
using crypto::testing::CertificateSpec;
using crypto::testing::Credential;
using crypto::testing::kNow;
using crypto::testing::leaf_spec;
using crypto::testing::make_issued;
using crypto::testing::make_root;

std::uint16_t bits(std::initializer_list<KeyUsage> usages) {
  unsigned all = 0;
  for (const KeyUsage usage : usages) all |= static_cast<unsigned>(usage);
  return static_cast<std::uint16_t>(all);
}

class VerifyX509Svid : public ::testing::Test {
 protected:
  VerifyX509Svid() { trust("example.org", root_); }

  void trust(std::string_view domain, const Credential& root) {
    bundles_.set({*TrustDomain::parse(domain), {root.certificate}});
  }
  Result<X509Svid> verify(std::vector<Certificate> chain, WallTime now = kNow) {
    return verify_x509_svid(chain, bundles_, now);
  }
  Result<X509Svid> verify(const CertificateSpec& spec, WallTime now = kNow) {
    return verify({make_issued(spec, root_).certificate}, now);
  }
  // Rejected for what it is, before anybody asks who signed it.
  void expect_no_svid(const CertificateSpec& spec) {
    const auto svid = verify(spec);
    ASSERT_FALSE(svid.ok());
    EXPECT_EQ(svid.error().code(), ErrorCode::kInvalidArgument) << svid.error().text();
  }
  void expect_untrusted(const Result<X509Svid>& svid) {
    ASSERT_FALSE(svid.ok());
    EXPECT_EQ(svid.error().code(), ErrorCode::kUnauthenticated) << svid.error().text();
  }

  Credential root_ = make_root(ca_spec("spiffe://example.org"));
  X509BundleSet bundles_;
  CertificateSpec leaf_ = leaf_spec("spiffe://example.org/leaf");
};

TEST_F(VerifyX509Svid, LeafOfItsTrustDomainIsWhoItSays) {
  const auto svid = verify(leaf_);
  ASSERT_TRUE(svid.ok()) << svid.error().text();
  EXPECT_EQ(svid->id.text(), "spiffe://example.org/leaf");
  EXPECT_EQ(svid->leaf().info().uris.front(), svid->id.text());
  EXPECT_EQ(svid->path.size(), 2U);
}

TEST_F(VerifyX509Svid, WhatOurOwnTemplateMakesIsValid) {
  SeededRandom random(1);
  const auto issuer = crypto::CertificateIssuer::make(root_.certificate, root_.key);
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::kP256);
  const auto issued = issuer->issue_leaf({.uri = "spiffe://example.org/a",
                                          .dns_names = {"a.example.org"},
                                          .not_after = kNow + std::chrono::hours{1}},
                                         key->public_key(), kNow, random);
  ASSERT_TRUE(issued.ok()) << issued.error().text();
  const auto svid = verify_x509_svid(ByteView(issued->der), bundles_, kNow);
  ASSERT_TRUE(svid.ok()) << svid.error().text();
  EXPECT_EQ(svid->id.text(), "spiffe://example.org/a");
}

TEST_F(VerifyX509Svid, ChainMayBeConcatenatedOrApart) {
  CertificateSpec spec = ca_spec("spiffe://example.org");
  spec.common_name = "intermediate";
  const Credential intermediate = make_issued(spec, root_);
  const Certificate leaf = make_issued(leaf_, intermediate).certificate;
  Bytes both = to_bytes(leaf.der());
  append(both, intermediate.certificate.der());
  EXPECT_TRUE(verify_x509_svid(ByteView(both), bundles_, kNow).ok());
  const std::vector<Bytes> apart = {to_bytes(leaf.der()), to_bytes(intermediate.certificate.der())};
  EXPECT_EQ(verify_x509_svid(apart, bundles_, kNow)->path.size(), 3U);
  both.pop_back();
  EXPECT_FALSE(verify_x509_svid(ByteView(both), bundles_, kNow).ok());
}

TEST_F(VerifyX509Svid, ExactlyOneUriName) {
  leaf_.uris = {};
  expect_no_svid(leaf_);
  leaf_.uris = {"spiffe://example.org/leaf", "spiffe://example.org/other"};
  expect_no_svid(leaf_);
  leaf_.uris = {"spiffe://example.org/leaf", "https://example.org"};
  expect_no_svid(leaf_);
  leaf_.uris = {"spiffe://example.org/leaf", "spiffe://example.org/leaf"};
  expect_no_svid(leaf_);
}

TEST_F(VerifyX509Svid, NamesThatAreNoValidIdAreRejected) {
  for (const char* uri :
       {"https://example.org/leaf", "spiffe://example.org", "spiffe://Example.org/leaf",
        "SPIFFE://example.org/leaf", "spiffe://example.org/%2e%2e/leaf",
        "spiffe://example.org/a/../leaf", "spiffe://example.org/leaf/",
        "spiffe://example.org//leaf", "spiffe://example.org/leaf?a", "spiffe://example.org/leaf#a",
        "spiffe://user@example.org/leaf", "spiffe://example.org:443/leaf", ""}) {
    leaf_.uris = {uri};
    expect_no_svid(leaf_);
  }
  using namespace std::string_literals;
  leaf_.uris = {"spiffe://example.org/leaf\0.evil.org"s};
  expect_no_svid(leaf_);
  leaf_.uris = {"spiffe://example.org/" + std::string(kSpiffeIdBytesMax, 'a')};
  expect_no_svid(leaf_);
}

TEST_F(VerifyX509Svid, OtherNamesBesideTheUriAreAllowed) {
  leaf_.dns_names = {"a.example.org", "spiffe://example.org/other"};
  EXPECT_TRUE(verify(leaf_).ok());
}

TEST_F(VerifyX509Svid, SigningCertificateNeverAuthenticates) {
  expect_no_svid(ca_spec("spiffe://example.org/authority"));
  leaf_.is_ca = true;
  expect_no_svid(leaf_);
  leaf_.is_ca = false;
  leaf_.key_usage = bits({KeyUsage::kDigitalSignature, KeyUsage::kKeyCertSign});
  expect_no_svid(leaf_);
  leaf_.key_usage = bits({KeyUsage::kDigitalSignature, KeyUsage::kCrlSign});
  expect_no_svid(leaf_);
}

TEST_F(VerifyX509Svid, AuthorityOfTheBundleNeverAuthenticates) {
  EXPECT_FALSE(verify({root_.certificate}).ok());
  // Nor one that has a leaf's looks.
  const Credential leaf_in_bundle = make_issued(leaf_, root_);
  trust("example.org", leaf_in_bundle);
  expect_untrusted(verify({leaf_in_bundle.certificate}));
}

TEST_F(VerifyX509Svid, KeyUsageIsThereAndCritical) {
  leaf_.key_usage = std::nullopt;
  expect_no_svid(leaf_);
  leaf_.key_usage = bits({KeyUsage::kKeyAgreement});
  expect_no_svid(leaf_);
  leaf_.key_usage = bits({KeyUsage::kDigitalSignature});
  leaf_.is_key_usage_critical = false;
  expect_no_svid(leaf_);
}

TEST_F(VerifyX509Svid, ExtendedKeyUsageIsBothOrNone) {
  leaf_.extended_key_usages = {"clientAuth"};
  expect_no_svid(leaf_);
  leaf_.extended_key_usages = {"serverAuth"};
  expect_no_svid(leaf_);
  leaf_.extended_key_usages = {"codeSigning"};
  expect_no_svid(leaf_);
  leaf_.extended_key_usages = {};
  EXPECT_TRUE(verify(leaf_).ok());
}

TEST_F(VerifyX509Svid, ForgedOnesAreRejected) {
  Credential impostor = make_root(ca_spec("spiffe://example.org"));
  expect_untrusted(verify({make_issued(leaf_, impostor).certificate}));
  impostor.certificate = root_.certificate;  // its name and key id, another key
  expect_untrusted(verify({make_issued(leaf_, impostor).certificate}));
  // An untrusted root in the chain does not make itself trusted.
  const Credential other = make_root(ca_spec("spiffe://example.org"));
  expect_untrusted(verify({make_issued(leaf_, other).certificate, other.certificate}));
  // A self-signed leaf.
  expect_untrusted(verify({make_root(leaf_).certificate}));
}

TEST_F(VerifyX509Svid, ExpiredAndFutureOnesAreRejected) {
  // The last second itself is over already for OpenSSL, which is the safe side of RFC 5280 4.1.2.5.
  EXPECT_TRUE(verify(leaf_, leaf_.not_after - std::chrono::seconds{1}).ok());
  expect_untrusted(verify(leaf_, leaf_.not_after));
  expect_untrusted(verify(leaf_, leaf_.not_after + std::chrono::seconds{1}));
  expect_untrusted(verify(leaf_, leaf_.not_before - std::chrono::seconds{1}));
}

TEST_F(VerifyX509Svid, TrustDomainsVouchForTheirOwnOnly) {
  const Credential foreign = make_root(ca_spec("spiffe://foreign.org"));
  // Unknown domain.
  const CertificateSpec foreign_leaf = leaf_spec("spiffe://foreign.org/leaf");
  expect_untrusted(verify({make_issued(foreign_leaf, foreign).certificate}));
  trust("foreign.org", foreign);
  EXPECT_TRUE(verify({make_issued(foreign_leaf, foreign).certificate}).ok());
  // A known domain's authority signs for another known domain.
  expect_untrusted(verify({make_issued(leaf_, foreign).certificate}));
  expect_untrusted(verify(foreign_leaf));
  // Through an intermediate that names the other domain, too.
  CertificateSpec spec = ca_spec("spiffe://example.org");
  spec.common_name = "intermediate";
  const Credential crossing = make_issued(spec, foreign);
  expect_untrusted(verify({make_issued(leaf_, crossing).certificate, crossing.certificate}));
}

TEST_F(VerifyX509Svid, EmptyBundleTrustsNobody) {
  bundles_.set({*TrustDomain::parse("example.org"), {}});
  expect_untrusted(verify(leaf_));
}

TEST_F(VerifyX509Svid, OversizedChainsAreRefused) {
  const Certificate leaf = make_issued(leaf_, root_).certificate;
  std::vector<Certificate> chain(2 + crypto::kIntermediatesMax, root_.certificate);
  chain.front() = leaf;
  EXPECT_EQ(verify(chain).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(verify(std::vector<Certificate>()).error().code(), ErrorCode::kInvalidArgument);
  Bytes der;
  for (const Certificate& one : chain) append(der, one.der());
  EXPECT_FALSE(verify_x509_svid(ByteView(der), bundles_, kNow).ok());
  EXPECT_FALSE(verify_x509_svid(std::vector<Bytes>(6), bundles_, kNow).ok());
  EXPECT_FALSE(verify_x509_svid(ByteView(), bundles_, kNow).ok());
}

TEST_F(VerifyX509Svid, UnknownCriticalExtensionIsRejected) {
  leaf_.has_unknown_critical_extension = true;
  expect_untrusted(verify(leaf_));
}

TEST_F(VerifyX509Svid, AnyFlippedBitIsFound) {
  const Bytes good = to_bytes(make_issued(leaf_, root_).certificate.der());
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= 1;
    EXPECT_FALSE(verify_x509_svid(ByteView(bad), bundles_, kNow).ok()) << i;
  }
}

}  // namespace
}  // namespace ward::spiffe
