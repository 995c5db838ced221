#include "crypto/x509_template.h"

#include <gtest/gtest.h>

#include <set>

#include "crypto/testing/certificates.h"

namespace ward::crypto {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::kNow;

class Template : public ::testing::Test {
 protected:
  Certificate parse(const Result<IssuedCertificate>& issued) {
    if (!issued.ok()) throw std::runtime_error(issued.error().text());
    return Certificate::parse_der(issued->der).value();
  }
  // The path is checked by OpenSSL with its strictest rules.
  bool is_valid(const Certificate& leaf, std::vector<Certificate> intermediates = {}) {
    const std::vector<Certificate> roots = {root_};
    const auto path = verify_chain(
        leaf, intermediates, roots, kNow,
        {.required_usages = {ExtendedKeyUsage::kServerAuth, ExtendedKeyUsage::kClientAuth}});
    if (!path.ok()) ADD_FAILURE() << path.error().text();
    return path.ok();
  }
  LeafTemplate leaf(std::vector<std::string> dns_names = {}) {
    return {.uri = "spiffe://example.org/leaf",
            .dns_names = std::move(dns_names),
            .not_after = kNow + hours{1}};
  }

  SeededRandom random_{7};
  PrivateKey key_ = PrivateKey::generate(KeyType::kP256).value();
  PrivateKey leaf_key_ = PrivateKey::generate(KeyType::kP256).value();
  Certificate root_ = parse(self_sign_authority(
      {.uri = "spiffe://example.org", .not_after = kNow + hours{24}}, key_, kNow, random_));
  CertificateIssuer issuer_ = CertificateIssuer::make(root_, key_).value();
};

TEST_F(Template, LeafIsAnX509SvidByTheBook) {
  const auto issued = issuer_.issue_leaf(leaf(), leaf_key_.public_key(), kNow, random_);
  const Certificate certificate = parse(issued);
  EXPECT_TRUE(is_valid(certificate));
  const CertificateInfo& info = certificate.info();
  EXPECT_TRUE(info.has_empty_subject);
  EXPECT_TRUE(info.is_subject_alt_name_critical);
  EXPECT_EQ(info.issuer, root_.info().subject);
  EXPECT_EQ(info.uris, std::vector<std::string>{"spiffe://example.org/leaf"});
  EXPECT_TRUE(info.dns_names.empty());
  EXPECT_FALSE(info.has_other_names);
  EXPECT_TRUE(info.has_basic_constraints);
  EXPECT_FALSE(info.is_ca);
  EXPECT_TRUE(info.is_key_usage_critical);
  EXPECT_EQ(info.key_usage, static_cast<unsigned>(KeyUsage::kDigitalSignature) |
                                static_cast<unsigned>(KeyUsage::kKeyEncipherment) |
                                static_cast<unsigned>(KeyUsage::kKeyAgreement));
  EXPECT_EQ(info.extended_key_usages,
            (std::vector{ExtendedKeyUsage::kServerAuth, ExtendedKeyUsage::kClientAuth}));
  EXPECT_EQ(info.subject_key_id, subject_key_id(leaf_key_.public_key()));
  EXPECT_EQ(info.authority_key_id, root_.info().subject_key_id);
  EXPECT_EQ(info.not_before, kNow - seconds{10});
  EXPECT_EQ(info.not_after, kNow + hours{1});
  EXPECT_EQ(info.serial, issued->serial);
  EXPECT_EQ(info.not_before, issued->not_before);
  EXPECT_EQ(info.not_after, issued->not_after);
  EXPECT_TRUE(certificate.public_key() == leaf_key_.public_key());
}

TEST_F(Template, AuthorityIsASigningCertificateByTheBook) {
  const CertificateInfo& info = root_.info();
  EXPECT_TRUE(root_.is_self_issued());
  EXPECT_FALSE(info.has_empty_subject);
  EXPECT_NE(info.subject.find("serialNumber="), std::string::npos);
  EXPECT_EQ(info.uris, std::vector<std::string>{"spiffe://example.org"});
  EXPECT_TRUE(info.is_ca);
  EXPECT_EQ(info.key_usage, static_cast<unsigned>(KeyUsage::kKeyCertSign) |
                                static_cast<unsigned>(KeyUsage::kCrlSign));
  EXPECT_TRUE(info.is_key_usage_critical);
  EXPECT_TRUE(info.extended_key_usages.empty());
  EXPECT_FALSE(info.path_length);
}

TEST_F(Template, FirstDnsNameIsTheSubject) {
  const Certificate certificate = parse(issuer_.issue_leaf(
      leaf({"api.example.org", "b.example.org"}), leaf_key_.public_key(), kNow, random_));
  EXPECT_TRUE(is_valid(certificate));
  EXPECT_EQ(certificate.info().subject, "CN=api.example.org");
  EXPECT_EQ(certificate.info().dns_names,
            (std::vector<std::string>{"api.example.org", "b.example.org"}));
  EXPECT_FALSE(certificate.info().is_subject_alt_name_critical);
}

TEST_F(Template, ASigningLeafOpensNoConnection) {
  const auto key = PrivateKey::generate(KeyType::kEd25519);
  LeafTemplate signing = leaf();
  signing.use = LeafUse::kSigning;
  const Certificate certificate =
      parse(issuer_.issue_leaf(signing, key->public_key(), kNow, random_));
  EXPECT_TRUE(verify_chain(certificate, {}, std::vector{root_}, kNow).ok());
  EXPECT_EQ(certificate.info().key_usage, static_cast<std::uint16_t>(KeyUsage::kDigitalSignature));
  EXPECT_EQ(certificate.info().extended_key_usages,
            std::vector<ExtendedKeyUsage>{ExtendedKeyUsage::kOther});
  for (const auto usage : {ExtendedKeyUsage::kServerAuth, ExtendedKeyUsage::kClientAuth}) {
    EXPECT_FALSE(
        verify_chain(certificate, {}, std::vector{root_}, kNow, {.required_usages = {usage}}).ok());
  }
}

TEST_F(Template, DnsNameTooLongForASubjectIsInTheNamesOnly) {
  const std::string name = std::string(60, 'a') + ".example.org";
  const Certificate certificate =
      parse(issuer_.issue_leaf(leaf({name}), leaf_key_.public_key(), kNow, random_));
  EXPECT_TRUE(is_valid(certificate));
  EXPECT_TRUE(certificate.info().has_empty_subject);
  EXPECT_TRUE(certificate.info().is_subject_alt_name_critical);
  EXPECT_EQ(certificate.info().dns_names, std::vector<std::string>{name});
}

TEST_F(Template, EveryLengthOfNameAndKindOfKeyIsValid) {
  for (std::size_t size = 1; size <= kTemplateUriBytesMax; size = size * 3 / 2 + 1) {
    const std::string uri(size, 'u');
    const Certificate certificate = parse(issuer_.issue_leaf(
        {.uri = uri, .not_after = kNow + hours{1}}, leaf_key_.public_key(), kNow, random_));
    EXPECT_TRUE(is_valid(certificate)) << size;
    EXPECT_EQ(certificate.info().uris.front().size(), size);
  }
  for (const KeyType type : {KeyType::kP384, KeyType::kP521, KeyType::kRsa, KeyType::kEd25519}) {
    const auto key = PrivateKey::generate(type);
    const Certificate certificate =
        parse(issuer_.issue_leaf(leaf(), key->public_key(), kNow, random_));
    EXPECT_TRUE(is_valid(certificate)) << key_type_name(type);
    EXPECT_TRUE(certificate.public_key() == key->public_key());
  }
}

TEST_F(Template, AuthorityBelowIssuesToo) {
  const auto key = PrivateKey::generate(KeyType::kP256);
  const Certificate below = parse(issuer_.issue_authority(
      {.uri = "spiffe://example.org", .path_length = 0, .not_after = kNow + hours{2}},
      key->public_key(), kNow, random_));
  EXPECT_EQ(below.info().path_length, 0);
  const auto issuer = CertificateIssuer::make(below, *key);
  const Certificate certificate =
      parse(issuer->issue_leaf(leaf(), leaf_key_.public_key(), kNow, random_));
  EXPECT_TRUE(is_valid(certificate, {below}));
}

TEST_F(Template, NoLongerThanItsIssuer) {
  LeafTemplate request = leaf();
  request.not_after = kNow + hours{1000};
  const auto issued = issuer_.issue_leaf(request, leaf_key_.public_key(), kNow, random_);
  EXPECT_EQ(issued->not_after, kNow + hours{24});
  EXPECT_EQ(
      issuer_.issue_leaf(request, leaf_key_.public_key(), kNow + hours{24}, random_).error().code(),
      ErrorCode::kFailedPrecondition);
}

TEST_F(Template, PastFutureAndFarTimesAreWrittenAsRead) {
  for (const auto year : {1970, 2049, 2050, 9999}) {
    const WallTime end{std::chrono::sys_days{std::chrono::year{year} / 12 / 31}};
    const WallTime now = end - hours{1};
    const auto issued =
        self_sign_authority({.uri = "spiffe://example.org", .not_after = end}, key_, now, random_);
    EXPECT_EQ(parse(issued).info().not_after, end);
    EXPECT_EQ(parse(issued).info().not_before, now - seconds{10});
  }
}

TEST_F(Template, SerialsArePositiveAndNeverTheSame) {
  std::set<Bytes> seen;
  for (int i = 0; i < 100; ++i) {
    const auto issued = issuer_.issue_leaf(leaf(), leaf_key_.public_key(), kNow, random_);
    EXPECT_EQ(issued->serial.size(), kSerialBytes);
    EXPECT_LT(issued->serial.front(), 0x80);
    EXPECT_TRUE(seen.insert(issued->serial).second);
  }
}

TEST_F(Template, WrongRequestsAreRefused) {
  const auto refuses = [this](const LeafTemplate& request) {
    const auto issued = issuer_.issue_leaf(request, leaf_key_.public_key(), kNow, random_);
    return !issued.ok() && issued.error().code() == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(refuses({.uri = "", .not_after = kNow + hours{1}}));
  EXPECT_TRUE(refuses({.uri = "a\nb", .not_after = kNow + hours{1}}));
  const std::string long_uri(kTemplateUriBytesMax + 1, 'a');
  EXPECT_TRUE(refuses({.uri = long_uri, .not_after = kNow + hours{1}}));
  EXPECT_TRUE(refuses({.uri = "spiffe://example.org/a", .not_after = kNow}));
  for (const std::string& name :
       {std::string(), std::string("."), std::string("a..b"), std::string("a."), std::string(".a"),
        std::string("-a"), std::string("a-"), std::string("a.-b"), std::string("a b"),
        std::string("*.a"), std::string("a_b"), std::string(64, 'a'), std::string("a\0b", 3)})
    EXPECT_TRUE(refuses(leaf({name}))) << name;
  EXPECT_TRUE(refuses(leaf(std::vector<std::string>(kTemplateDnsNamesMax + 1, "a.b"))));
}

TEST_F(Template, OnlyAnAuthorityWithItsOwnKeyIssues) {
  EXPECT_FALSE(CertificateIssuer::make(root_, leaf_key_).ok());
  const Certificate end =
      parse(issuer_.issue_leaf(leaf({"a.b"}), leaf_key_.public_key(), kNow, random_));
  EXPECT_FALSE(CertificateIssuer::make(end, leaf_key_).ok());
  const auto p384 = PrivateKey::generate(KeyType::kP384);
  EXPECT_FALSE(
      self_sign_authority({.uri = "spiffe://a", .not_after = kNow + hours{1}}, *p384, kNow, random_)
          .ok());
}

}  // namespace
}  // namespace ward::crypto
