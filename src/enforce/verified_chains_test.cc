#include "enforce/verified_chains.h"

#include <gtest/gtest.h>

#include "crypto/testing/certificates.h"

namespace ward::enforce {
namespace {

using crypto::testing::ca_spec;
using crypto::testing::Credential;
using crypto::testing::kNow;
using crypto::testing::leaf_spec;
using namespace std::chrono_literals;

constexpr const char* kWeb = "spiffe://example.org/web";

struct Trust final : TrustSource {
  const spiffe::X509BundleSet& x509_bundles() const override { return x509; }
  const spiffe::JwtBundleSet& jwt_bundles() const override { return jwt; }
  void set(std::vector<crypto::Certificate> authorities) {
    x509.set({.trust_domain = spiffe::TrustDomain::parse("example.org").value(),
              .authorities = std::move(authorities)});
  }
  spiffe::X509BundleSet x509;
  spiffe::JwtBundleSet jwt;
};

std::string escaped(const crypto::Certificate& certificate) {
  std::string out;
  for (const char c : crypto::print_certificates_pem({&certificate, 1})) {
    const bool is_plain = c != '\n' && c != ' ' && c != '+' && c != '/' && c != '=';
    out += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

class VerifiedChainsTest : public ::testing::Test {
 protected:
  VerifiedChainsTest() { trust_.set({root_.certificate}); }

  Credential issue() const { return make_issued(leaf_spec(kWeb), root_); }
  std::optional<ErrorCode> ask(const std::string& text, WallTime now = kNow) {
    const auto principal = chains_.principal_of(text, trust_, now);
    if (!principal.ok()) return principal.error().code();
    EXPECT_EQ(principal->id, kWeb);
    EXPECT_TRUE(principal->credential.id.starts_with("x509:"));
    return std::nullopt;
  }

  Credential root_ = make_root(ca_spec("spiffe://example.org"));
  Credential leaf_ = issue();
  Trust trust_;
  VerifiedChains chains_;
};

TEST_F(VerifiedChainsTest, TheSameTextIsVerifiedOnce) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(escaped(leaf_.certificate)), std::nullopt);
  EXPECT_EQ(chains_.verification_count(), 1U);
}

TEST_F(VerifiedChainsTest, AnotherTextIsVerifiedAndAFailureIsNotKept) {
  EXPECT_EQ(ask(escaped(leaf_.certificate)), std::nullopt);
  std::string changed = escaped(leaf_.certificate);
  changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(ask(changed).has_value());
  EXPECT_EQ(chains_.verification_count(), 3U);
  EXPECT_EQ(chains_.size(), 1U);
}

TEST_F(VerifiedChainsTest, AnAuthorityThatIsTakenAwayTakesItsChainsAlong) {
  EXPECT_EQ(ask(escaped(leaf_.certificate)), std::nullopt);
  const Credential other = make_root(ca_spec("spiffe://example.org"));
  trust_.set({root_.certificate, other.certificate});
  EXPECT_EQ(ask(escaped(leaf_.certificate)), std::nullopt);
  EXPECT_EQ(chains_.verification_count(), 2U) << "the bundle is another";
  trust_.set({other.certificate});
  EXPECT_EQ(ask(escaped(leaf_.certificate)), ErrorCode::kUnauthenticated);
  trust_.x509 = {};
  EXPECT_EQ(ask(escaped(leaf_.certificate)), ErrorCode::kUnauthenticated);
}

TEST_F(VerifiedChainsTest, NothingHoldsBeyondItsDates) {
  const std::string text = escaped(leaf_.certificate);
  EXPECT_EQ(ask(text), std::nullopt);
  EXPECT_EQ(ask(text, leaf_.certificate.info().not_after + 1s), ErrorCode::kUnauthenticated);
  EXPECT_EQ(ask(text), std::nullopt);
  EXPECT_EQ(ask(text, leaf_.certificate.info().not_before - 1s), ErrorCode::kUnauthenticated);
}

TEST_F(VerifiedChainsTest, TheLeastRecentlyUsedGoes) {
  const std::string first = escaped(leaf_.certificate);
  EXPECT_EQ(ask(first), std::nullopt);
  // A text is what is remembered, so line ends make another of the same certificate.
  for (std::size_t i = 0; i < kVerifiedChainsMax; ++i) {
    std::string text = first;
    for (std::size_t bit = 0; bit < 11; ++bit) text += (i >> bit) % 2 == 0 ? "%0A" : "%0a";
    ASSERT_EQ(ask(text), std::nullopt);
  }
  EXPECT_EQ(chains_.size(), kVerifiedChainsMax);
  const auto count = chains_.verification_count();
  EXPECT_EQ(ask(first), std::nullopt);
  EXPECT_EQ(chains_.verification_count(), count + 1);
}

}  // namespace
}  // namespace ward::enforce
