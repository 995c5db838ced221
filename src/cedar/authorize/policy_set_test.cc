#include "cedar/authorize/policy_set.h"

#include <gtest/gtest.h>

namespace ward::cedar {
namespace {

PolicySet set_of(std::string_view text) {
  auto set = parse_policies(text, "t.cedar");
  EXPECT_TRUE(set.ok()) << set.error().text();
  return std::move(set).value();
}

const EntityUid kAlice = *EntityUid::of("User", "alice");

constexpr std::string_view kMixed = R"(
@id("first") permit(principal, action, resource);
@id("shared") permit(principal == ?principal, action, resource);
@id("last") forbid(principal, action, resource);)";

TEST(PolicySet, IdsGoByPositionAndTemplatesCount) {
  const PolicySet set = set_of(kMixed);
  EXPECT_EQ(set.size(), 2u);
  ASSERT_NE(set.find("policy2"), nullptr);
  EXPECT_EQ(set.find("policy2")->effect(), Effect::kForbid);
  EXPECT_EQ(set.find("policy2")->annotation("id"), "last");
  EXPECT_EQ(set.find("policy2")->place(), "t.cedar:4:1");
  EXPECT_EQ(set.find("policy2")->text(), "@id(\"last\") forbid(principal, action, resource);");
  EXPECT_EQ(set.find("policy1"), nullptr);
  EXPECT_NE(set.find_template("policy1"), nullptr);
}

TEST(PolicySet, LinksFillExactlyTheSlotsOfTheirTemplate) {
  PolicySet set = set_of(kMixed);
  ASSERT_TRUE(set.link("policy1", "l", {.principal = kAlice, .resource = {}}).ok());
  ASSERT_NE(set.find("l"), nullptr);
  EXPECT_EQ(set.find("l")->template_id(), "policy1");
  EXPECT_EQ(set.find("l")->slots().principal, kAlice);
  EXPECT_EQ(set.link("policy1", "m", {}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(set.link("policy1", "m", {.principal = kAlice, .resource = kAlice}).error().code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(set.link("nope", "m", {}).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(set.link("policy0", "m", {}).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(set.size(), 3u);
}

TEST(PolicySet, AllIdsShareOneSpace) {
  PolicySet set = set_of(kMixed);
  const PolicyTreePtr tree = set.find("policy0")->shared_tree();
  ASSERT_TRUE(set.link("policy1", "l", {.principal = kAlice, .resource = {}}).ok());
  for (const std::string id : {"policy0", "policy1", "l"}) {
    EXPECT_EQ(set.add(id, tree).error().code(), ErrorCode::kAlreadyExists) << id;
    EXPECT_EQ(set.link("policy1", id, {.principal = kAlice, .resource = {}}).error().code(),
              ErrorCode::kAlreadyExists)
        << id;
  }
}

TEST(PolicySet, RemovingKeepsToItsKind) {
  PolicySet set = set_of(kMixed);
  ASSERT_TRUE(set.link("policy1", "l", {.principal = kAlice, .resource = {}}).ok());
  EXPECT_EQ(set.remove_template("policy1").error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(set.remove_policy("l").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(set.unlink("policy0").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(set.remove_template("policy0").error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(set.unlink("l").ok());
  EXPECT_TRUE(set.remove_template("policy1").ok());
  EXPECT_TRUE(set.remove_policy("policy0").ok());
  EXPECT_EQ(set.size(), 1u);
}

TEST(PolicySet, AFilledTemplateIsAStaticPolicyOfTheSameText) {
  PolicySet set = set_of("permit(principal == ?principal, action, resource in ?resource);");
  const EntityUid folder = *EntityUid::of("Folder", "f");
  ASSERT_TRUE(set.link("policy0", "l", {.principal = kAlice, .resource = folder}).ok());
  const Policy& link = *set.find("l");
  const PolicyTreePtr filled = fill_slots(link.tree(), link.slots());
  EXPECT_FALSE(filled->is_template());
  EXPECT_EQ(filled->text(), link.text());
  const auto expected = parse_policy_trees(
      "permit(principal == User::\"alice\", action, resource in Folder::\"f\");");
  EXPECT_TRUE(same_policy(*filled, *expected->front()));
}

TEST(PolicySet, TakesIdsFromAnAnnotation) {
  PolicySet set = set_of(std::string(kMixed) + "permit(principal, action, resource);");
  ASSERT_TRUE(set.link("policy1", "l", {.principal = kAlice, .resource = {}}).ok());
  const auto named = set.renamed_by_annotation("id");
  ASSERT_TRUE(named.ok()) << named.error().text();
  EXPECT_NE(named->find("first"), nullptr);
  EXPECT_NE(named->find("policy3"), nullptr);
  EXPECT_EQ(named->find("l")->template_id(), "shared");
  const auto twice = set_of(
                         "@id(\"a\") permit(principal, action, resource);"
                         "@id(\"a\") forbid(principal, action, resource);")
                         .renamed_by_annotation("id");
  EXPECT_EQ(twice.error().code(), ErrorCode::kAlreadyExists);
}

TEST(PolicySet, MergeTakesEqualsOnceAndRefusesConflicts) {
  PolicySet set = set_of(kMixed);
  ASSERT_TRUE(set.merge(set_of(kMixed), false).ok());
  EXPECT_EQ(set.size(), 2u);
  const PolicySet other = set_of("forbid(principal, action, resource) when { true };");
  EXPECT_EQ(set.merge(other, false).error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(set.size(), 2u);
}

TEST(PolicySet, MergeWithRenamingKeepsLinksOnTheirTemplates) {
  PolicySet set = set_of(kMixed);
  PolicySet other = set_of(R"(forbid(principal == ?principal, action, resource);
                              permit(principal, action, resource) when { 1 == 1 };)");
  ASSERT_TRUE(other.link("policy0", "l", {.principal = kAlice, .resource = {}}).ok());
  const auto renamed = set.merge(other, true);
  ASSERT_TRUE(renamed.ok()) << renamed.error().text();
  ASSERT_EQ(renamed->size(), 2u);
  EXPECT_EQ(set.find("l")->template_id(), renamed->at("policy0"));
  EXPECT_EQ(set.find("l")->effect(), Effect::kForbid);
  EXPECT_EQ(set.size(), 4u);
  EXPECT_EQ(set.templates().size(), 2u);
}

}  // namespace
}  // namespace ward::cedar
