#include "decide/decider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ward::decide {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr const char* kWeb = "spiffe://example.org/web";
constexpr const char* kPolicies = R"(
@id("web.read") @reason("the web tier reads records")
permit (principal == Ward::Workload::"spiffe://example.org/web", action == Action::"read", resource is Record)
when { context.request has purpose && context.request.purpose == "serve" };

@id("web.delete")
permit (principal, action == Action::"delete", resource is Record);

@id("no.archived") @reason("archived records do not change")
forbid (principal, action == Action::"delete", resource) when { resource.state == "archived" };
)";
constexpr const char* kActions = R"([
  {"uid": {"type": "Action", "id": "read"}, "parents": []},
  {"uid": {"type": "Action", "id": "delete"}, "parents": [{"type": "Action", "id": "privileged"}]}])";

class DeciderTest : public testing::Test {
 protected:
  DeciderTest() {
    world::WorldEditor editor{world::World()};
    editor.put(world::Owner{.id = "team:web", .contact = ""});
    editor.put(identity(kWeb));
    editor.put(resource("r1", {{"state", "open"}}));
    editor.put(resource("r2", {{"state", "archived"}}));
    editor.put(resource("r3", {}));
    editor.set_revision(41);
    world_ = std::move(editor).finish();
    auto parsed = Policies::parse({{"web.cedar", kPolicies}, {"actions.json", kActions}});
    EXPECT_TRUE(parsed.ok()) << parsed.error().text();
    policies_ = std::move(parsed).value();
    question_ = {.principal = kWeb,
                 .action = "read",
                 .resource = {"Record", "r1"},
                 .request = cedar::Record({{"purpose", "serve"}}),
                 .subject_properties = {},
                 .action_properties = {},
                 .resource_properties = {},
                 .enforcement_point = "test",
                 .caller = {},
                 .source_address = "127.0.0.1",
                 .session = "",
                 .node = "",
                 .credential = std::nullopt};
  }

  static world::Identity identity(const char* id) {
    world::Identity made;
    made.id = id;
    made.owner = "team:web";
    return made;
  }
  static world::Resource resource(const char* id, world::TextMap attributes) {
    world::Resource made;
    made.type = "Record";
    made.id = id;
    made.attributes = std::move(attributes);
    return made;
  }
  template <typename Change>
  void change(Change&& put) {
    world::WorldEditor editor{world_};
    put(editor);
    world_ = std::move(editor).finish();
  }
  Decision decide(std::chrono::nanoseconds age = 0ns) const {
    return Decider(clock_).decide({.world = world_, .policies = policies_.get(), .age = age},
                                  question_);
  }

  ManualClock clock_;
  world::World world_;
  std::shared_ptr<const Policies> policies_;
  Question question_;
};

TEST_F(DeciderTest, AllowNamesPolicyReasonAndRevision) {
  const Decision decision = decide();
  EXPECT_TRUE(decision.allow);
  EXPECT_EQ(decision.cause, Cause::kAllowed);
  EXPECT_THAT(decision.policies, ElementsAre("web.read"));
  EXPECT_THAT(decision.reasons, ElementsAre("the web tier reads records"));
  EXPECT_EQ(decision.revision, 41U);
  EXPECT_FALSE(decision.privileged);
}

TEST_F(DeciderTest, UnknownNamesDeny) {
  question_.principal = "spiffe://example.org/stranger";
  EXPECT_EQ(decide().cause, Cause::kUnknownPrincipal);
  question_.principal = kWeb;
  question_.resource.id = "nothing";
  EXPECT_EQ(decide().cause, Cause::kUnknownResource);
}

TEST_F(DeciderTest, WithoutPoliciesNothingIsAllowed) {
  policies_ = nullptr;
  EXPECT_EQ(decide().cause, Cause::kNoPolicies);
}

TEST_F(DeciderTest, AForbidThatErrsDeniesWhatAPermitAllows) {
  question_.action = "delete";
  EXPECT_TRUE(decide().allow);
  question_.resource.id = "r3";  // has no `state`: the forbid cannot be evaluated
  const Decision decision = decide();
  EXPECT_FALSE(decision.allow);
  EXPECT_EQ(decision.cause, Cause::kErringForbid);
  EXPECT_THAT(decision.errors, Contains(HasSubstr("no.archived")));
}

TEST_F(DeciderTest, AForbidIsNamedWithItsReason) {
  question_.action = "delete";
  question_.resource.id = "r2";
  const Decision decision = decide();
  EXPECT_EQ(decision.cause, Cause::kForbidden);
  EXPECT_THAT(decision.reasons, ElementsAre("archived records do not change"));
}

TEST_F(DeciderTest, PrivilegedActionsNeedAFreshWorldAndOthersDoNot) {
  EXPECT_TRUE(decide(1h).allow);
  question_.action = "delete";
  EXPECT_TRUE(decide(5s).allow);
  const Decision stale = decide(5s + 1ms);
  EXPECT_EQ(stale.cause, Cause::kStale);
  EXPECT_TRUE(stale.privileged);
}

TEST_F(DeciderTest, QuarantineDenies) {
  change([](world::WorldEditor& editor) {
    world::Identity web = identity(kWeb);
    web.status = world::IdentityStatus::kQuarantined;
    editor.put(web);
  });
  EXPECT_THAT(decide().policies, ElementsAre("ward.guardrail.inactive"));
}

TEST_F(DeciderTest, AnIdentityWhoseOwnerIsGoneIsDenied) {
  change([](world::WorldEditor& editor) {
    editor.put(world::Owner{.id = "team:web", .contact = "", .live = false});
  });
  EXPECT_THAT(decide().policies, ElementsAre("ward.guardrail.owner"));
}

TEST_F(DeciderTest, RevokedIdentityCredentialAndNodeEachDeny) {
  using world::Revocation;
  using world::RevocationKind;
  question_.node = "spiffe://example.org/node/n1";
  question_.credential =
      Credential{.id = "x509:0a", .issued = clock_.now(), .expires = clock_.now() + 1h};
  EXPECT_TRUE(decide().allow);
  const world::World before = world_;
  for (const auto& [kind, id] :
       {std::pair{RevocationKind::kIdentity, kWeb},
        std::pair{RevocationKind::kCredential, "x509:0a"},
        std::pair{RevocationKind::kNode, "spiffe://example.org/node/n1"}}) {
    world_ = before;
    change([&](world::WorldEditor& editor) {
      Revocation revocation;
      revocation.kind = kind;
      revocation.id = id;
      editor.put(revocation);
    });
    EXPECT_THAT(decide().policies, ElementsAre("ward.guardrail.revoked")) << id;
  }
}

TEST_F(DeciderTest, ARevocationThatWasTakenBackHoldsForWhatWasIssuedBefore) {
  question_.node = "spiffe://example.org/node/n1";
  const world::World before = world_;
  for (const auto& [kind, id] :
       {std::pair{world::RevocationKind::kIdentity, kWeb},
        std::pair{world::RevocationKind::kNode, "spiffe://example.org/node/n1"}}) {
    world_ = before;
    change([&](world::WorldEditor& editor) {
      world::Revocation revocation;
      revocation.kind = kind;
      revocation.id = id;
      revocation.not_before = clock_.now();
      revocation.lifted = true;
      editor.put(revocation);
    });
    question_.credential.reset();
    EXPECT_TRUE(decide().allow) << id;
    question_.credential =
        Credential{.id = "x509:0a", .issued = clock_.now(), .expires = clock_.now() + 1h};
    EXPECT_TRUE(decide().allow) << id;
    question_.credential->issued -= 1us;
    EXPECT_THAT(decide().policies, ElementsAre("ward.guardrail.revoked")) << id;
  }
}

TEST_F(DeciderTest, ABannedNodesWordDoesNotCount) {
  question_.node = "spiffe://example.org/node/n1";
  change([](world::WorldEditor& editor) {
    world::Node node;
    node.id = "spiffe://example.org/node/n1";
    node.banned = true;
    editor.put(node);
  });
  EXPECT_THAT(decide().policies, ElementsAre("ward.guardrail.revoked"));
}

TEST_F(DeciderTest, ACredentialOlderThanItsClassAllowsIsDenied) {
  question_.credential =
      Credential{.id = "x509:0b", .issued = clock_.now() - 24h, .expires = clock_.now() + 1h};
  EXPECT_TRUE(decide().allow);
  clock_.advance(1ms);
  EXPECT_THAT(decide().policies, ElementsAre("ward.guardrail.credential-age"));
}

TEST_F(DeciderTest, SegmentsNeedAnOpenFlowForTheActionOrItsGroup) {
  change([](world::WorldEditor& editor) {
    world::Identity web = identity(kWeb);
    web.segment = "dmz";
    editor.put(web);
    world::Resource record = resource("r1", {{"state", "open"}});
    record.segment = "core";
    editor.put(record);
    editor.put(world::Flow{"dmz", "core", "write"});
  });
  EXPECT_THAT(decide().policies, ElementsAre("ward.guardrail.segment"));
  change([](world::WorldEditor& editor) { editor.put(world::Flow{"dmz", "core", "read"}); });
  EXPECT_TRUE(decide().allow);
  question_.action = "delete";
  EXPECT_FALSE(decide().allow);
  change([](world::WorldEditor& editor) { editor.put(world::Flow{"dmz", "core", "privileged"}); });
  EXPECT_TRUE(decide().allow);
}

TEST_F(DeciderTest, EnvironmentsDoNotCross) {
  change([](world::WorldEditor& editor) {
    world::Identity web = identity(kWeb);
    web.environment = "staging";
    editor.put(web);
    world::Resource record = resource("r1", {{"state", "open"}});
    record.environment = "prod";
    editor.put(record);
  });
  EXPECT_THAT(decide().policies, ElementsAre("ward.guardrail.environment"));
}

TEST_F(DeciderTest, WhatTheCallerSaysNeverOverwritesWhatTheRegistryKnows) {
  question_.action = "delete";
  question_.resource.id = "r2";
  question_.resource_properties = cedar::Record({{"state", "open"}});
  question_.request = cedar::Record({{"revoked", false}, {"state", "open"}});
  EXPECT_EQ(decide().cause, Cause::kForbidden);
}

TEST_F(DeciderTest, ExplainNamesTheClauseThatKeptAPermitFromApplying) {
  question_.request = cedar::Record({{"purpose", "browse"}});
  const auto lines =
      Decider(clock_).explain({.world = world_, .policies = policies_.get()}, question_);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "deny: not-permitted");
  EXPECT_THAT(lines[1], HasSubstr("`web.read` at web.cedar:2:1"));
  EXPECT_THAT(lines[1],
              HasSubstr("`context.request.purpose == \"serve\"` at web.cedar:4:39 does not hold: "
                        "`context.request.purpose` is \"browse\""));
}

}  // namespace
}  // namespace ward::decide
