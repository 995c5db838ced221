#include "decide/policies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
