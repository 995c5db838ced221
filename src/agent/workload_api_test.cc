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

}  // namespace
}  // namespace ward::agent
