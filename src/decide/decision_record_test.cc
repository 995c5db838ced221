#include "decide/decision_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ward::decide {
namespace {

using testing::ElementsAre;

TEST(DecisionRecord, NamesTheCredentialAndTheDeterminingPolicies) {
  Question question;
  question.principal = "spiffe://example.org/web";
  question.action = "read";
  question.resource = {"Record", "1"};
  question.credential = Credential{.id = "x509:0a", .issued = {}, .expires = {}};
  question.enforcement_point = "auth_request";
  question.caller = "spiffe://example.org/gateway";
  Decision decision;
  decision.allow = true;
  decision.policies = {"web-reads"};
  const evidence::Decision record = record_of(question, decision);
  EXPECT_TRUE(record.allowed);
  EXPECT_EQ(record.resource, "Record::\"1\"");
  EXPECT_EQ(record.credential, "x509:0a");
  EXPECT_EQ(record.enforcement_point, "auth_request");
  EXPECT_EQ(record.caller, "spiffe://example.org/gateway");
  EXPECT_THAT(record.reasons, ElementsAre("web-reads"));
}

TEST(DecisionRecord, ADenyWithoutPolicyIsRecordedByItsCause) {
  Decision decision;
  decision.cause = Cause::kUnknownPrincipal;
  EXPECT_THAT(record_of(Question(), decision).reasons, ElementsAre("unknown-principal"));
}

TEST(DecisionRecord, WhatCannotBeRecordedIsADeny) {
  Decision decision;
  decision.allow = true;
  decision.policies = {"web-reads"};
  decision.revision = 7;
  const Decision denied = without_evidence(decision);
  EXPECT_FALSE(denied.allow);
  EXPECT_EQ(denied.cause, Cause::kNoEvidence);
  EXPECT_TRUE(denied.policies.empty());
  EXPECT_EQ(denied.revision, 7U);
}

}  // namespace
}  // namespace ward::decide
