#include "spiffe/bundle.h"

#include <gtest/gtest.h>

#include "codec/base64.h"
#include "crypto/testing/certificates.h"

namespace ward::spiffe {
namespace {

using codec::Json;
using crypto::testing::ca_spec;
using crypto::testing::Credential;
using crypto::testing::make_root;

const TrustDomain& domain() {
  static const TrustDomain value = TrustDomain::parse("example.org").value();
  return value;
}
const Credential& root() {
  static const Credential value = make_root(ca_spec("spiffe://example.org"));
  return value;
}

SpiffeBundle whole_bundle() {
  const auto rsa = crypto::PrivateKey::generate(crypto::KeyType::kRsa);
  return {.x509 = {domain(),
                   {root().certificate, make_root(ca_spec("spiffe://example.org")).certificate}},
          .jwt = {domain(), {{"a", root().key.public_key()}, {"b", rsa->public_key()}}},
          .sequence = 18'446'744'073'709'551'615U,
          .refresh_hint = std::chrono::seconds{300}};
}

// A bundle text of these entries and nothing else.
std::string with_keys(std::initializer_list<Json> keys) {
  return codec::write_json(Json::object({{"keys", Json::array(keys)}}));
}

Json x509_entry(const Credential& of = root()) {
  return crypto::print_jwk(
      {.key = of.key.public_key(), .use = "x509-svid", .x5c = {to_bytes(of.certificate.der())}});
}
Json jwt_entry(std::string kid) {
  return crypto::print_jwk(
      {.key = root().key.public_key(), .kid = std::move(kid), .use = "jwt-svid"});
}

TEST(SpiffeBundle, SurvivesItsText) {
  const SpiffeBundle bundle = whole_bundle();
  const std::string text = print_spiffe_bundle(bundle);
  const auto again = parse_spiffe_bundle(domain(), text);
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_TRUE(again->x509.authorities == bundle.x509.authorities);
  EXPECT_TRUE(again->jwt.keys == bundle.jwt.keys);
  EXPECT_EQ(again->sequence, bundle.sequence);
  EXPECT_EQ(again->refresh_hint, bundle.refresh_hint);
  EXPECT_EQ(print_spiffe_bundle(*again), text);
}

TEST(SpiffeBundle, IsPrintedAsTheSpecificationAsks) {
  const auto json = codec::parse_json(print_spiffe_bundle(whole_bundle()));
  int x509 = 0;
  int jwt = 0;
  for (const Json& key : *json->find("keys")->if_array()) {
    if (*key.find("use")->if_string() == "x509-svid") {
      ++x509;
      EXPECT_EQ(key.find("kid"), nullptr);
      ASSERT_EQ(key.find("x5c")->if_array()->size(), 1U);
    } else {
      ++jwt;
      EXPECT_EQ(*key.find("use")->if_string(), "jwt-svid");
      EXPECT_NE(key.find("kid"), nullptr);
      EXPECT_EQ(key.find("x5c"), nullptr);
    }
  }
  EXPECT_EQ(x509, 2);
  EXPECT_EQ(jwt, 2);
}

TEST(SpiffeBundle, EntriesOfNoConcernArePassedOver) {
  Json no_use = jwt_entry("n");
  no_use.if_object()->erase("use");
  Json no_certificate = x509_entry();
  no_certificate.if_object()->erase("x5c");
  Json empty_x5c = x509_entry();
  empty_x5c.if_object()->set("x5c", Json::array());
  Json other_use = jwt_entry("w");
  other_use.if_object()->set("use", "wit-svid");
  other_use.if_object()->erase("x");  // not even looked into
  const Json unknown = Json::object({{"kty", "AKP"}, {"use", "jwt-svid"}});
  const auto bundle = parse_spiffe_bundle(
      domain(), with_keys({no_use, no_certificate, empty_x5c, other_use, unknown, jwt_entry("j")}));
  ASSERT_TRUE(bundle.ok()) << bundle.error().text();
  EXPECT_TRUE(bundle->x509.authorities.empty());
  EXPECT_EQ(bundle->jwt.keys.size(), 1U);
  EXPECT_FALSE(bundle->sequence);
  EXPECT_FALSE(bundle->refresh_hint);
}

TEST(SpiffeBundle, FirstCertificateOfAnEntryCounts) {
  Json entry = x509_entry();
  const Credential other = make_root(ca_spec("spiffe://example.org"));
  entry.if_object()->find("x5c")->if_array()->push_back(
      codec::encode_base64(other.certificate.der()));
  const auto bundle = parse_spiffe_bundle(domain(), with_keys({entry}));
  ASSERT_EQ(bundle->x509.authorities.size(), 1U);
  EXPECT_TRUE(bundle->x509.authorities.front() == root().certificate);
}

TEST(SpiffeBundle, MalformedOnesAreRejected) {
  Json other_key = x509_entry();
  const Credential other = make_root(ca_spec("spiffe://example.org"));
  other_key.if_object()->set("x5c", Json::array({codec::encode_base64(other.certificate.der())}));
  Json no_der = x509_entry();
  no_der.if_object()->set("x5c", Json::array({"AAAA"}));
  Json no_kid = jwt_entry("a");
  no_kid.if_object()->erase("kid");
  for (const std::string& text : {
           std::string(),
           std::string("{}"),
           std::string("[]"),
           std::string(R"({"keys":null})"),
           std::string(R"({"keys":[],"keys":[]})"),
           std::string(R"({"keys":[],"spiffe_sequence":-1})"),
           std::string(R"({"keys":[],"spiffe_sequence":1.5})"),
           std::string(R"({"keys":[],"spiffe_sequence":"1"})"),
           std::string(R"({"keys":[],"spiffe_refresh_hint":-1})"),
           std::string(R"({"keys":[],"spiffe_refresh_hint":99999999})"),
           with_keys({other_key}),
           with_keys({no_der}),
           with_keys({no_kid}),
           with_keys({jwt_entry("a"), jwt_entry("a")}),
       })
    EXPECT_FALSE(parse_spiffe_bundle(domain(), text).ok()) << text;
  EXPECT_FALSE(parse_spiffe_bundle(domain(), std::string(crypto::kJwkSetBytesMax + 1, ' ')).ok());
}

TEST(JwtBundle, HasJwtKeysOnlyEachWithAnId) {
  const JwtBundle bundle = whole_bundle().jwt;
  const std::string text = print_jwt_bundle(bundle);
  const auto json = codec::parse_json(text);
  for (const Json& key : *json->find("keys")->if_array()) {
    EXPECT_NE(key.find("kid"), nullptr);
    EXPECT_EQ(key.find("use"), nullptr);
  }
  EXPECT_TRUE(parse_jwt_bundle(domain(), text)->keys == bundle.keys);
}

TEST(JwtBundle, X509KeysNeverBecomeJwtKeys) {
  Json x509 = x509_entry();
  x509.if_object()->set("kid", "x");
  const auto bundle = parse_jwt_bundle(domain(), with_keys({x509, jwt_entry("j")}));
  ASSERT_TRUE(bundle.ok());
  EXPECT_EQ(bundle->keys.size(), 1U);
  EXPECT_TRUE(bundle->keys.contains("j"));
  const auto whole = parse_spiffe_bundle(domain(), with_keys({x509}));
  EXPECT_TRUE(whole->jwt.keys.empty());
}

TEST(JwtBundle, KeyWithoutIdIsRejected) {
  Json entry = jwt_entry("a");
  entry.if_object()->erase("kid");
  EXPECT_FALSE(parse_jwt_bundle(domain(), with_keys({entry})).ok());
}

TEST(X509Bundle, SurvivesItsDer) {
  const X509Bundle bundle = whole_bundle().x509;
  const auto again = parse_x509_bundle(domain(), print_x509_bundle(bundle));
  EXPECT_TRUE(again->authorities == bundle.authorities);
  EXPECT_TRUE(parse_x509_bundle(domain(), {})->authorities.empty());
  EXPECT_FALSE(parse_x509_bundle(domain(), as_bytes("x")).ok());
}

TEST(BundleSet, DomainsAreKeptApartAndReplacedWhole) {
  X509BundleSet set;
  set.set({domain(), {root().certificate}});
  set.set({*TrustDomain::parse("other.org"), {}});
  EXPECT_EQ(set.size(), 2U);
  EXPECT_EQ(set.find("example.org")->authorities.size(), 1U);
  EXPECT_TRUE(set.find("other.org")->authorities.empty());
  EXPECT_EQ(set.find("third.org"), nullptr);
  set.set({domain(), {}});
  EXPECT_TRUE(set.find("example.org")->authorities.empty());
  set.erase(domain());
  EXPECT_EQ(set.find("example.org"), nullptr);
}

}  // namespace
}  // namespace ward::spiffe
