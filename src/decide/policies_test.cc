#include "decide/policies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decide/policy_warnings.h"
#include "decide/shipped.h"

namespace ward::decide {
namespace {

using testing::HasSubstr;

std::string error_of(const std::vector<world::PolicyFile>& files) {
  const auto parsed = Policies::parse(files);
  return parsed.ok() ? "" : parsed.error().text();
}

TEST(Policies, GuardrailsAreAlwaysIn) {
  const auto parsed = Policies::parse({});
  ASSERT_TRUE(parsed.ok()) << parsed.error().text();
  for (const char* id :
       {"ward.guardrail.inactive", "ward.guardrail.revoked", "ward.guardrail.owner",
        "ward.guardrail.credential-age", "ward.guardrail.segment", "ward.guardrail.environment"}) {
    const cedar::Policy* policy = (*parsed)->set().find(id);
    ASSERT_NE(policy, nullptr) << id;
    EXPECT_EQ(policy->effect(), cedar::Effect::kForbid);
    EXPECT_TRUE(policy->annotation("reason").has_value()) << id;
  }
  EXPECT_TRUE((*parsed)->is_privileged("ward.revoke"));
  EXPECT_FALSE((*parsed)->is_privileged("ward.read"));
}

TEST(Policies, IdsAreStableAcrossFiles) {
  const auto parsed = Policies::parse(
      {{"b.cedar", "permit(principal,action,resource);"},
       {"a.cedar",
        "forbid(principal,action,resource); @id(\"named\") permit(principal,action,resource);"}});
  ASSERT_TRUE(parsed.ok()) << parsed.error().text();
  EXPECT_NE((*parsed)->set().find("b.cedar#0"), nullptr);
  EXPECT_NE((*parsed)->set().find("a.cedar#0"), nullptr);
  EXPECT_NE((*parsed)->set().find("named"), nullptr);
}

TEST(Policies, AFileThatDoesNotParseSaysWhere) {
  EXPECT_THAT(error_of({{"a.cedar", "permit(principal,\naction,, resource);"}}),
              HasSubstr("a.cedar:2:"));
  EXPECT_THAT(error_of({{"actions.json", "[{]"}}), HasSubstr("actions.json"));
}

constexpr const char* kSchema = R"(
  namespace Ward { entity Workload = { tier?: String }; }
  entity Record;
  action all;
  action read in all appliesTo { principal: Ward::Workload, resource: Record };)";
constexpr const char* kActions = R"([
  {"uid": {"type": "Action", "id": "all"}, "parents": []},
  {"uid": {"type": "Action", "id": "read"}, "parents": [{"type": "Action", "id": "all"}]}])";

TEST(Policies, WithASchemaPoliciesMustBeStrictlyValid) {
  const auto with = [](std::string_view policy) {
    return Policies::parse(
        {{"a.cedar", std::string(policy)}, {"actions.json", kActions}, {"s.cedarschema", kSchema}});
  };
  const auto valid =
      with("permit(principal, action in Action::\"all\", resource) when { principal has tier };");
  ASSERT_TRUE(valid.ok()) << valid.error().text();
  EXPECT_TRUE((*valid)->has_schema());
  EXPECT_THAT((*valid)->warnings(), testing::IsEmpty());

  const auto wrong = with(
      "permit(principal, action, resource)\nwhen { principal.tier == 1 && principal.teir == 1 };");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().message(),
            "a.cedar:2:8: UnsafeOptionalAttributeAccess: attribute `tier` of `Ward::Workload` is "
            "optional: ask `has tier` first (and 2 more)");

  const auto never = with("permit(principal, action, resource) when { principal == resource };");
  ASSERT_TRUE(never.ok()) << never.error().text();
  EXPECT_THAT(
      (*never)->warnings(),
      testing::ElementsAre("a.cedar:1:1: `a.cedar#0` can never apply to a request of the schema"));

  const auto without = Policies::parse({{"a.cedar", "permit(principal, action, resource);"}});
  ASSERT_TRUE(without.ok());
  EXPECT_FALSE((*without)->has_schema());
}

TEST(Policies, TextThatChangesTheDirectionOfWritingIsAWarning) {
  const auto parsed = Policies::parse(
      {{"a.cedar", "permit(principal, action, resource) when { context.a == \"x\\u{202e}\" };"}});
  ASSERT_TRUE(parsed.ok()) << parsed.error().text();
  const std::vector<std::string> warnings = warnings_about_text(**parsed);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0],
              HasSubstr("a.cedar:1:57: BidiCharsInString: this string has the character U+202E"));
}

TEST(Policies, TheActionsOfASchemaAreThoseOfTheCatalogue) {
  EXPECT_THAT(error_of({{"s.cedarschema", kSchema}}), HasSubstr("which actions.json does not"));
  EXPECT_THAT(error_of({{"s.cedarschema", kSchema},
                        {"actions.json", R"([{"uid": {"type": "Action", "id": "all"}},
                                             {"uid": {"type": "Action", "id": "read"}}])"}}),
              HasSubstr("Action::\"read\" is in other groups in the schema than in actions.json"));
  EXPECT_THAT(error_of({{"s.cedarschema", "entity A in B;"}}), HasSubstr("s.cedarschema:1:"));
}

TEST(Policies, WardsOwnNamesAreRefused) {
  EXPECT_THAT(
      error_of({{"a.cedar", "@id(\"ward.guardrail.x\") permit(principal,action,resource);"}}),
      HasSubstr("Ward's own"));
  EXPECT_THAT(
      error_of({{"actions.json", R"([{"uid":{"type":"Action","id":"ward.read"},"parents":[]}])"}}),
      HasSubstr("Ward's own"));
  EXPECT_THAT(
      error_of({{"actions.json", R"([{"uid":{"type":"Action","id":"privileged"},"parents":[]}])"}}),
      HasSubstr("Ward's own"));
}

TEST(Policies, GuardrailsUnderTheirNameMustBeThisReleases) {
  EXPECT_EQ(error_of({{"guardrails.cedar", std::string(shipped_guardrails())}}), "");
  EXPECT_THAT(error_of({{"guardrails.cedar", "permit(principal,action,resource);"}}),
              HasSubstr("differs"));
}

TEST(Policies, TwoPoliciesUnderOneIdAreRefused) {
  EXPECT_THAT(error_of({{"a.cedar", "@id(\"x\") permit(principal,action,resource);"},
                        {"b.cedar", "@id(\"x\") forbid(principal,action,resource);"}}),
              HasSubstr("b.cedar:1:1"));
}

TEST(Policies, OtherFilesAndForeignActionTypesAreRefused) {
  EXPECT_THAT(error_of({{"notes.txt", ""}}), HasSubstr("notes.txt"));
  EXPECT_THAT(error_of({{"actions.json", R"([{"uid":{"type":"Record","id":"r"},"parents":[]}])"}}),
              HasSubstr("type Action"));
}

TEST(Policies, GroupsOfActionsAreFollowed) {
  const auto parsed = Policies::parse({{"actions.json", R"([
    {"uid":{"type":"Action","id":"drop"},"parents":[{"type":"Action","id":"ddl"}]},
    {"uid":{"type":"Action","id":"ddl"},"parents":[{"type":"Action","id":"privileged"}]}])"}});
  ASSERT_TRUE(parsed.ok()) << parsed.error().text();
  EXPECT_TRUE((*parsed)->is_privileged("drop"));
  EXPECT_TRUE((*parsed)->action_is_in("drop", "ddl"));
  EXPECT_TRUE((*parsed)->action_is_in("unknown", "unknown"));
  EXPECT_FALSE((*parsed)->action_is_in("unknown", "ddl"));
}

}  // namespace
}  // namespace ward::decide
