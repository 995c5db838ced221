#include "cedar/entity/entities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "cedar/entity/entity_json.h"

namespace ward::cedar {
namespace {

using ::testing::HasSubstr;

EntityUid uid(std::string_view id) {
  return *EntityUid::of("E", id);
}

Entity entity(std::string_view id, std::initializer_list<std::string_view> parents) {
  Entity out{uid(id), {}, {}, {}};
  for (const std::string_view parent : parents) out.parents.push_back(uid(parent));
  return out;
}

bool is_in(const Entities& entities, std::string_view a, std::string_view b) {
  const EntityHandle handle = entities.find(uid(a));
  return handle && entities.has_ancestor(handle, uid(b));
}

TEST(Entities, AncestorsAreTransitive) {
  const auto entities = Entities::build({entity("c", {"d"}), entity("a", {"b", "x"}),
                                         entity("d", {}), entity("b", {"c"}), entity("x", {"c"})});
  ASSERT_TRUE(entities.ok()) << entities.error().text();
  EXPECT_TRUE(is_in(*entities, "a", "b"));
  EXPECT_TRUE(is_in(*entities, "a", "d"));
  EXPECT_FALSE(is_in(*entities, "d", "a"));
  EXPECT_FALSE(is_in(*entities, "a", "a"));
  EXPECT_EQ(entities->ancestors(uid("a")).size(), 4u);
}

TEST(Entities, ParentsThatAreMissingAreAncestorsWithoutAny) {
  const auto entities = Entities::build({entity("a", {"ghost"})});
  ASSERT_TRUE(entities.ok());
  EXPECT_TRUE(is_in(*entities, "a", "ghost"));
  EXPECT_FALSE(entities->find(uid("ghost")));
}

TEST(Entities, CyclesAreRefused) {
  for (auto& entities : std::vector<std::vector<Entity>>{
           {entity("a", {"a"})},
           {entity("a", {"b"}), entity("b", {"a"})},
           {entity("x", {"a"}), entity("a", {"b"}), entity("b", {"c"}), entity("c", {"a"})}}) {
    const auto built = Entities::build(std::move(entities));
    ASSERT_FALSE(built.ok());
    EXPECT_THAT(built.error().message(), HasSubstr("is its own ancestor"));
  }
}

TEST(Entities, TwiceTheSameIsOnceAndTwiceDifferentIsAFault) {
  EXPECT_EQ(Entities::build({entity("a", {"b"}), entity("a", {"b"})})->size(), 1u);
  const auto differing = Entities::build({entity("a", {"b"}), entity("a", {"c"})});
  ASSERT_FALSE(differing.ok());
  EXPECT_THAT(differing.error().message(), HasSubstr("given twice"));
}

TEST(Entities, AChainOfManyTakesNoStack) {
  std::vector<Entity> chain;
  for (int i = 0; i < 3'000; ++i) {
    chain.push_back(entity(std::to_string(i), {}));
    chain.back().parents.push_back(uid(std::to_string(i + 1)));
  }
  const auto entities = Entities::build(chain);
  ASSERT_TRUE(entities.ok()) << entities.error().text();
  EXPECT_TRUE(is_in(*entities, "0", "3000"));
  const auto bounded = Entities::build(std::move(chain), {.max_ancestors = 10'000});
  ASSERT_FALSE(bounded.ok());
  EXPECT_EQ(bounded.error().code(), ErrorCode::kResourceExhausted);
}

TEST(Entities, CountIsBounded) {
  const auto entities = Entities::build({entity("a", {}), entity("b", {})}, {.max_entities = 1});
  EXPECT_EQ(entities.error().code(), ErrorCode::kResourceExhausted);
}

RC_GTEST_PROP(Entities, AncestorsAreWhatWalkingUpFinds, ()) {
  // Edges go from lower to higher numbers, so there is no cycle.
  const int count = *rc::gen::inRange(1, 12);
  std::vector<Entity> all;
  for (int i = 0; i < count; ++i) {
    all.push_back(entity(std::to_string(i), {}));
    for (int j = i + 1; j < count; ++j) {
      if (*rc::gen::inRange(0, 4) == 0) all.back().parents.push_back(uid(std::to_string(j)));
    }
  }
  const auto entities = Entities::build(all);
  RC_ASSERT(entities.ok());
  const std::function<bool(const EntityUid&, const EntityUid&)> reaches = [&](const EntityUid& from,
                                                                              const EntityUid& to) {
    const Entity* node = entities->get(from);
    return std::ranges::any_of(node->parents, [&](const EntityUid& parent) {
      return parent == to || reaches(parent, to);
    });
  };
  for (const Entity& a : all) {
    for (const Entity& b : all) {
      RC_ASSERT(entities->has_ancestor(entities->find(a.uid), b.uid) == reaches(a.uid, b.uid));
    }
  }
}

TEST(EntitiesJson, ReadsTheExplicitForms) {
  const auto entities = Entities::from_json(R"([
    {"uid": {"type": "E", "id": "a"}, "parents": [{"__entity": {"type": "E", "id": "b"}}],
     "attrs": {"n": 1, "u": {"__entity": {"type": "E", "id": "b"}}, "r": {"type": "E", "id": "b"},
               "ip": {"__extn": {"fn": "ip", "arg": "10.0.0.0/8"}}},
     "tags": {"t": ["x", "x"]}},
    {"uid": {"__entity": {"type": "E", "id": "b"}}, "parents": [], "attrs": {}}])");
  ASSERT_TRUE(entities.ok()) << entities.error().text();
  const EntityHandle a = entities->find(uid("a"));
  ASSERT_TRUE(a);
  EXPECT_EQ(entities->attribute(a, "n")->to_value(), Value(1));
  EXPECT_EQ(entities->attribute(a, "u")->to_value(), Value(uid("b")));
  // Without a schema this is the record that it looks like.
  EXPECT_EQ(entities->attribute(a, "r")->to_value(), Value(Record{{"type", "E"}, {"id", "b"}}));
  EXPECT_EQ(entities->attribute(a, "ip")->to_value(), Value(*IpAddress::parse("10.0.0.0/8")));
  EXPECT_EQ(entities->attribute(a, "t"), std::nullopt);
  EXPECT_EQ(entities->tag(a, "t")->to_value(), Value(Set{"x"}));
  EXPECT_TRUE(entities->has_ancestor(a, uid("b")));
}

TEST(EntitiesJson, SaysWhatIsWrongAndWhere) {
  const std::pair<std::string_view, std::string_view> faults[] = {
      {"{}", "expected an array"},
      {"[1]", "entities: [0]: expected an object, got an integer"},
      {"{notjson", "entities: "},
      {R"([{"attrs": {}, "parents": []}])", "[0]: `uid` is missing"},
      {R"([{"uid": "E::\"a\"", "attrs": {}, "parents": []}])", "`uid`: expected an object"},
      {R"([{"uid": {"type": "E"}, "attrs": {}, "parents": []}])", "`uid`: `id` is missing"},
      {R"([{"uid": {"type": "E", "id": 1}, "attrs": {}, "parents": []}])",
       "`id`: expected a string"},
      {R"([{"uid": {"type": "E ", "id": "a"}, "attrs": {}, "parents": []}])",
       "no entity type name"},
      {R"([{"uid": {"type": "if", "id": "a"}, "attrs": {}, "parents": []}])",
       "no entity type name"},
      {R"([{"uid": {"type": "E", "id": "a"}, "parents": []}])", "E::\"a\": `attrs` is missing"},
      {R"([{"uid": {"type": "E", "id": "a"}, "attrs": {}}])", "E::\"a\": `parents` is missing"},
      {R"([{"uid": {"type": "E", "id": "a"}, "attrs": [], "parents": []}])",
       "`attrs`: expected an object"},
      {R"([{"uid": {"type": "E", "id": "a"}, "attrs": {}, "parents": {}}])",
       "`parents`: expected an array"},
      {R"([{"uid": {"type": "E", "id": "a"}, "attrs": {}, "parents": [1]}])",
       "`parents`: [0]: expected"},
      {R"([{"uid": {"type": "E", "id": "a"}, "attrs": {"x": null}, "parents": []}])",
       "E::\"a\": `attrs`: `x`: Cedar has no null"},
      {R"([{"uid": {"type": "E", "id": "a"}, "attrs": {}, "parents": [], "tags": {"x": 0.5}}])",
       "`tags`: `x`: expected an integer"},
      {R"([{"uid": {"type": "E", "id": "a"}, "attrs": {"x": 1, "x": 1}, "parents": []}])", "x"},
  };
  for (const auto& [json, message] : faults) {
    const auto entities = Entities::from_json(json);
    ASSERT_FALSE(entities.ok()) << json;
    EXPECT_THAT(entities.error().message(), HasSubstr(message)) << json;
  }
}

TEST(EntitiesJson, IsWrittenAsItIsRead) {
  const Entity entity{*EntityUid::parse(R"(N::User::"a\"b")"),
                      Record{{"boss", *EntityUid::parse(R"(User::"c")")},
                             {"home", *IpAddress::parse("10.0.0.0/8")},
                             {"levels", Set{1, 2}}},
                      {*EntityUid::parse(R"(Group::"g")"), *EntityUid::parse(R"(Group::"h")")},
                      Record{{"tier", "gold"}}};
  const auto json = entity_to_json(entity);
  ASSERT_TRUE(json.ok()) << json.error().text();
  const auto again = Entities::from_json("[" + codec::write_json(*json) + "]");
  ASSERT_TRUE(again.ok()) << again.error().text();
  ASSERT_EQ(again->size(), 1u);
  EXPECT_EQ(again->entity(0), entity);

  const Entity escaped{*EntityUid::parse(R"(User::"a")"), Record{{"__entity", 1}}, {}, {}};
  EXPECT_FALSE(entity_to_json(escaped).ok());
}

}  // namespace
}  // namespace ward::cedar
