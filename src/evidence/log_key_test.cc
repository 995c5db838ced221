#include "evidence/log_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/testing/certificates.h"
#include "evidence/testing_log.h"

namespace ward::evidence {
namespace {

using crypto::testing::CertificateSpec;
using crypto::testing::kNow;
using ::testing::HasSubstr;
using testing::test_signer;

class LogKeyTest : public ::testing::Test {
 protected:
  static CertificateSpec spec() {
    CertificateSpec made;
    made.uris = {"spiffe://example.org/agent/node-1"};
    made.is_subject_alt_name_critical = true;
    made.is_ca = false;
    made.key_usage = static_cast<std::uint16_t>(crypto::KeyUsage::kDigitalSignature);
    made.extended_key_usages = {"1.3.6.1.5.5.7.3.36"};
    return made;
  }
  Bytes make(const CertificateSpec& from, const crypto::testing::Credential& issuer) const {
    return crypto::testing::make_certificate(from, key_.key().spki_der(), issuer.key,
                                             &issuer.certificate);
  }
  // Why not, or nothing.
  std::string refusal(ByteView certificate, WallTime at = kNow) const {
    const auto verified = verify_log_key(certificate, key_, roots_, at);
    return verified.ok() ? "" : verified.error().message();
  }

  crypto::testing::Credential root_ =
      crypto::testing::make_root(crypto::testing::ca_spec("spiffe://example.org"));
  std::vector<crypto::Certificate> roots_{root_.certificate};
  VerifierKey key_ = test_signer().verifier();
};

TEST_F(LogKeyTest, ACertificateOfTheAuthorityHoldsWhileItIsValid) {
  const Bytes good = make(spec(), root_);
  EXPECT_EQ(refusal(good), "");
  EXPECT_EQ(log_key_of(good)->text(), key_.text());
  EXPECT_THAT(refusal(good, kNow + std::chrono::hours{2}), HasSubstr("expired"));
  EXPECT_NE(refusal(good, kNow - std::chrono::hours{2}), "");
}

TEST_F(LogKeyTest, AnotherIssuerIsRefused) {
  const auto other = crypto::testing::make_root(crypto::testing::ca_spec("spiffe://example.org"));
  EXPECT_NE(refusal(make(spec(), other)), "");
}

TEST_F(LogKeyTest, AnotherLogOrKeyIsRefused) {
  CertificateSpec other = spec();
  other.uris = {"spiffe://example.org/agent/node-2"};
  EXPECT_THAT(refusal(make(other, root_)), HasSubstr("another key"));
  const auto key = test_signer(std::string(testing::kOrigin), 9).verifier();
  EXPECT_FALSE(verify_log_key(make(spec(), root_), key, roots_, kNow).ok());
  other.uris.emplace_back("spiffe://example.org/agent/node-1");
  EXPECT_NE(refusal(make(other, root_)), "");
  other.uris = {"https://example.org/agent/node-1"};
  EXPECT_NE(refusal(make(other, root_)), "");
}

TEST_F(LogKeyTest, WhatIsNotForSigningAloneIsRefused) {
  CertificateSpec svid = spec();
  svid.extended_key_usages = {"serverAuth", "clientAuth"};
  EXPECT_THAT(refusal(make(svid, root_)), HasSubstr("signing alone"));
  svid.extended_key_usages = {};
  EXPECT_THAT(refusal(make(svid, root_)), HasSubstr("signing alone"));
  EXPECT_NE(refusal(Bytes(10, 1)), "");
  EXPECT_NE(refusal(Bytes(kLogKeyCertificateBytesMax + 1, 1)), "");
}

}  // namespace
}  // namespace ward::evidence
