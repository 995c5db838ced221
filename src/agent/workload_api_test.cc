#include "agent/workload_api.h"

#include "agent/testing/agent_fixture.h"
#include "spiffe/x509_svid.h"

namespace ward::agent {
namespace {

using testing::AgentFixture;
using testing::kNode;
using testing::Told;

class WorkloadApiTest : public AgentFixture {};

TEST_F(WorkloadApiTest, AnAttestedNodeServesAnX509SvidThatVerifies) {
  start_ready();
  Told<X509SVIDResponse> told;
  const auto call = watch_x509(told);
  ASSERT_TRUE(run_until([&] { return !told.messages.empty(); }));
  ASSERT_EQ(told.messages[0].svids_size(), 1);
  const X509SVID& svid = told.messages[0].svids(0);
  EXPECT_EQ(svid.spiffe_id(), "spiffe://example.org/shop");
  const auto domain = spiffe::TrustDomain::parse("example.org").value();
  spiffe::X509BundleSet bundles;
  bundles.set(spiffe::parse_x509_bundle(domain, as_bytes(svid.bundle())).value());
  const auto verified = spiffe::verify_x509_svid(as_bytes(svid.x509_svid()), bundles, clock_.now());
  ASSERT_TRUE(verified.ok()) << verified.error().text();
  const auto key = crypto::PrivateKey::from_pkcs8_der(SecretBytes(as_bytes(svid.x509_svid_key())));
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->public_key(), verified->leaf().public_key());
}

TEST_F(WorkloadApiTest, WithoutTheSecurityHeaderEveryCallIsInvalid) {
  start_ready();
  Told<X509SVIDResponse> told;
  const auto call = watch<X509SVIDRequest>("FetchX509SVID", told, grpc::CallOptions{});
  ASSERT_TRUE(run_until([&] { return told.status.has_value(); }));
  EXPECT_EQ(told.code(), ErrorCode::kInvalidArgument);
  grpc::CallOptions wrong;
  ASSERT_TRUE(wrong.metadata.add("workload.spiffe.io", "True").ok());
  JWTSVIDRequest request;
  request.add_audience("a");
  const auto answer =
      call_unary<JWTSVIDRequest, JWTSVIDResponse>("FetchJWTSVID", request, std::move(wrong));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(WorkloadApiTest, WhoMatchesNoRegistrationHasNoIdentity) {
  server_->append(world::RegistrationRemoved{"r1", kNode, "spiffe://example.org/shop"});
  start_ready();
  Told<X509SVIDResponse> told;
  const auto call = watch_x509(told);
  ASSERT_TRUE(run_until([&] { return told.status.has_value(); }));
  EXPECT_EQ(told.code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(told.status->error().message(), "no identity issued");
}

TEST_F(WorkloadApiTest, UntilThereIsAViewItIsUnavailable) {
  server_->go_away();
  start();
  Told<X509SVIDResponse> told;
  const auto call = watch_x509(told);
  ASSERT_TRUE(run_until([&] { return told.status.has_value(); }));
  EXPECT_EQ(told.code(), ErrorCode::kUnavailable);
}

TEST_F(WorkloadApiTest, ARegistrationThatComesIsPushedInTheOrderOfIdsWithUniqueHints) {
  start_ready();
  Told<X509SVIDResponse> told;
  const auto call = watch_x509(told);
  ASSERT_TRUE(run_until([&] { return told.messages.size() == 1; }));
  server_->append(world::IdentityPut{world::testing::identity("spiffe://example.org/cart")});
  for (const char* id : {"r0", "r2"}) {
    auto more = world::testing::registration(id, "spiffe://example.org/cart", kNode, {own_uid()});
    more.hint = "same";
    server_->append(world::RegistrationPut{std::move(more)});
  }
  ASSERT_TRUE(run_until([&] { return told.messages.back().svids_size() == 3; }));
  const X509SVIDResponse& last = told.messages.back();
  EXPECT_EQ(last.svids(0).spiffe_id(), "spiffe://example.org/cart");
  EXPECT_EQ(last.svids(1).spiffe_id(), "spiffe://example.org/shop");
  EXPECT_EQ(last.svids(0).hint(), "same");
  EXPECT_EQ(last.svids(2).hint(), "");
}

TEST_F(WorkloadApiTest, StreamsOfOneUidAreBounded) {
  AgentConfig bounded = config();
  bounded.limits.streams_per_uid = 1;
  start(std::move(bounded));
  ASSERT_TRUE(run_until([&] { return is_current(); }));
  Told<X509SVIDResponse> first, second;
  const auto call = watch_x509(first);
  ASSERT_TRUE(run_until([&] { return !first.messages.empty(); }));
  const auto other = watch_x509(second);
  ASSERT_TRUE(run_until([&] { return second.status.has_value(); }));
  EXPECT_EQ(second.code(), ErrorCode::kResourceExhausted);
}

TEST_F(WorkloadApiTest, BundlesAreOfTheOwnTrustDomainAndJwksHaveNoUse) {
  start_ready();
  Told<X509BundlesResponse> x509;
  Told<JWTBundlesResponse> jwt;
  const auto first = watch<X509BundlesRequest>("FetchX509Bundles", x509);
  const auto second = watch<JWTBundlesRequest>("FetchJWTBundles", jwt);
  ASSERT_TRUE(run_until([&] { return !x509.messages.empty() && !jwt.messages.empty(); }));
  EXPECT_EQ(x509.messages[0].bundles().count("spiffe://example.org"), 1u);
  const std::string& jwks = jwt.messages[0].bundles().at("spiffe://example.org");
  EXPECT_NE(jwks.find("\"kid\":\"k1\""), std::string::npos);
  EXPECT_EQ(jwks.find("\"use\""), std::string::npos);
}

class JwtTest : public WorkloadApiTest {
 protected:
  Result<JWTSVIDResponse> fetch(std::vector<std::string> audience, std::string id = "") {
    JWTSVIDRequest request;
    for (const std::string& one : audience) request.add_audience(one);
    request.set_spiffe_id(id);
    return call_unary<JWTSVIDRequest, JWTSVIDResponse>("FetchJWTSVID", request);
  }
  Result<ValidateJWTSVIDResponse> validate(const std::string& audience, const std::string& svid) {
    ValidateJWTSVIDRequest request;
    request.set_audience(audience);
    request.set_svid(svid);
    return call_unary<ValidateJWTSVIDRequest, ValidateJWTSVIDResponse>("ValidateJWTSVID", request);
  }
};

TEST_F(JwtTest, TokensAreCachedByTheSetOfAudiencesAndValidate) {
  start_ready();
  const auto first = fetch({"a", "b"});
  ASSERT_TRUE(first.ok()) << first.error().text();
  const auto again = fetch({"b", "a"});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(first->svids(0).svid(), again->svids(0).svid());
  EXPECT_EQ(server_->seen.jwts, 1);
  const auto valid = validate("a", first->svids(0).svid());
  ASSERT_TRUE(valid.ok()) << valid.error().text();
  EXPECT_EQ(valid->spiffe_id(), "spiffe://example.org/shop");
  EXPECT_EQ(valid->claims().fields().at("aud").list_value().values_size(), 2);
  EXPECT_EQ(validate("c", first->svids(0).svid()).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(JwtTest, MandatoryFieldsThatAreMissingAreInvalid) {
  start_ready();
  EXPECT_EQ(fetch({}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(fetch({""}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(validate("", "x").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(validate("a", "").error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(JwtTest, AnIdentityOfOthersIsNotGiven) {
  start_ready();
  const auto refused = fetch({"a"}, "spiffe://example.org/other");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kPermissionDenied);
}

TEST_F(JwtTest, ARevokedTokenDoesNotValidateAndIsNotServedAgain) {
  start_ready();
  const std::string token = fetch({"a"})->svids(0).svid();
  server_->append(world::Revoked{{.kind = world::RevocationKind::kCredential,
                                  .id = "jwt:t1",
                                  .identity = "spiffe://example.org/shop",
                                  .reason = "a test"}});
  ASSERT_TRUE(run_until([&] { return is_current(); }));
  EXPECT_FALSE(validate("a", token).ok());
  EXPECT_NE(fetch({"a"})->svids(0).svid(), token);
}

TEST_F(JwtTest, WhileTheServerIsAwayCachedTokensAreServedAndNewOnesUnavailable) {
  start_ready();
  const std::string token = fetch({"a"})->svids(0).svid();
  server_->go_away();
  ASSERT_TRUE(run_until([&] { return !agent_->session()->link().is_connected(); }));
  EXPECT_EQ(fetch({"a"})->svids(0).svid(), token);
  EXPECT_EQ(fetch({"z"}).error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace ward::agent
