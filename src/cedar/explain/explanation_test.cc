#include "cedar/explain/explanation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cedar/entity/entities.h"
#include "cedar/entity/value_json.h"

namespace ward::cedar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kEntities = R"([
  {"uid": {"type": "User", "id": "ann"}, "attrs": {"level": 2, "boss": {"__entity": {"type": "User", "id": "bob"}}},
   "parents": [{"type": "Team", "id": "red"}]},
  {"uid": {"type": "User", "id": "bob"}, "attrs": {"level": 5}, "parents": [], "tags": {"x": 1}},
  {"uid": {"type": "Doc", "id": "d"}, "attrs": {"owner": {"__entity": {"type": "User", "id": "bob"}}, "draft": true},
   "parents": []}])";

class ExplanationTest : public testing::Test {
 protected:
  void use(std::string_view text) { policies_ = *parse_policies(text, "p.cedar"); }
  Explanation ask() const { return explain(request_, policies_, entities_); }
  // Of the only permit that came near.
  FailedClause clause(std::string_view text) {
    use(text);
    const Explanation got = ask();
    EXPECT_EQ(got.nearest.permits.size(), 1U) << text;
    return got.nearest.permits.empty() ? FailedClause() : got.nearest.permits.front().clause;
  }
  FailedClause when(std::string_view condition) {
    return clause("permit (principal, action, resource) " + std::string(condition) + ";");
  }

  Entities entities_ = *Entities::from_json(kEntities);
  Request request_{*EntityUid::of("User", "ann"), *EntityUid::of("Action", "view"),
                   *EntityUid::of("Doc", "d"), *parse_context(R"({"mfa": false})")};
  PolicySet policies_;
};

std::vector<std::string> reads(const FailedClause& clause) {
  std::vector<std::string> out;
  for (const ClauseRead& each : clause.reads) {
    out.push_back(each.text + (each.failure.empty() ? " = " + each.value : " fails"));
  }
  return out;
}

TEST_F(ExplanationTest, TellsForbiddenFromNotPermittedFromAllowed) {
  use("permit (principal, action, resource);");
  EXPECT_EQ(ask().cause, Explanation::Cause::kAllowed);
  EXPECT_THAT(ask().response.reasons, ElementsAre("policy0"));
  use("permit (principal, action, resource); forbid (principal, action, resource);");
  EXPECT_EQ(ask().cause, Explanation::Cause::kForbidden);
  EXPECT_THAT(ask().response.reasons, ElementsAre("policy1"));
  EXPECT_THAT(ask().nearest.permits, IsEmpty());
  use("");
  EXPECT_EQ(ask().cause, Explanation::Cause::kNotPermitted);
  EXPECT_THAT(ask().nearest.permits, IsEmpty());
}

TEST_F(ExplanationTest, TheFirstFalseOperandIsTheClause) {
  const FailedClause got = when(
      "when { principal has level }\nwhen { true && (principal.level > 1 &&\n"
      "  principal.level >\n resource.owner.level) && context.mfa }");
  EXPECT_EQ(got.kind, FailedClause::Kind::kFalse);
  EXPECT_FALSE(got.is_in_scope);
  EXPECT_EQ(got.text, "principal.level > resource.owner.level");
  EXPECT_THAT(reads(got), ElementsAre("principal.level = 2", "resource.owner.level = 5"));
  EXPECT_EQ(clause_sentence(got, *policies_.find("policy0")->tree().source),
            "`principal.level > resource.owner.level` at p.cedar:3:3 does not hold: "
            "`principal.level` is 2, `resource.owner.level` is 5");
}

TEST_F(ExplanationTest, AlternativesAreOneClause) {
  const FailedClause got = when("when { context.mfa || (principal == resource.owner) }");
  EXPECT_EQ(got.text, "context.mfa || (principal == resource.owner)");
  EXPECT_THAT(reads(got), ElementsAre("context.mfa = false", R"(principal = User::"ann")",
                                      R"(resource.owner = User::"bob")"));
}

TEST_F(ExplanationTest, OfUnlessTheAlternativeThatHolds) {
  const FailedClause got = when("unless { context.mfa || (false || resource.draft) }");
  EXPECT_EQ(got.kind, FailedClause::Kind::kTrue);
  EXPECT_EQ(got.text, "resource.draft");
  EXPECT_EQ(when("unless { resource.draft && !context.mfa }").text,
            "resource.draft && !context.mfa");
}

TEST_F(ExplanationTest, TheBranchThatIsTaken) {
  EXPECT_EQ(when("when { if resource.draft then context.mfa else true }").text, "context.mfa");
  EXPECT_EQ(when("when { if context.mfa then true else principal.level == 3 }").text,
            "principal.level == 3");
}

TEST_F(ExplanationTest, WhatFailsIsSaidWithItsPlace) {
  const FailedClause got = when("when { true && principal.level < principal.boss.age }");
  EXPECT_EQ(got.kind, FailedClause::Kind::kError);
  EXPECT_EQ(got.text, "principal.boss.age");
  EXPECT_FALSE(got.error.empty());
  EXPECT_THAT(reads(got), ElementsAre("principal.level = 2", "principal.boss.age fails",
                                      R"(principal.boss = User::"bob")"));
  EXPECT_EQ(ask().response.errors.size(), 1U);
  EXPECT_EQ(when("when { if principal.age == 1 then true else true }").text, "principal.age");
  EXPECT_EQ(when("when { context.mfa || principal.level }").kind, FailedClause::Kind::kError);
  EXPECT_EQ(when("unless { context.mfa || context.none }").text, "context.none");
}

TEST_F(ExplanationTest, AConditionThatIsNoBoolean) {
  const FailedClause got = when("when { principal.level }");
  EXPECT_EQ(got.kind, FailedClause::Kind::kNotBoolean);
  EXPECT_EQ(got.text, "principal.level");
}

TEST_F(ExplanationTest, WhatEvaluationDoesNotComeToIsNotRead) {
  const FailedClause got =
      when("when { (context has b && context.b == 1) || resource.draft == false }");
  EXPECT_THAT(reads(got), ElementsAre(R"(context = {"mfa": false})", "resource.draft = true"));
}

TEST_F(ExplanationTest, TagsSetsRecordsAndCallsAreRead) {
  EXPECT_THAT(reads(when(R"(when { resource.owner.getTag("x") == 2 })")),
              ElementsAre(R"(resource.owner.getTag("x") = 1)"));
  EXPECT_THAT(reads(when("when { [principal.level, 7] == [] || {a: context.mfa} == {} }")),
              ElementsAre("principal.level = 2", "context.mfa = false"));
}

TEST_F(ExplanationTest, OfTheScopeThePartThatDoesNotFit) {
  const FailedClause got = clause(R"(permit (principal in Team::"blue", action, resource);)");
  EXPECT_TRUE(got.is_in_scope);
  EXPECT_EQ(got.text, R"(principal in Team::"blue")");
  EXPECT_THAT(reads(got), ElementsAre(R"(principal = User::"ann")"));
  EXPECT_EQ(ask().nearest.scope_parts, 2U);
  EXPECT_EQ(clause(R"(permit (principal, action in [Action::"edit"], resource);)").text,
            R"(action in [Action::"edit"])");
  EXPECT_EQ(clause("permit (principal, action, resource is File);").text, "resource is File");
}

TEST_F(ExplanationTest, ALinkShowsWhatFillsTheSlot) {
  use("permit (principal, action, resource == ?resource);");
  ASSERT_TRUE(
      policies_
          .link("policy0", "l", {.principal = {}, .resource = EntityUid::of("Doc", "e").value()})
          .ok());
  const Explanation got = ask();
  ASSERT_EQ(got.nearest.permits.size(), 1U);
  EXPECT_EQ(got.nearest.permits[0].policy->id(), "l");
  EXPECT_THAT(reads(got.nearest.permits[0].clause),
              ElementsAre(R"(resource = Doc::"d")", R"(?resource = Doc::"e")"));
}

TEST_F(ExplanationTest, OnlyTheNearestAreShown) {
  use(R"(permit (principal == User::"x", action == Action::"x", resource);
         permit (principal == User::"x", action, resource);
         permit (principal, action, resource) when { context.mfa };
         forbid (principal, action, resource) when { context.mfa };)");
  const Explanation got = ask();
  ASSERT_EQ(got.nearest.permits.size(), 1U);
  EXPECT_EQ(got.nearest.permits[0].policy->id(), "policy2");
  EXPECT_EQ(got.nearest.scope_parts, 3U);
  use(R"(permit (principal == User::"x", action == Action::"x", resource == Doc::"x");)");
  EXPECT_THAT(ask().nearest.permits, IsEmpty());
}

TEST_F(ExplanationTest, BoundsHold) {
  std::string text;
  for (std::size_t i = 0; i < kNearestPermitsMax + 5; ++i) {
    text += "permit (principal, action, resource) when { false };";
  }
  use(text);
  EXPECT_EQ(ask().nearest.permits.size(), kNearestPermitsMax);
  EXPECT_EQ(ask().nearest.omitted, 5U);
  std::string all = "when { [0";
  for (std::size_t i = 0; i < 100; ++i) all += ", context.a" + std::to_string(i);
  EXPECT_LE(when(all + "] == [] }").reads.size(), kClauseReadsMax);
  const FailedClause wide = when("when { \"" + std::string(1000, 'x') + "\" == \"\" }");
  EXPECT_EQ(wide.text.size(), kClauseTextBytesMax + 3);
}

}  // namespace
}  // namespace ward::cedar
