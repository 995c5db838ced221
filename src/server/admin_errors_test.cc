// What the admin API says to what it does not take: each method, each reason, with its code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/testing/test_node.h"

namespace ward::server {
namespace {

using ::testing::HasSubstr;
using testing::ServerTest;
namespace admin = testing::admin;
namespace fact = testing::fact;

class AdminErrors : public ServerTest {
 protected:
  template <typename Response, typename Request>
  void expect(std::string method, const Request& request, ErrorCode code,
              const std::string& message) {
    const auto got = call<Response>(method, request);
    ASSERT_FALSE(got.ok()) << method;
    EXPECT_EQ(got.error().code(), code) << method << ": " << got.error().text();
    EXPECT_THAT(got.error().message(), HasSubstr(message)) << method;
  }
  std::uint64_t revision() {
    return call<admin::StatusResponse>("Status", admin::StatusRequest()).value().revision();
  }
};

TEST_F(AdminErrors, WhatIsRefusedChangesNothing) {
  start();
  const std::uint64_t before = revision();

  expect<admin::SubmitResponse>("Submit", admin::SubmitRequest(), ErrorCode::kInvalidArgument,
                                "0 facts; expected 1 to 1000");
  admin::SubmitRequest submit;
  submit.add_facts()->mutable_owner_put()->mutable_owner()->set_id("team:a");
  submit.mutable_facts(0)->mutable_owner_put()->mutable_owner()->set_kind(fact::OWNER_KIND_TEAM);
  submit.set_expected_revision(before + 7);
  expect<admin::SubmitResponse>("Submit", submit, ErrorCode::kAborted,
                                "was expected, the newest is");
  admin::SubmitRequest node;
  node.add_facts()->mutable_node_put()->mutable_node()->set_id(
      "spiffe://example.org/ward/agent/join_token/a");
  expect<admin::SubmitResponse>("Submit", node, ErrorCode::kPermissionDenied, "fact 0");

  expect<admin::ListResponse>("List", admin::ListRequest(), ErrorCode::kInvalidArgument, "kind");
  admin::GetRequest get;
  get.set_kind(admin::ENTITY_KIND_IDENTITY);
  get.set_id("spiffe://example.org/nobody");
  expect<admin::GetResponse>("Get", get, ErrorCode::kNotFound, "nobody");

  admin::CreateJoinTokenRequest token;
  token.set_ttl_s(86'401);
  expect<admin::CreateJoinTokenResponse>("CreateJoinToken", token, ErrorCode::kInvalidArgument,
                                         "expected at most 86400");
  token.set_ttl_s(60);
  token.set_node("spiffe://example.com/ward/agent/join_token/a");
  expect<admin::CreateJoinTokenResponse>("CreateJoinToken", token, ErrorCode::kInvalidArgument,
                                         "expected a node below");

  admin::RevokeRequest revoke;
  revoke.set_id(kWorkload);
  expect<admin::RevokeResponse>("Revoke", revoke, ErrorCode::kInvalidArgument,
                                "kind of revocation");
  revoke.set_kind(fact::REVOCATION_KIND_CREDENTIAL);
  expect<admin::RevokeResponse>("Revoke", revoke, ErrorCode::kInvalidArgument, "x509:SERIAL");
  revoke.set_id("x509:0a");
  expect<admin::RevokeResponse>("Revoke", revoke, ErrorCode::kNotFound, "no identity");
  revoke.set_kind(fact::REVOCATION_KIND_IDENTITY);
  revoke.set_timeout_ms(60'001);
  expect<admin::RevokeResponse>("Revoke", revoke, ErrorCode::kInvalidArgument, "time-out");

  admin::PublishPoliciesRequest policies;
  policies.set_name("other");
  expect<admin::PublishPoliciesResponse>("PublishPolicies", policies, ErrorCode::kInvalidArgument,
                                         "the set in force is `default`");

  admin::AskRequest ask;
  ask.set_context_json("{");
  expect<admin::AskResponse>("Ask", ask, ErrorCode::kInvalidArgument, "context_json");

  admin::RotateAuthorityRequest rotate;
  rotate.set_step("prepare");
  expect<admin::RotateAuthorityResponse>("RotateAuthority", rotate, ErrorCode::kInvalidArgument,
                                         "kind of key");
  rotate.set_kind(fact::KEY_KIND_X509);
  rotate.set_step("turn");
  expect<admin::RotateAuthorityResponse>("RotateAuthority", rotate, ErrorCode::kInvalidArgument,
                                         "expected `prepare`, `activate` or `retire`");
  rotate.set_step("retire");
  expect<admin::RotateAuthorityResponse>("RotateAuthority", rotate, ErrorCode::kInvalidArgument,
                                         "is to be named");
  rotate.set_step("activate");
  expect<admin::RotateAuthorityResponse>("RotateAuthority", rotate, ErrorCode::kFailedPrecondition,
                                         "is prepared");

  admin::ExportProofRequest proof;
  proof.add_revisions(before + 1000);
  expect<admin::ExportProofResponse>("ExportProof", proof, ErrorCode::kNotFound, "no fact");
  for (int i = 0; i < 101; ++i) proof.add_revisions(1);
  expect<admin::ExportProofResponse>("ExportProof", proof, ErrorCode::kInvalidArgument,
                                     "expected at most 100");
  admin::JournalLeavesRequest leaves;
  leaves.set_first(before + 1000);
  expect<admin::JournalLeavesResponse>("JournalLeaves", leaves, ErrorCode::kInvalidArgument,
                                       "from");

  EXPECT_EQ(revision(), before);
}

}  // namespace
}  // namespace ward::server
