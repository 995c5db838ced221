// JOSE against the values of the RFCs, the RFC 7520 cookbook and Wycheproof.
//
// Each file's cases are counted: what ran, and what does not apply with the reason. Ward has the
// nine asymmetric signature algorithms and public keys; HMAC, encryption and the JSON
// serialisations are not part of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/json.h"
#include "crypto/jose.h"
#include "tests/support/conformance.h"

namespace ward::crypto {
namespace {

using codec::Json;

Json read_json(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto json = codec::parse_json(text);
  if (!json.ok()) ADD_FAILURE() << path << ": " << json.error().text();
  return json.ok() ? *json : Json();
}

std::string text_of(const Json* json) {
  const std::string* text = json == nullptr ? nullptr : json->if_string();
  return text == nullptr ? "" : *text;
}

// The public part of a key as the vectors give it, often with the private one.
Json public_part(Json jwk) {
  for (const auto* name : {"d", "p", "q", "dp", "dq", "qi"}) jwk.if_object()->erase(name);
  return jwk;
}

class Tally {
 public:
  explicit Tally(std::string name) : name_(std::move(name)) {}
  void ran() { ++ran_; }
  void skipped(const std::string& reason) { ++skipped_[reason]; }
  ~Tally() {
    std::cout << name_ << ": " << ran_ << " ran";
    for (const auto& [reason, count] : skipped_)
      std::cout << "; " << count << " do not apply: " << reason;
    std::cout << '\n';
  }
  int count() const { return ran_; }

 private:
  std::string name_;
  int ran_ = 0;
  std::map<std::string, int> skipped_;
};

bool accepts(const std::string& token, const Json& key) {
  const auto jws = UnverifiedJws::parse(token);
  if (!jws.ok()) return false;
  if (key.find("keys") == nullptr) {
    const auto jwk = parse_jwk(key);
    return jwk.ok() && jws->verify(*jwk).ok();
  }
  const auto set = jwk_set_from_json(key);
  return set.ok() && std::ranges::any_of(set->keys, [&jws](const Jwk& jwk) {
           return jwk.kid == jws->header().kid && jws->verify(jwk).ok();
         });
}

// Why a Wycheproof case is not for Ward; empty when it is.
std::string reason_to_skip(const Json& group, const Json& test) {
  const Json* key = group.find("public");
  if (key == nullptr) return "symmetric keys (HMAC or encryption)";
  const std::string algorithm = text_of(key->find("alg"));
  // Figures of RFC 7520 with an `alg` put into the key that is not the token's (PS256 for PS384),
  // or that no RFC registers (ES521). RFC 7517 4.4 has the key's `alg` name the algorithm it is
  // for, and Ward keeps to that; the figures themselves run in Cookbook.Signatures.
  if (text_of(test.find("comment")).starts_with("Figure") &&
      (algorithm == "ES521" || algorithm == "PS256"))
    return "acceptance is expected of a key whose `alg` is not the token's";
  if (algorithm.starts_with("ECDH")) return "encryption";
  return "";
}

void run_wycheproof(const std::filesystem::path& path, int least) {
  Tally tally(path.filename().string());
  const Json file = read_json(path);
  for (const Json& group : *file.find("testGroups")->if_array()) {
    for (const Json& test : *group.find("tests")->if_array()) {
      const std::string reason = reason_to_skip(group, test);
      if (!reason.empty()) {
        tally.skipped(reason);
        continue;
      }
      tally.ran();
      EXPECT_EQ(accepts(text_of(test.find("jws")), public_part(*group.find("public"))),
                text_of(test.find("result")) == "valid")
          << path << " " << codec::write_json(*test.find("tcId")) << " "
          << text_of(test.find("comment"));
    }
  }
  EXPECT_GE(tally.count(), least);
}

TEST(Wycheproof, Signatures) {
  WARD_CONFORMANCE_DATA(const auto dir, "jose/wycheproof");
  run_wycheproof(dir / "json_web_signature_test.json", 300);
}

TEST(Wycheproof, Keys) {
  WARD_CONFORMANCE_DATA(const auto dir, "jose/wycheproof");
  run_wycheproof(dir / "json_web_key_test.json", 11);
}

TEST(Wycheproof, Crypto) {
  WARD_CONFORMANCE_DATA(const auto dir, "jose/wycheproof");
  run_wycheproof(dir / "json_web_crypto_test.json", 29);
}

TEST(Cookbook, Keys) {
  WARD_CONFORMANCE_DATA(const auto dir, "jose/cookbook/jwk");
  Tally tally("cookbook/jwk");
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    const Json json = read_json(entry.path());
    const auto jwk = parse_jwk(json);
    tally.ran();
    const bool is_public = entry.path().filename().string().find("public") != std::string::npos;
    EXPECT_EQ(jwk.ok(), is_public) << entry.path();
    if (is_public) {
      EXPECT_TRUE(print_jwk(*jwk) == json) << entry.path();
    }
  }
  EXPECT_EQ(tally.count(), 6);
}

TEST(Cookbook, Signatures) {
  WARD_CONFORMANCE_DATA(const auto dir, "jose/cookbook/jws");
  Tally tally("cookbook/jws");
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    const Json json = read_json(entry.path());
    const std::string token = text_of(json.find("output")->find("compact"));
    const Json* key = json.find("input")->find("key");
    if (token.empty() || key->if_object() == nullptr) {
      tally.skipped("JSON serialisation");
      continue;
    }
    tally.ran();
    const auto jws = UnverifiedJws::parse(token);
    if (text_of(key->find("kty")) == "oct") {
      EXPECT_FALSE(jws.ok()) << "HMAC is rejected: " << entry.path();
      continue;
    }
    ASSERT_TRUE(jws.ok()) << entry.path() << jws.error().text();
    const auto payload = jws->verify(*parse_jwk(public_part(*key)));
    ASSERT_TRUE(payload.ok()) << entry.path() << payload.error().text();
    EXPECT_EQ(as_text(*payload), text_of(json.find("input")->find("payload")));
  }
  EXPECT_GE(tally.count(), 4);
}

class Rfc : public ::testing::Test {
 protected:
  void SetUp() override {
    WARD_CONFORMANCE_DATA(const auto path, "jose/rfc7515-7519-examples.json");
    data_ = *read_json(path).find("data");
  }
  Json data_;
};

void expect_thumbprints(const Json& set) {
  const auto& thumbprints = *set.find("thumbprints")->if_array();
  const auto keys = jwk_set_from_json(set);
  ASSERT_TRUE(keys.ok()) << keys.error().text();
  ASSERT_EQ(keys->keys.size(), thumbprints.size());
  for (std::size_t i = 0; i < thumbprints.size(); ++i)
    EXPECT_EQ(jwk_thumbprint(keys->keys[i].key), *thumbprints[i].if_string());
}

TEST_F(Rfc, PublicKeysHaveTheThumbprintsOfTheRfcs) {
  expect_thumbprints(*data_.find("PublicKeys"));
  expect_thumbprints(*data_.find("PublicKeys_EdDsa"));
  EXPECT_TRUE(parse_jwk(*data_.find("Useofx5c")).ok());
}

TEST_F(Rfc, PrivateAndSymmetricKeysAreNoPublicKeys) {
  EXPECT_FALSE(jwk_set_from_json(*data_.find("PrivateKeys")).ok());
  EXPECT_FALSE(jwk_set_from_json(*data_.find("PrivateKeys_EdDsa")).ok());
  const auto symmetric = jwk_set_from_json(*data_.find("SymmetricKeys"));
  EXPECT_TRUE(symmetric.ok() && symmetric->keys.empty());
}

std::string compact(const Json& example) {
  const auto part = [&example](const char* name) {
    return codec::encode_base64url(*codec::decode_hex(text_of(example.find(name)->find("hex"))));
  };
  return codec::encode_base64url(as_bytes(text_of(example.find("protected")))) + "." +
         part("payload") + "." + part("signature");
}

TEST_F(Rfc, SignedExamplesVerifyIfTheirAlgorithmIsAllowed) {
  for (const auto* name : {"A2_example", "A3_example", "A4_example"}) {
    const Json& example = *data_.find(name);
    const auto jws = UnverifiedJws::parse(compact(example));
    ASSERT_TRUE(jws.ok()) << name << jws.error().text();
    const auto payload = jws->verify(*parse_jwk(public_part(*example.find("key"))));
    ASSERT_TRUE(payload.ok()) << name << payload.error().text();
    EXPECT_EQ(codec::encode_hex(*payload), text_of(example.find("payload")->find("hex")));
  }
  for (const auto* name : {"A1_example", "A5_example"})
    EXPECT_FALSE(UnverifiedJws::parse(compact(*data_.find(name))).ok()) << name;
}

TEST_F(Rfc, WhatIsNotACompactJwsOfTheNineIsRejected) {
  for (const auto* name : {"A6_serialized", "A7_example", "E_negative", "E_A1_vector",
                           "E_A2_vector", "E_A3_vector", "E_A4_vector", "A1_token", "A2_token"})
    EXPECT_FALSE(UnverifiedJws::parse(text_of(data_.find(name))).ok()) << name;
  const Json& ed25519 = *data_.find("E_Ed25519");
  EXPECT_FALSE(UnverifiedJws::parse(text_of(ed25519.find("jws_serialization_compact"))).ok());
}

TEST_F(Rfc, Ed25519ExampleVerifiesWithItsKey) {
  const Json& example = *data_.find("E_Ed25519");
  const auto jwk = parse_jwk(public_part(*codec::parse_json(text_of(example.find("key_json")))));
  ASSERT_TRUE(jwk.ok()) << jwk.error().text();
  const std::string token = text_of(example.find("jws_serialization_compact"));
  const std::size_t last = token.rfind('.');
  const Bytes signature = *codec::decode_base64url(token.substr(last + 1));
  const auto input = as_bytes(token).first(last);
  EXPECT_TRUE(jwk->key.verify(SignatureScheme::kEd25519, input, signature).ok());
}

}  // namespace
}  // namespace ward::crypto
