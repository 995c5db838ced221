#include "crypto/jose.h"

#include <gtest/gtest.h>

#include "codec/base64.h"

namespace ward::crypto {
namespace {

using codec::Json;

std::string b64(std::string_view text) {
  return codec::encode_base64url(as_bytes(text));
}

const PrivateKey& p256() {
  static const PrivateKey key = PrivateKey::generate(KeyType::kP256).value();
  return key;
}
const PrivateKey& rsa() {
  static const PrivateKey key = PrivateKey::generate(KeyType::kRsa).value();
  return key;
}

// A token with a header of our choice and a good signature over it.
std::string forge(std::string_view header, std::string_view payload, const PrivateKey& key,
                  SignatureScheme scheme) {
  const std::string input = b64(header) + "." + b64(payload);
  return input + "." + codec::encode_base64url(*key.sign(scheme, as_bytes(input)));
}

TEST(Jws, EveryAlgorithmSignsAndVerifies) {
  for (const auto& [name, type] :
       std::initializer_list<std::pair<std::string_view, KeyType>>{{"ES256", KeyType::kP256},
                                                                   {"ES384", KeyType::kP384},
                                                                   {"ES512", KeyType::kP521},
                                                                   {"RS256", KeyType::kRsa},
                                                                   {"RS384", KeyType::kRsa},
                                                                   {"RS512", KeyType::kRsa},
                                                                   {"PS256", KeyType::kRsa},
                                                                   {"PS384", KeyType::kRsa},
                                                                   {"PS512", KeyType::kRsa}}) {
    const PrivateKey key = type == KeyType::kRsa ? rsa() : PrivateKey::generate(type).value();
    const auto token = sign_jws(key, *find_jws_algorithm(name), "k\"1", "JWT", R"({"a":1})");
    ASSERT_TRUE(token.ok()) << token.error().text();
    const auto jws = UnverifiedJws::parse(*token);
    ASSERT_TRUE(jws.ok()) << jws.error().text();
    EXPECT_EQ(jws_algorithm_name(jws->header().algorithm), name);
    EXPECT_EQ(jws->header().kid, "k\"1");
    EXPECT_EQ(jws->header().typ, "JWT");
    EXPECT_EQ(as_text(*jws->verify(key.public_key())), R"({"a":1})");
  }
}

TEST(Jws, AlgorithmOutsideTheNineIsRejectedBeforeAnythingElse) {
  for (const std::string_view alg : {"none", "None", "NONE", "", "HS256", "EdDSA", "ES256K",
                                     "es256", "RS1", "RSA-OAEP", "ES512 "}) {
    const std::string header = fmt::format(R"({{"alg":"{}"}})", alg);
    EXPECT_FALSE(UnverifiedJws::parse(b64(header) + "." + b64("{}") + ".AAAA").ok()) << alg;
    EXPECT_FALSE(UnverifiedJws::parse(b64(header) + "." + b64("{}") + ".").ok()) << alg;
  }
}

TEST(Jws, HeaderThatIsNotAPlainObjectWithAnAlgIsRejected) {
  for (const std::string_view header :
       {"", "{}", "[]", "null", "\"ES256\"", R"({"alg":1})", R"({"alg":null})",
        R"({"alg":["ES256"]})", R"({"alg":"ES256","alg":"none"})",
        R"({"alg":"ES256"} )"
        "x",
        R"({"alg":"ES256","kid":1})", R"({"alg":"ES256","typ":{}})"}) {
    EXPECT_FALSE(UnverifiedJws::parse(forge(header, "{}", p256(), SignatureScheme::kEs256)).ok())
        << header;
  }
}

TEST(Jws, CriticalExtensionIsRejected) {
  for (const std::string_view header :
       {R"({"alg":"ES256","crit":["b64"],"b64":false})", R"({"alg":"ES256","crit":[]})",
        R"({"alg":"ES256","crit":null})"})
    EXPECT_FALSE(UnverifiedJws::parse(forge(header, "{}", p256(), SignatureScheme::kEs256)).ok());
}

TEST(Jws, PartsMustBeThreeAndStrictBase64url) {
  const std::string good = *sign_jws(p256(), JwsAlgorithm::kEs256, "k", "JWT", "{}");
  ASSERT_TRUE(UnverifiedJws::parse(good).ok());
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), std::string("..."), good + ".",
        "." + good, good + "=", good + " ", " " + good, good + "\n", good + ".AAAA",
        good.substr(0, good.rfind('.')), std::string("a.b")})
    EXPECT_FALSE(UnverifiedJws::parse(bad).ok()) << bad;
  std::string standard_alphabet = good;
  standard_alphabet.back() = '+';
  EXPECT_FALSE(UnverifiedJws::parse(standard_alphabet).ok());
}

TEST(Jws, AnyChangedCharacterIsFound) {
  const std::string good = *sign_jws(p256(), JwsAlgorithm::kEs256, "k", "JWT", R"({"sub":"a"})");
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    const auto jws = UnverifiedJws::parse(bad);
    EXPECT_FALSE(jws.ok() && jws->verify(p256().public_key()).ok()) << i;
  }
}

TEST(Jws, OverTheSizeBoundIsRejected) {
  const auto token = UnverifiedJws::parse(std::string(kJwsBytesMax + 1, 'a'));
  EXPECT_EQ(token.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_FALSE(sign_jws(p256(), JwsAlgorithm::kEs256, "", "", std::string(kJwsBytesMax, 'a')).ok());
}

TEST(Jws, KeyOfAnotherTypeNeverVerifies) {
  const auto jws = *UnverifiedJws::parse(*sign_jws(p256(), JwsAlgorithm::kEs256, "", "", "{}"));
  EXPECT_FALSE(jws.verify(rsa().public_key()).ok());
  const auto p384 = PrivateKey::generate(KeyType::kP384);
  EXPECT_FALSE(jws.verify(p384->public_key()).ok());
  EXPECT_FALSE(sign_jws(p256(), JwsAlgorithm::kRs256, "", "", "{}").ok());
}

TEST(Jws, DerSignatureIsNotAJoseSignature) {
  const auto token = forge(R"({"alg":"ES256"})", "{}", p256(), SignatureScheme::kEs256Der);
  EXPECT_FALSE(UnverifiedJws::parse(token)->verify(p256().public_key()).ok());
}

TEST(Jws, KeyIsUsedForItsPurposeOnly) {
  const auto jws = *UnverifiedJws::parse(*sign_jws(rsa(), JwsAlgorithm::kRs256, "", "", "{}"));
  const PublicKey key = rsa().public_key();
  EXPECT_TRUE(jws.verify(Jwk{.key = key}).ok());
  EXPECT_TRUE(jws.verify(Jwk{.key = key, .use = "sig", .algorithm = "RS256"}).ok());
  EXPECT_TRUE(jws.verify(Jwk{.key = key, .key_operations = {"sign", "verify"}}).ok());
  EXPECT_FALSE(jws.verify(Jwk{.key = key, .algorithm = "PS256"}).ok());
  EXPECT_FALSE(jws.verify(Jwk{.key = key, .use = "enc"}).ok());
  EXPECT_FALSE(jws.verify(Jwk{.key = key, .key_operations = {"encrypt"}}).ok());
}

TEST(Jwk, EveryTypeIsReadAsItWasWritten) {
  for (const KeyType type :
       {KeyType::kP256, KeyType::kP384, KeyType::kP521, KeyType::kRsa, KeyType::kEd25519}) {
    const Jwk jwk{.key = PrivateKey::generate(type)->public_key(),
                  .kid = "a",
                  .use = "sig",
                  .algorithm = "X",
                  .key_operations = {"verify"},
                  .x5c = {to_bytes("not parsed here")}};
    const auto again = parse_jwk(print_jwk(jwk));
    ASSERT_TRUE(again.ok()) << again.error().text();
    EXPECT_TRUE(again->key == jwk.key);
    EXPECT_EQ(again->kid, jwk.kid);
    EXPECT_EQ(again->use, jwk.use);
    EXPECT_EQ(again->algorithm, jwk.algorithm);
    EXPECT_EQ(again->key_operations, jwk.key_operations);
    EXPECT_EQ(again->x5c, jwk.x5c);
    EXPECT_EQ(jwk_thumbprint(again->key), jwk_thumbprint(jwk.key));
    EXPECT_EQ(jwk_thumbprint(jwk.key).size(), 43U);
  }
}

TEST(Jwk, MalformedKeysAreRejected) {
  const auto with = [](std::string_view name, Json value) {
    Json json = print_jwk({.key = p256().public_key(), .kid = "a"});
    json.if_object()->set(std::string(name), std::move(value));
    return parse_jwk(json);
  };
  ASSERT_TRUE(with("unknown", 1).ok());
  EXPECT_FALSE(with("kty", "RSA").ok());
  EXPECT_FALSE(with("kty", "ec").ok());
  EXPECT_FALSE(with("kty", 1).ok());
  EXPECT_FALSE(with("crv", "P-384").ok());
  EXPECT_FALSE(with("crv", "secp256k1").ok());
  EXPECT_FALSE(with("x", "AAAA").ok());
  EXPECT_FALSE(with("x", "!").ok());
  EXPECT_FALSE(with("y", Json()).ok());
  EXPECT_FALSE(with("kid", 1).ok());
  EXPECT_FALSE(with("kid", std::string(kJwkTextBytesMax + 1, 'k')).ok());
  EXPECT_FALSE(with("x5c", "AAAA").ok());
  EXPECT_FALSE(with("x5c", Json::array({"A A="})).ok());
  EXPECT_FALSE(with("x5c", codec::JsonArray(kJwkListMax + 1, Json("AAAA"))).ok());
  for (const std::string_view name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
    EXPECT_FALSE(with(name, "AAAA").ok()) << name;
  EXPECT_FALSE(parse_jwk(Json::array()).ok());
  EXPECT_FALSE(parse_jwk(Json::object({{"kty", "oct"}, {"k", "AAAA"}})).ok());
}

TEST(Jwk, RsaNumbersAreMinimal) {
  Json json = print_jwk({.key = rsa().public_key()});
  Bytes modulus = rsa().public_key().rsa_numbers().modulus;
  modulus.insert(modulus.begin(), 0);
  json.if_object()->set("n", codec::encode_base64url(modulus));
  EXPECT_FALSE(parse_jwk(json).ok());
}

TEST(JwkSet, UnknownKindsArePassedOverAndKnownOnesMustBeRight) {
  const std::string good = codec::write_json(print_jwk({.key = p256().public_key(), .kid = "a"}));
  const auto set = parse_jwk_set(fmt::format(
      R"({{"keys":[{{"kty":"AKP"}},{},{{"kty":"EC","crv":"secp256k1"}},{{"kty":"oct","k":"AA"}}]}})",
      good));
  ASSERT_TRUE(set.ok()) << set.error().text();
  EXPECT_EQ(set->keys.size(), 1U);
  EXPECT_EQ(set->ignored, 3U);
  EXPECT_TRUE(parse_jwk_set(R"({"keys":[]})")->keys.empty());
  for (const std::string& bad :
       {std::string("{}"), std::string("[]"), std::string(R"({"keys":{}})"),
        std::string(R"({"keys":[1]})"), std::string(R"({"keys":[{}]})"),
        std::string(R"({"keys":[{"kty":"EC"}]})"), std::string(R"({"keys":[],"keys":[]})"),
        fmt::format(R"({{"keys":[{},{}]}})", good, good)})
    EXPECT_FALSE(parse_jwk_set(bad).ok()) << bad;
}

TEST(JwkSet, IsBounded) {
  std::string text = R"({"keys":[{"kty":"x"})";
  for (std::size_t i = 0; i < kJwkSetKeysMax; ++i) text += R"(,{"kty":"x"})";
  EXPECT_EQ(parse_jwk_set(text + "]}").error().code(), ErrorCode::kResourceExhausted);
  EXPECT_FALSE(parse_jwk_set(std::string(kJwkSetBytesMax + 1, ' ')).ok());
}

}  // namespace
}  // namespace ward::crypto
