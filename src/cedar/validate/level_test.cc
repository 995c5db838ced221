#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cedar/authorize/authorizer.h"
#include "cedar/syntax/parser.h"
#include "cedar/validate/entity_slice.h"
#include "cedar/validate/validator.h"

namespace ward::cedar {
namespace {

const Schema& schema() {
  static const Schema made = Schema::from_text(R"(
    entity Group;
    entity User in Group = { name: String, boss?: User, home: { owner: User } } tags User;
    entity Doc = { owner: User };
    action read in all appliesTo {
      principal: User, resource: Doc, context: { by: User, r: { by: User } } };
    action all;)")
                                 .value();
  return made;
}

// The messages at this level; a fault of another kind is a fault of the test.
std::vector<std::string> faults(std::string_view condition, std::uint32_t level) {
  const auto trees = parse_policy_trees(fmt::format(
      "permit(principal, action == Action::\"read\", resource) when {{ {} }};", condition));
  EXPECT_TRUE(trees.ok()) << condition << trees.error().text();
  const auto got = validate_policy(*trees->front(), schema(), {.level = level});
  EXPECT_TRUE(got.ok());
  std::vector<std::string> out;
  for (const ValidationError& each : got->errors) {
    EXPECT_EQ(each.kind, ValidationError::Kind::kEntityDerefLevelViolation) << each.message;
    out.push_back(each.message);
  }
  return out;
}

// The least level at which the condition validates.
std::uint32_t level_of(std::string_view condition) {
  for (std::uint32_t level = 0; level < 8; ++level) {
    if (faults(condition, level).empty()) return level;
  }
  return 8;
}

TEST(CedarLevels, EachEntityReadIsALevel) {
  EXPECT_EQ(level_of("true"), 0u);
  EXPECT_EQ(level_of("context.by == principal && context.r.by is User"), 0u);
  EXPECT_EQ(level_of("principal.name == \"a\""), 1u);
  EXPECT_EQ(level_of("principal in Group::\"g\""), 1u);
  EXPECT_EQ(level_of("resource.owner == principal"), 1u);
  EXPECT_EQ(level_of("context.r.by.name == \"a\""), 1u);
  EXPECT_EQ(level_of("principal.home.owner == principal"), 1u);
  EXPECT_EQ(level_of("principal.home.owner.name == \"a\""), 2u);
  EXPECT_EQ(level_of("resource.owner.home.owner.name == \"a\""), 3u);
  EXPECT_EQ(level_of("principal has boss && principal.boss has boss"), 2u);
  EXPECT_EQ(level_of("principal has boss.boss.name"), 3u);
  EXPECT_EQ(level_of("principal.hasTag(\"t\")"), 1u);
  EXPECT_EQ(level_of("principal.hasTag(\"t\") && principal.getTag(\"t\") == principal"), 1u);
  EXPECT_EQ(level_of("principal.hasTag(\"t\") && principal.getTag(\"t\").name == \"a\""), 2u);
  EXPECT_EQ(level_of("resource.owner is User in Group::\"g\""), 2u);
  EXPECT_EQ(level_of("(if context.by == principal then principal else resource.owner).name == "
                     "\"a\""),
            2u);
  EXPECT_EQ(level_of("{a: principal, b: resource.owner}.a.name == \"a\""), 1u);
  EXPECT_EQ(level_of("{a: principal, b: resource.owner}.b.name == \"a\""), 2u);
}

TEST(CedarLevels, WhatIsNeverEvaluatedReadsNothing) {
  EXPECT_EQ(level_of("false && principal.name == \"a\""), 0u);
  EXPECT_EQ(level_of("principal is Doc && principal.name == \"a\""), 0u);
  EXPECT_EQ(level_of("if true then true else principal.name == \"a\""), 0u);
}

TEST(CedarLevels, EntitiesOfThePolicyAreNeverRead) {
  EXPECT_THAT(faults("User::\"a\".name == \"a\"", 5),
              ::testing::ElementsAre("`User::\"a\"` cannot be read: only what the request leads to "
                                     "is there, whatever the level"));
  EXPECT_THAT(faults("principal.home.owner.name == \"a\"", 1),
              ::testing::ElementsAre("this reads entities 2 deep, and level 1 allows 1"));
}

TEST(CedarLevels, OtherFaultsComeFirst) {
  const auto trees =
      parse_policy_trees("permit(principal, action, resource) when { principal.nme == \"a\" };");
  ASSERT_TRUE(trees.ok());
  const auto got = validate_policy(*trees->front(), schema(), {.level = 0});
  ASSERT_TRUE(got.ok());
  ASSERT_EQ(got->errors.size(), 1u);
  EXPECT_EQ(got->errors[0].kind, ValidationError::Kind::kUnsafeAttributeAccess);
}

TEST(CedarSlices, HoldWhatTheLevelReaches) {
  const Entities entities = Entities::from_json(R"([
    {"uid": {"type": "User", "id": "a"}, "parents": [{"type": "Group", "id": "g"}], "attrs": {
      "name": "a", "home": {"owner": {"type": "User", "id": "b"}}},
      "tags": {"t": {"type": "User", "id": "c"}}},
    {"uid": {"type": "User", "id": "b"}, "parents": [], "attrs": {
      "name": "b", "home": {"owner": {"type": "User", "id": "b"}}}},
    {"uid": {"type": "User", "id": "c"}, "parents": [], "attrs": {
      "name": "c", "home": {"owner": {"type": "User", "id": "d"}}}},
    {"uid": {"type": "User", "id": "d"}, "parents": [], "attrs": {
      "name": "d", "home": {"owner": {"type": "User", "id": "d"}}}},
    {"uid": {"type": "Group", "id": "g"}, "parents": [], "attrs": {}}])",
                                                schema())
                                .value();
  const EntityUid a = EntityUid::of("User", "a").value();
  const Request request{a, EntityUid::of("Action", "read").value(),
                        EntityUid::of("Doc", "absent").value(), Record{}};
  const auto slice = [&](std::uint32_t level) {
    return slice_at_level(entities, request, level).value();
  };
  EXPECT_EQ(slice(0).size(), 0u);
  EXPECT_EQ(slice(1).size(), 2u);  // `a` and the action
  EXPECT_EQ(slice(2).size(), 4u);  // `b` and `c`
  EXPECT_EQ(slice(3).size(), 5u);  // `d`
  EXPECT_EQ(slice(9).size(), 5u);
  // Ancestors come with the entity, not as entities.
  const Entities first = slice(1);
  EXPECT_TRUE(first.has_ancestor(first.find(a), EntityUid::of("Group", "g").value()));
  EXPECT_EQ(first.get(EntityUid::of("Group", "g").value()), nullptr);
}

}  // namespace
}  // namespace ward::cedar
