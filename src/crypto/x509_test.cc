#include "crypto/x509.h"

#include <gtest/gtest.h>

#include <thread>

#include "crypto/testing/certificates.h"

namespace ward::crypto {
namespace {

using testing::CertificateSpec;
using testing::Credential;
using testing::kNow;
using testing::make_certificate;
using testing::make_issued;
using testing::make_root;

constexpr auto kSecond = std::chrono::seconds{1};

CertificateSpec ca() {
  return testing::ca_spec("spiffe://example.org");
}
CertificateSpec leaf() {
  return testing::leaf_spec("spiffe://example.org/leaf");
}

TEST(Certificate, SaysWhatItHolds) {
  const Credential root = make_root(ca());
  CertificateSpec spec = leaf();
  spec.dns_names = {"a.example.org", "b.example.org"};
  spec.is_subject_alt_name_critical = true;
  spec.serial = 0x1234;
  const Credential issued = make_issued(spec, root);
  const CertificateInfo& info = issued.certificate.info();
  EXPECT_EQ(info.subject, "CN=test leaf");
  EXPECT_EQ(info.issuer, "CN=test authority");
  EXPECT_EQ(info.common_name, "test leaf");
  EXPECT_EQ(info.serial, (Bytes{0x12, 0x34}));
  EXPECT_EQ(info.not_before, kNow - std::chrono::hours{1});
  EXPECT_EQ(info.not_after, kNow + std::chrono::hours{1});
  EXPECT_EQ(info.uris, std::vector<std::string>{"spiffe://example.org/leaf"});
  EXPECT_EQ(info.dns_names, spec.dns_names);
  EXPECT_FALSE(info.has_other_names);
  EXPECT_TRUE(info.is_subject_alt_name_critical);
  EXPECT_TRUE(info.has_basic_constraints);
  EXPECT_FALSE(info.is_ca);
  EXPECT_TRUE(info.allows(KeyUsage::kDigitalSignature));
  EXPECT_FALSE(info.allows(KeyUsage::kKeyCertSign));
  EXPECT_TRUE(info.is_key_usage_critical);
  EXPECT_EQ(info.extended_key_usages,
            (std::vector{ExtendedKeyUsage::kServerAuth, ExtendedKeyUsage::kClientAuth}));
  EXPECT_EQ(info.authority_key_id, root.certificate.info().subject_key_id);
  EXPECT_EQ(info.subject_key_id.size(), 20U);
  EXPECT_TRUE(issued.certificate.public_key() == issued.key.public_key());
  EXPECT_EQ(issued.certificate.fingerprint(), sha256(issued.certificate.der()));
  EXPECT_FALSE(issued.certificate.is_self_issued());
  EXPECT_TRUE(root.certificate.is_self_issued());
  EXPECT_TRUE(root.certificate.info().is_ca);
}

TEST(Certificate, FarFutureIsATimeLikeAnyOther) {
  CertificateSpec spec = ca();
  // RFC 5280 4.1.2.5: the value of a certificate without an end.
  spec.not_after = WallTime{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31} +
                            std::chrono::hours{24} - kSecond};
  EXPECT_EQ(make_root(spec).certificate.info().not_after, spec.not_after);
}

TEST(Certificate, CutShortOrFollowedByBytesIsRejected) {
  const Credential root = make_root(ca());
  const ByteView good = root.certificate.der();
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(Certificate::parse_der(good.first(size)).ok()) << size;
  Bytes longer = to_bytes(good);
  longer.push_back(0);
  EXPECT_FALSE(Certificate::parse_der(longer).ok());
  append(longer, good);
  EXPECT_FALSE(Certificate::parse_der(longer).ok());
}

TEST(Certificate, LengthNotInDerIsRejected) {
  // 30 82 hh ll is spelt 30 83 00 hh ll, which BER allows.
  Bytes ber = to_bytes(make_root(ca()).certificate.der());
  ASSERT_EQ(ber[1], 0x82);
  ber[1] = 0x83;
  ber.insert(ber.begin() + 2, 0);
  EXPECT_FALSE(Certificate::parse_der(ber).ok());
}

TEST(Certificate, OverTheSizeBoundIsRejected) {
  const auto parsed = Certificate::parse_der(Bytes(kCertificateBytesMax + 1, 0x30));
  EXPECT_NE(parsed.error().message().find("at most"), std::string::npos);
}

TEST(Certificate, TooManyNamesAreRejected) {
  const Credential root = make_root(ca());
  CertificateSpec spec = leaf();
  spec.dns_names.assign(kSubjectAltNamesMax, "x.example.org");
  const Bytes der =
      make_certificate(spec, root.key.public_key().spki_der(), root.key, &root.certificate);
  EXPECT_FALSE(Certificate::parse_der(der).ok());
}

TEST(CertificateList, IsCutApartAndBounded) {
  const Credential root = make_root(ca());
  const Credential issued = make_issued(leaf(), root);
  Bytes both = to_bytes(issued.certificate.der());
  append(both, root.certificate.der());
  const auto list = parse_certificates_der(both);
  ASSERT_TRUE(list.ok()) << list.error().text();
  ASSERT_EQ(list->size(), 2U);
  EXPECT_TRUE((*list)[0] == issued.certificate);
  EXPECT_TRUE((*list)[1] == root.certificate);
  EXPECT_EQ(parse_certificates_der(both, 1).error().code(), ErrorCode::kResourceExhausted);
  EXPECT_FALSE(parse_certificates_der({}).ok());
  both.pop_back();
  EXPECT_FALSE(parse_certificates_der(both).ok());
  EXPECT_FALSE(parse_certificates_der(Bytes{0x30, 0x84, 1, 1, 1, 1}).ok());
  EXPECT_FALSE(parse_certificates_der(Bytes{0x30, 0x80, 0, 0}).ok());
  EXPECT_FALSE(parse_certificates_der(Bytes{0x31, 0x00}).ok());
}

TEST(CertificateList, SurvivesPem) {
  const Credential root = make_root(ca());
  const std::vector<Certificate> both = {make_issued(leaf(), root).certificate, root.certificate};
  const std::string pem = print_certificates_pem(both);
  const auto again = parse_certificates_pem(pem);
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_TRUE(*again == both);
  EXPECT_EQ(parse_certificates_pem(pem, 1).error().code(), ErrorCode::kResourceExhausted);
  EXPECT_FALSE(parse_certificates_pem("").ok());
  EXPECT_FALSE(parse_certificates_pem(pem.substr(0, pem.size() / 2)).ok());
  std::string other = pem;
  while (other.find("CERTIFICATE") != std::string::npos)
    other.replace(other.find("CERTIFICATE"), 11, "PRIVATE KEY");
  EXPECT_FALSE(parse_certificates_pem(other).ok());
}

class Chain : public ::testing::Test {
 protected:
  Result<std::vector<Certificate>> verify(const Certificate& end,
                                          std::vector<Certificate> intermediates = {},
                                          WallTime now = kNow, const ChainOptions& options = {}) {
    const std::vector<Certificate> roots = {root_.certificate};
    return verify_chain(end, intermediates, roots, now, options);
  }
  bool accepts(const CertificateSpec& spec, WallTime now = kNow) {
    return verify(make_issued(spec, root_).certificate, {}, now).ok();
  }

  Credential root_ = make_root(ca());
};

TEST_F(Chain, LeafOfTheRootIsValid) {
  const Credential issued = make_issued(leaf(), root_);
  const auto path = verify(issued.certificate);
  ASSERT_TRUE(path.ok()) << path.error().text();
  ASSERT_EQ(path->size(), 2U);
  EXPECT_TRUE((*path)[0] == issued.certificate);
  EXPECT_TRUE((*path)[1] == root_.certificate);
}

TEST_F(Chain, EveryKindOfKeyCanSign) {
  for (const KeyType type :
       {KeyType::kP256, KeyType::kP384, KeyType::kP521, KeyType::kRsa, KeyType::kEd25519}) {
    root_ = make_root(ca(), type);
    EXPECT_TRUE(accepts(leaf())) << key_type_name(type);
  }
}

TEST_F(Chain, IntermediatesAreFollowedInAnyOrder) {
  CertificateSpec spec = ca();
  spec.common_name = "first";
  const Credential first = make_issued(spec, root_);
  spec.common_name = "second";
  const Credential second = make_issued(spec, first);
  const Credential issued = make_issued(leaf(), second);
  EXPECT_EQ(verify(issued.certificate, {first.certificate, second.certificate})->size(), 4U);
  EXPECT_TRUE(verify(issued.certificate, {second.certificate, first.certificate}).ok());
  EXPECT_FALSE(verify(issued.certificate, {second.certificate}).ok());
  EXPECT_FALSE(verify(issued.certificate).ok());
}

TEST_F(Chain, LongerThanTheBoundIsRefusedBeforeVerifying) {
  const Credential issued = make_issued(leaf(), root_);
  const std::vector<Certificate> many(kIntermediatesMax + 1, root_.certificate);
  EXPECT_EQ(verify(issued.certificate, many).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(verify(issued.certificate, {root_.certificate}, kNow, {.intermediates_max = 0})
                .error()
                .code(),
            ErrorCode::kInvalidArgument);
}

TEST_F(Chain, HoldsFromNotBeforeToNotAfter) {
  CertificateSpec spec = leaf();
  spec.not_before = kNow;
  spec.not_after = kNow + 60 * kSecond;
  EXPECT_FALSE(accepts(spec, kNow - kSecond));
  EXPECT_TRUE(accepts(spec, kNow));
  EXPECT_TRUE(accepts(spec, kNow + 59 * kSecond));
  EXPECT_FALSE(accepts(spec, kNow + 61 * kSecond));
}

TEST_F(Chain, ExpiredRootIsNoRoot) {
  CertificateSpec spec = leaf();
  spec.not_after = kNow + std::chrono::hours{5};
  EXPECT_FALSE(accepts(spec, kNow + std::chrono::hours{2}));
}

TEST_F(Chain, SignatureOfAnotherKeyIsRejected) {
  Credential impostor = make_root(ca());
  EXPECT_FALSE(verify(make_issued(leaf(), impostor).certificate).ok());
  // The same name and key identifier in the issuer, so that only the signature tells.
  impostor.certificate = root_.certificate;
  const auto verified = verify(make_issued(leaf(), impostor).certificate);
  EXPECT_EQ(verified.error().code(), ErrorCode::kUnauthenticated);
}

TEST_F(Chain, LeafCannotIssue) {
  const Credential issued = make_issued(leaf(), root_);
  const Credential below = make_issued(leaf(), issued);
  EXPECT_FALSE(verify(below.certificate, {issued.certificate}).ok());
  CertificateSpec no_sign = ca();
  no_sign.key_usage = static_cast<std::uint16_t>(KeyUsage::kDigitalSignature);
  const Credential wrong = make_issued(no_sign, root_);
  EXPECT_FALSE(verify(make_issued(leaf(), wrong).certificate, {wrong.certificate}).ok());
}

TEST_F(Chain, PathLengthIsKept) {
  CertificateSpec spec = ca();
  spec.path_length = 0;
  root_ = make_root(spec);
  EXPECT_TRUE(accepts(leaf()));
  // RFC 5280 4.2.1.9 does not count self-issued certificates, so this one has a name of its own.
  spec = ca();
  spec.common_name = "below";
  const Credential intermediate = make_issued(spec, root_);
  EXPECT_FALSE(
      verify(make_issued(leaf(), intermediate).certificate, {intermediate.certificate}).ok());
}

TEST_F(Chain, UnknownCriticalExtensionIsRejected) {
  CertificateSpec spec = leaf();
  spec.has_unknown_critical_extension = true;
  EXPECT_FALSE(accepts(spec));
}

TEST_F(Chain, Sha1SignatureIsRejected) {
  CertificateSpec spec = leaf();
  spec.hash = "SHA1";
  EXPECT_FALSE(accepts(spec));
}

TEST_F(Chain, IssuerWithoutKeyIdentifierIsRejected) {
  CertificateSpec spec = ca();
  spec.has_key_ids = false;
  const Credential intermediate = make_issued(spec, root_);
  EXPECT_FALSE(
      verify(make_issued(leaf(), intermediate).certificate, {intermediate.certificate}).ok());
}

TEST_F(Chain, EmptySubjectNeedsCriticalNames) {
  CertificateSpec spec = leaf();
  spec.common_name = "";
  EXPECT_FALSE(accepts(spec));
  spec.is_subject_alt_name_critical = true;
  EXPECT_TRUE(accepts(spec));
}

TEST_F(Chain, RootItselfAuthenticatesNobody) {
  EXPECT_FALSE(verify(root_.certificate).ok());
  const Credential issued = make_issued(leaf(), root_);
  const std::vector<Certificate> roots = {issued.certificate};
  EXPECT_FALSE(verify_chain(issued.certificate, {}, roots, kNow).ok());
  EXPECT_FALSE(verify_chain(issued.certificate, {}, {}, kNow).ok());
}

TEST_F(Chain, RootNeedNotBeSelfSigned) {
  const Credential above = root_;
  CertificateSpec spec = ca();
  spec.common_name = "signed from above";
  root_ = make_issued(spec, above);
  EXPECT_TRUE(accepts(leaf()));
}

TEST_F(Chain, CertificatesAreSharedByThreads) {
  const Certificate end = make_issued(leaf(), root_).certificate;
  std::vector<int> failures(4, 0);
  {
    std::vector<std::jthread> threads;
    for (int& count : failures) {
      threads.emplace_back([this, &count, &end] {
        for (int i = 0; i < 20; ++i) count += !verify(end).ok();
      });
    }
  }
  EXPECT_EQ(failures, std::vector<int>(4, 0));
}

TEST_F(Chain, RequiredUsagesAreKept) {
  const ChainOptions server = {.required_usages = {ExtendedKeyUsage::kServerAuth}};
  CertificateSpec spec = leaf();
  EXPECT_TRUE(verify(make_issued(spec, root_).certificate, {}, kNow, server).ok());
  spec.extended_key_usages = {"clientAuth"};
  EXPECT_FALSE(verify(make_issued(spec, root_).certificate, {}, kNow, server).ok());
  spec.extended_key_usages = {};
  EXPECT_TRUE(verify(make_issued(spec, root_).certificate, {}, kNow, server).ok());
  // An intermediate that is restricted restricts its leaves.
  CertificateSpec restricted = ca();
  restricted.extended_key_usages = {"clientAuth"};
  const Credential intermediate = make_issued(restricted, root_);
  EXPECT_FALSE(verify(make_issued(leaf(), intermediate).certificate, {intermediate.certificate},
                      kNow, server)
                   .ok());
}

}  // namespace
}  // namespace ward::crypto
