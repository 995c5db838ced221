#include "cedar/entity/conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ward::cedar {
namespace {

using ::testing::HasSubstr;

const Schema& schema() {
  static const Schema made = Schema::from_text(R"(
    entity Org;
    entity Team in Org;
    entity Color enum ["red", "blue"];
    entity User in [Team, Color] = {
      name: String, color?: Color, last?: Action, prefs?: { dark: Bool, n?: Long } } tags Set<ipaddr>;
    action view in read appliesTo { principal: User, resource: [Org, Team],
                                    context: { color?: Color } };
    action read in all;
    action all;)")
                                 .value();
  return made;
}

Result<Entities> read(std::string_view entities) {
  return Entities::from_json(entities, schema());
}

std::string fault(std::string_view entities) {
  const auto got = read(entities);
  EXPECT_FALSE(got.ok()) << entities;
  return got.ok() ? "" : got.error().message();
}

// A user `u` with these attributes; with parents and tags.
std::string user(std::string_view attributes, std::string_view more = R"("parents": [])") {
  return fmt::format(R"([{{"uid": {{"type": "User", "id": "u"}}, "attrs": {{{}}}, {}}}])",
                     attributes, more);
}

TEST(CedarConformance, EntitiesConformAndTheActionsAreThere) {
  const auto entities =
      read(user(R"("name": "n", "color": {"type": "Color", "id": "red"}, "prefs": {"dark": true},
                   "last": {"type": "Action", "id": "view"})",
                R"("parents": [{"type": "Team", "id": "t"}, {"type": "Org", "id": "o"}],
                   "tags": {"k": ["10.0.0.1", "::1"], "l": []})"));
  ASSERT_TRUE(entities.ok()) << entities.error().text();
  EXPECT_EQ(entities->size(), 4u);
  const Entity* u = entities->get(*EntityUid::of("User", "u"));
  ASSERT_NE(u, nullptr);
  EXPECT_EQ(to_text(*u->tags.find("k")), R"([ip("::1"), ip("10.0.0.1")])");
  const EntityHandle view = entities->find(*EntityUid::of("Action", "view"));
  ASSERT_TRUE(view);
  EXPECT_TRUE(entities->has_ancestor(view, *EntityUid::of("Action", "all")));
}

TEST(CedarConformance, WhatDoesNotConformNamesEntityAndAttribute) {
  EXPECT_EQ(fault(user("")),
            "entities: `User::\"u\"`: attribute: `name` is missing: expected `String`");
  EXPECT_THAT(fault(user(R"("name": 1)")),
              HasSubstr("attribute: `name`: expected `String`, got a value of type long"));
  EXPECT_THAT(fault(user(R"("name": "n", "colour": 1)")),
              HasSubstr("`colour` is not declared; did you mean `color`?"));
  EXPECT_THAT(fault(user(R"("name": "n", "color": {"type": "Color", "id": "green"})")),
              HasSubstr("`Color::\"green\"` does not exist: expected `blue` or `red`"));
  EXPECT_THAT(fault(user(R"("name": "n", "color": {"type": "Team", "id": "t"})")),
              HasSubstr("expected `Color`, got `Team::\"t\"`"));
  EXPECT_THAT(fault(user(R"("name": "n", "last": {"type": "Action", "id": "viwe"})")),
              HasSubstr("did you mean `view`?"));
  EXPECT_THAT(fault(user(R"("name": "n", "prefs": {"dark": true, "n": "1"})")),
              HasSubstr("`prefs`: `n`: expected `Long`"));
  EXPECT_THAT(fault(user(R"("name": "n")", R"("parents": [{"type": "User", "id": "v"}])")),
              HasSubstr("a `User` may not be in `User::\"v\"`"));
  EXPECT_THAT(fault(user(R"("name": "n")", R"("parents": [{"type": "Color", "id": "pink"}])")),
              HasSubstr("`Color::\"pink\"` does not exist"));
  EXPECT_THAT(fault(user(R"("name": "n")", R"("parents": [], "tags": {"k": "::1"})")),
              HasSubstr("`tags`: `k`: expected `Set<ipaddr>`"));
  EXPECT_THAT(
      fault(
          R"([{"uid": {"type": "Org", "id": "o"}, "attrs": {}, "parents": [], "tags": {"k": 1}}])"),
      HasSubstr("a `Org` has no tags, got `k`"));
  EXPECT_THAT(fault(R"([{"uid": {"type": "Tean", "id": "t"}, "attrs": {}, "parents": []}])"),
              HasSubstr("entity type `Tean` is not declared; did you mean `Team`?"));
  EXPECT_THAT(fault(R"([{"uid": {"type": "Color", "id": "x"}, "attrs": {}, "parents": []}])"),
              HasSubstr("does not exist"));
  EXPECT_THAT(fault(R"([{"uid": {"type": "Org", "id": "o"}, "attrs": {"x": 1}, "parents": []}])"),
              HasSubstr("`x` is not declared"));
}

TEST(CedarConformance, ActionsMayBeGivenAsTheyAreDeclaredOnly) {
  const auto action = [](std::string_view id, std::string_view parents) {
    return fmt::format(
        R"({{"uid": {{"type": "Action", "id": "{}"}}, "attrs": {{}}, "parents": [{}]}})", id,
        parents);
  };
  const std::string read_parent = R"({"type": "Action", "id": "read"})";
  const std::string all_parent = R"({"type": "Action", "id": "all"})";
  // In as many words, or over the groups that are given as well.
  EXPECT_TRUE(read("[" + action("view", read_parent + "," + all_parent) + "]").ok());
  EXPECT_TRUE(
      read("[" + action("view", read_parent) + "," + action("read", all_parent) + "]").ok());
  EXPECT_THAT(fault("[" + action("view", read_parent) + "]"), HasSubstr("is in other groups"));
  EXPECT_THAT(fault("[" + action("all", read_parent) + "]"), HasSubstr("is in other groups"));
  EXPECT_THAT(fault("[" + action("none", "") + "]"), HasSubstr("is not declared in the schema"));
  EXPECT_THAT(
      fault(R"([{"uid": {"type": "Action", "id": "all"}, "attrs": {"x": 1}, "parents": []}])"),
      HasSubstr("actions have none"));
}

TEST(CedarConformance, DuplicatesAndCyclesAreRefusedAsEver) {
  EXPECT_THAT(fault(R"([{"uid": {"type": "Org", "id": "o"}, "attrs": {}, "parents": []},
                       {"uid": {"type": "User", "id": "o"}, "attrs": {"name": "a"}, "parents": []},
                       {"uid": {"type": "User", "id": "o"}, "attrs": {"name": "b"}, "parents": []}])"),
              HasSubstr("given twice, with different contents"));
  const auto cyclic = Schema::from_text("entity A in A;");
  const auto entities = Entities::from_json(
      R"([{"uid": {"type": "A", "id": "a"}, "attrs": {}, "parents": [{"type": "A", "id": "a"}]}])",
      *cyclic);
  ASSERT_FALSE(entities.ok());
  EXPECT_THAT(entities.error().message(), HasSubstr("its own ancestor"));
}

TEST(CedarConformance, RequestsAreWhatTheActionAppliesTo) {
  const auto ask = [](std::string_view principal, std::string_view action,
                      std::string_view resource, Record context = {}) {
    const auto check =
        check_request(Request{*EntityUid::parse(principal), *EntityUid::parse(action),
                              *EntityUid::parse(resource), std::move(context)},
                      schema());
    return check.ok() ? "" : check.error().message();
  };
  EXPECT_EQ(ask(R"(User::"u")", R"(Action::"view")", R"(Org::"o")"), "");
  EXPECT_EQ(ask(R"(User::"u")", R"(Action::"view")", R"(Org::"o")",
                Record{{"color", *EntityUid::of("Color", "red")}}),
            "");
  EXPECT_EQ(ask(R"(Usr::"u")", R"(Action::"view")", R"(Org::"o")"),
            "principal: entity type `Usr` is not declared; did you mean `User`?");
  EXPECT_EQ(
      ask(R"(User::"u")", R"(Action::"view")", R"(User::"o")"),
      "resource: action `Action::\"view\"` does not apply to `User`: expected `Org` or `Team`");
  EXPECT_EQ(
      ask(R"(User::"u")", R"(Action::"read")", R"(Org::"o")"),
      "principal: action `Action::\"read\"` does not apply to `User`: expected nothing, it is "
      "a group");
  EXPECT_THAT(ask(R"(User::"u")", R"(Action::"x")", R"(Org::"o")"), HasSubstr("is not declared"));
  EXPECT_THAT(ask(R"(Color::"x")", R"(Action::"view")", R"(Org::"o")"),
              HasSubstr("principal: `Color::\"x\"` does not exist"));
  EXPECT_THAT(ask(R"(User::"u")", R"(Action::"view")", R"(Org::"o")",
                  Record{{"color", *EntityUid::of("Color", "pink")}}),
              HasSubstr("context of action `Action::\"view\"`: `color`: "));
  EXPECT_THAT(ask(R"(User::"u")", R"(Action::"view")", R"(Org::"o")", Record{{"x", 1}}),
              HasSubstr("`x` is not declared"));
}

}  // namespace
}  // namespace ward::cedar
