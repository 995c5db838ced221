#include "spiffe/jwt_svid.h"

#include <gtest/gtest.h>

#include "codec/base64.h"
#include "crypto/jose.h"

namespace ward::spiffe {
namespace {

using crypto::KeyType;
using crypto::PrivateKey;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr WallTime kNow{seconds{1'700'000'000}};

class JwtSvidTest : public ::testing::Test {
 protected:
  JwtSvidTest() { bundles_.set({*TrustDomain::parse("example.org"), {{"k1", key_.public_key()}}}); }

  static std::string b64(std::string_view text) { return codec::encode_base64url(as_bytes(text)); }
  // A well signed token with claims and header of our choice.
  std::string token(std::string_view claims,
                    std::string_view header = R"({"alg":"ES256","kid":"k1","typ":"JWT"})") {
    const std::string input = b64(header) + "." + b64(claims);
    const auto signature = key_.sign(crypto::SignatureScheme::kEs256, as_bytes(input));
    return input + "." + codec::encode_base64url(*signature);
  }
  Result<JwtSvid> verify(std::string_view text, WallTime now = kNow,
                         std::string_view audience = "aud") {
    return verify_jwt_svid(text, bundles_, audience, now);
  }
  void expect(ErrorCode code, const Result<JwtSvid>& svid) {
    ASSERT_FALSE(svid.ok());
    EXPECT_EQ(svid.error().code(), code) << svid.error().text();
  }
  void expect_malformed(std::string_view claims) {
    SCOPED_TRACE(claims);
    expect(ErrorCode::kInvalidArgument, verify(token(claims)));
  }

  PrivateKey key_ = PrivateKey::generate(KeyType::kP256).value();
  SpiffeId id_ = SpiffeId::parse("spiffe://example.org/a").value();
  JwtBundleSet bundles_;
  static constexpr std::string_view kGood =
      R"({"sub":"spiffe://example.org/a","aud":["x","aud"],"exp":1700000100,"iat":1699999990,"n":1})";
};

TEST_F(JwtSvidTest, WhatWasSignedIsVerified) {
  for (const KeyType type : {KeyType::kP256, KeyType::kP384, KeyType::kP521, KeyType::kRsa}) {
    const auto key = PrivateKey::generate(type);
    bundles_.set({*TrustDomain::parse("example.org"), {{"k\"2", key->public_key()}}});
    const auto text = sign_jwt_svid({.id = id_,
                                     .audience = {"aud", "\"other\""},
                                     .issued_at = kNow,
                                     .expiry = kNow + milliseconds{90'900},
                                     .issuer = "https://example.org",
                                     .token_id = "t1"},
                                    *key, "k\"2");
    ASSERT_TRUE(text.ok()) << text.error().text();
    const auto svid = verify(*text, kNow, "\"other\"");
    ASSERT_TRUE(svid.ok()) << svid.error().text();
    EXPECT_EQ(svid->id, id_);
    EXPECT_EQ(svid->audience, (std::vector<std::string>{"aud", "\"other\""}));
    EXPECT_EQ(svid->expiry, kNow + seconds{90});
    EXPECT_EQ(svid->issued_at, kNow);
    EXPECT_EQ(svid->key_id, "k\"2");
    EXPECT_EQ(*svid->claims.find("iss")->if_string(), "https://example.org");
    EXPECT_EQ(*svid->claims.find("jti")->if_string(), "t1");
  }
}

TEST_F(JwtSvidTest, IsSignedWithTheThreeHeadersAndNoMore) {
  const auto text = sign_jwt_svid(
      {.id = id_, .audience = {"aud"}, .issued_at = kNow, .expiry = kNow + seconds{9}}, key_, "k1");
  const auto jws = crypto::UnverifiedJws::parse(*text);
  EXPECT_EQ(codec::write_json(jws->header().json), R"({"alg":"ES256","kid":"k1","typ":"JWT"})");
  EXPECT_EQ(as_text(jws->unverified_payload()),
            R"({"sub":"spiffe://example.org/a","aud":["aud"],"exp":1700000009,"iat":1700000000})");
}

TEST_F(JwtSvidTest, OtherClaimsAreHandedOn) {
  const auto svid = verify(token(kGood));
  ASSERT_TRUE(svid.ok()) << svid.error().text();
  EXPECT_EQ(*svid->claims.find("n")->if_integer(), 1);
}

TEST_F(JwtSvidTest, AudienceMayBeOneString) {
  EXPECT_TRUE(
      verify(token(R"({"sub":"spiffe://example.org/a","aud":"aud","exp":1700000100})")).ok());
}

TEST_F(JwtSvidTest, AnotherAudienceIsRejected) {
  expect(ErrorCode::kUnauthenticated, verify(token(kGood), kNow, "AUD"));
  expect(ErrorCode::kUnauthenticated, verify(token(kGood), kNow, "au"));
  expect(ErrorCode::kUnauthenticated, verify(token(kGood), kNow, ""));
  const auto empty = token(R"({"sub":"spiffe://example.org/a","aud":[""],"exp":1700000100})");
  expect(ErrorCode::kUnauthenticated, verify(empty, kNow, ""));
}

TEST_F(JwtSvidTest, ExpiresAtTheSecond) {
  EXPECT_TRUE(verify(token(kGood), kNow + milliseconds{99'999}).ok());
  expect(ErrorCode::kUnauthenticated, verify(token(kGood), kNow + seconds{100}));
  const auto fraction = R"({"sub":"spiffe://example.org/a","aud":"aud","exp":1700000000.5})";
  EXPECT_TRUE(verify(token(fraction), kNow).ok());
  expect(ErrorCode::kUnauthenticated, verify(token(fraction), kNow + milliseconds{500}));
}

TEST_F(JwtSvidTest, NotBeforeHasTheStatedSkew) {
  const auto claims =
      R"({"sub":"spiffe://example.org/a","aud":"aud","exp":1700000100,"nbf":1700000010})";
  EXPECT_TRUE(verify(token(claims), kNow).ok());
  expect(ErrorCode::kUnauthenticated, verify(token(claims), kNow - seconds{1}));
}

TEST_F(JwtSvidTest, IssuedAtInTheFutureDecidesNothing) {
  EXPECT_TRUE(
      verify(
          token(
              R"({"sub":"spiffe://example.org/a","aud":"aud","exp":1700000100,"iat":1700000099})"))
          .ok());
}

TEST_F(JwtSvidTest, MissingOrMalformedClaimsAreRejected) {
  expect_malformed("");
  expect_malformed("[]");
  expect_malformed("{}");
  expect_malformed(R"({"aud":"aud","exp":1700000100})");
  expect_malformed(R"({"sub":"spiffe://example.org/a","exp":1700000100})");
  expect_malformed(R"({"sub":"spiffe://example.org/a","aud":"aud"})");
  for (const std::string_view aud :
       {"null", "[]", "1", "{}", "[1]", R"(["aud",1])", R"([["aud"]])"})
    expect_malformed(
        fmt::format(R"({{"sub":"spiffe://example.org/a","aud":{},"exp":1700000100}})", aud));
  for (const std::string_view exp : {"null", R"("1700000100")", "-1", "1e300", "[]", "true"})
    expect_malformed(
        fmt::format(R"({{"sub":"spiffe://example.org/a","aud":"aud","exp":{}}})", exp));
  for (const std::string_view name : {"nbf", "iat"})
    expect_malformed(fmt::format(
        R"({{"sub":"spiffe://example.org/a","aud":"aud","exp":1700000100,"{}":"x"}})", name));
  // A second `sub` would be read by one parser and the first by another.
  expect_malformed(
      R"({"sub":"spiffe://example.org/a","sub":"spiffe://example.org/b","aud":"aud","exp":1700000100})");
}

TEST_F(JwtSvidTest, SubjectIsAValidIdOrNothing) {
  for (const std::string_view sub :
       {"a", "https://example.org/a", "spiffe://Example.org/a", "SPIFFE://example.org/a",
        "spiffe://example.org/%2e", "spiffe://example.org/../a", "spiffe://example.org/a/",
        "spiffe://example.org/a?b", ""})
    expect_malformed(fmt::format(R"({{"sub":"{}","aud":"aud","exp":1700000100}})", sub));
  expect_malformed(R"({"sub":1,"aud":"aud","exp":1700000100})");
}

TEST_F(JwtSvidTest, TypIsJwtOrJoseOrAbsent) {
  EXPECT_TRUE(verify(token(kGood, R"({"alg":"ES256","kid":"k1"})")).ok());
  EXPECT_TRUE(verify(token(kGood, R"({"alg":"ES256","kid":"k1","typ":"JOSE"})")).ok());
  for (const std::string_view typ : {"jwt", "wit+jwt", "at+jwt", ""})
    expect(ErrorCode::kInvalidArgument,
           verify(token(kGood, fmt::format(R"({{"alg":"ES256","kid":"k1","typ":"{}"}})", typ))));
}

TEST_F(JwtSvidTest, KeyIdIsDemanded) {
  expect(ErrorCode::kInvalidArgument, verify(token(kGood, R"({"alg":"ES256"})")));
  expect(ErrorCode::kInvalidArgument, verify(token(kGood, R"({"alg":"ES256","kid":""})")));
  expect(ErrorCode::kUnauthenticated, verify(token(kGood, R"({"alg":"ES256","kid":"k2"})")));
}

TEST_F(JwtSvidTest, AlgorithmOutsideTheNineIsRejected) {
  for (const std::string_view alg : {"none", "HS256", "EdDSA", "ES256K"})
    expect(ErrorCode::kInvalidArgument,
           verify(token(kGood, fmt::format(R"({{"alg":"{}","kid":"k1"}})", alg))));
  const std::string unsigned_token = b64(R"({"alg":"none","kid":"k1"})") + "." + b64(kGood) + ".";
  expect(ErrorCode::kInvalidArgument, verify(unsigned_token));
}

TEST_F(JwtSvidTest, KeyIsNotUsedWithAnotherAlgorithm) {
  // The classic confusion: an HMAC with the public key's bytes as the secret.
  const std::string input = b64(R"({"alg":"HS256","kid":"k1"})") + "." + b64(kGood);
  const auto mac = crypto::hmac_sha256(SecretBytes(key_.public_key().spki_der()), as_bytes(input));
  expect(ErrorCode::kInvalidArgument, verify(input + "." + codec::encode_base64url(mac)));
  // And an RSA or P-384 algorithm with a P-256 key.
  for (const std::string_view alg : {"RS256", "PS256", "ES384"})
    expect(ErrorCode::kUnauthenticated,
           verify(token(kGood, fmt::format(R"({{"alg":"{}","kid":"k1"}})", alg))));
}

TEST_F(JwtSvidTest, CriticalExtensionIsRejected) {
  expect(ErrorCode::kInvalidArgument,
         verify(token(kGood, R"({"alg":"ES256","kid":"k1","crit":["exp"]})")));
}

TEST_F(JwtSvidTest, KeyInTheHeaderIsNotBelieved) {
  const auto impostor = PrivateKey::generate(KeyType::kP256);
  const std::string header = fmt::format(
      R"({{"alg":"ES256","kid":"k1","jwk":{}}})",
      codec::write_json(crypto::print_jwk({.key = impostor->public_key(), .kid = "k1"})));
  const std::string input = b64(header) + "." + b64(kGood);
  const auto signature = impostor->sign(crypto::SignatureScheme::kEs256, as_bytes(input));
  expect(ErrorCode::kUnauthenticated, verify(input + "." + codec::encode_base64url(*signature)));
}

TEST_F(JwtSvidTest, ForgedOnesAreRejected) {
  const auto impostor = PrivateKey::generate(KeyType::kP256);
  const auto forged = sign_jwt_svid(
      {.id = id_, .audience = {"aud"}, .issued_at = kNow, .expiry = kNow + seconds{9}}, *impostor,
      "k1");
  expect(ErrorCode::kUnauthenticated, verify(*forged));
  const std::string good = token(kGood);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verify(bad).ok()) << i;
  }
}

TEST_F(JwtSvidTest, TrustDomainsVouchForTheirOwnOnly) {
  const auto foreign_key = PrivateKey::generate(KeyType::kP256);
  const auto foreign = *SpiffeId::parse("spiffe://foreign.org/a");
  const auto sign = [](const SpiffeId& id, const PrivateKey& key) {
    return *sign_jwt_svid(
        {.id = id, .audience = {"aud"}, .issued_at = kNow, .expiry = kNow + seconds{9}}, key, "k1");
  };
  expect(ErrorCode::kUnauthenticated, verify(sign(foreign, *foreign_key)));
  bundles_.set({foreign.trust_domain(), {{"k1", foreign_key->public_key()}}});
  EXPECT_TRUE(verify(sign(foreign, *foreign_key)).ok());
  expect(ErrorCode::kUnauthenticated, verify(sign(foreign, key_)));
  expect(ErrorCode::kUnauthenticated, verify(sign(id_, *foreign_key)));
}

TEST_F(JwtSvidTest, OversizedOnesAreRejected) {
  expect(ErrorCode::kResourceExhausted, verify(std::string(crypto::kJwsBytesMax + 1, 'a')));
  std::string audiences = R"("aud")";
  for (std::size_t i = 0; i < kAudiencesMax; ++i) audiences += R"(,"x")";
  expect_malformed(
      fmt::format(R"({{"sub":"spiffe://example.org/a","aud":[{}],"exp":1700000100}})", audiences));
}

TEST_F(JwtSvidTest, OnlyCompactSerialisation) {
  expect(ErrorCode::kInvalidArgument, verify(R"({"payload":"e30","protected":"e30"})"));
  expect(ErrorCode::kInvalidArgument, verify(""));
  expect(ErrorCode::kInvalidArgument, verify("Bearer " + token(kGood)));
}

TEST_F(JwtSvidTest, WrongTemplatesAreRefused) {
  const auto refuses = [this](std::vector<std::string> audience, WallTime expiry,
                              const PrivateKey& key, std::string_view key_id) {
    return !sign_jwt_svid(
                {.id = id_, .audience = std::move(audience), .issued_at = kNow, .expiry = expiry},
                key, key_id)
                .ok();
  };
  const WallTime later = kNow + seconds{9};
  EXPECT_FALSE(refuses({"a"}, later, key_, "k1"));
  EXPECT_TRUE(refuses({}, later, key_, "k1"));
  EXPECT_TRUE(refuses({""}, later, key_, "k1"));
  EXPECT_TRUE(refuses({std::string(kAudienceBytesMax + 1, 'a')}, later, key_, "k1"));
  EXPECT_TRUE(refuses(std::vector<std::string>(kAudiencesMax + 1, "a"), later, key_, "k1"));
  EXPECT_TRUE(refuses({"a"}, kNow, key_, "k1"));
  EXPECT_TRUE(refuses({"a"}, later, key_, ""));
  EXPECT_TRUE(refuses({"a"}, later, *PrivateKey::generate(KeyType::kEd25519), "k1"));
}

}  // namespace
}  // namespace ward::spiffe
