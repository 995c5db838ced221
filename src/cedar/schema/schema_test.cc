#include "cedar/schema/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cedar/schema/schema_text.h"

namespace ward::cedar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Result<Schema> resolve(std::initializer_list<std::string_view> texts) {
  std::vector<SchemaFragment> fragments;
  for (const std::string_view text : texts) {
    auto fragment = parse_schema_text(text, fmt::format("{}.cedarschema", fragments.size()));
    EXPECT_TRUE(fragment.ok()) << text << ": " << fragment.error().text();
    if (fragment.ok()) fragments.push_back(std::move(fragment).value());
  }
  return Schema::resolve(fragments);
}

std::string fault(std::initializer_list<std::string_view> texts) {
  const auto schema = resolve(texts);
  EXPECT_FALSE(schema.ok()) << *texts.begin();
  return schema.ok() ? "" : schema.error().message();
}

// The attributes of an entity type, as text.
std::string attributes(const Schema& schema, std::string_view name) {
  const EntityTypeInfo* info = schema.find(EntityType::of(name));
  return info == nullptr ? "no such type" : to_text(*info->attributes);
}

std::vector<std::string> names(const Schema& schema, const std::vector<std::uint32_t>& types) {
  std::vector<std::string> out;
  for (const std::uint32_t each : types) out.push_back(schema.entity_types()[each].name.name());
  return out;
}

TEST(CedarSchema, PutsTypesAndHierarchiesTogether) {
  const auto schema = resolve({R"(
    namespace A {
      type Pair = { "the key": Name, value?: Set<Set<Name>> };
      type Name = String;
      entity User in [Group, B::Team] = { pair: Pair, boss?: User, ip: ipaddr } tags Pair;
      entity Group in Org;
      entity Org in Org;
      entity Color enum ["red", "blue", "red"];
      action read, write in all appliesTo {
        principal: [User, User], resource: [Group, Color], context: Pair };
      action all in B::Action::"any";
    })",
                               R"(namespace B { @doc("t") entity Team; action any; })"});
  ASSERT_TRUE(schema.ok()) << schema.error().text();
  EXPECT_EQ(attributes(*schema, "A::User"),
            "{boss?: A::User, ip: ipaddr, pair: {\"the key\": String, value?: Set<Set<String>>}}");
  const EntityTypeInfo& user = *schema->find(EntityType::of("A::User"));
  EXPECT_EQ(user.tags, user.attributes->find("pair")->type) << "equal types are one";
  EXPECT_EQ(user.attributes->find("none"), nullptr);
  EXPECT_THAT(names(*schema, user.ancestors), ElementsAre("A::Group", "A::Org", "B::Team"));
  const EntityTypeInfo& org = *schema->find(EntityType::of("A::Org"));
  EXPECT_THAT(names(*schema, org.descendants), ElementsAre("A::Group", "A::Org", "A::User"));
  const EntityTypeInfo& color = *schema->find(EntityType::of("A::Color"));
  EXPECT_THAT(color.enum_ids, ElementsAre("blue", "red"));
  EXPECT_TRUE(color.has_id("red"));
  EXPECT_FALSE(color.has_id("green"));
  EXPECT_EQ(find_annotation(schema->find(EntityType::of("B::Team"))->annotations, "doc"), "t");
  EXPECT_EQ(schema->find(EntityType::of("Team")), nullptr);

  const ActionInfo* read = schema->find_action(EntityUid::of("A::Action", "read").value());
  ASSERT_NE(read, nullptr);
  EXPECT_THAT(names(*schema, read->principals), ElementsAre("A::User"));
  EXPECT_THAT(names(*schema, read->resources), ElementsAre("A::Color", "A::Group"));
  EXPECT_EQ(read->context, user.tags);
  ASSERT_EQ(read->ancestors.size(), 2u);
  EXPECT_EQ(schema->actions()[read->ancestors[1]].uid.text(), R"(B::Action::"any")");
  const ActionInfo* any = schema->find_action(EntityUid::of("B::Action", "any").value());
  EXPECT_EQ(any->descendants.size(), 3u);
  EXPECT_EQ(to_text(*any->context), "{}");
  EXPECT_EQ(schema->environment_count(), 4u);
  EXPECT_TRUE(schema->is_action_type(EntityType::of("B::Action")));
  EXPECT_FALSE(schema->is_action_type(EntityType::of("Action")));
}

TEST(CedarSchema, ANameMeansWhatIsNearest) {
  // Common before entity, own namespace before the empty one.
  const auto schema = resolve({R"(
    type Outer = Long;
    entity Thing;
    namespace A {
      entity Both; type Both = Bool;
      entity String;
      entity E = { both: Both, outer: Outer, thing: Thing, string: String,
                   builtin: __cedar::String, other: B::Both, action: Action };
      action a;
    }
    namespace B { type Both = Set<Long>; entity E = { string: String }; })"});
  ASSERT_TRUE(schema.ok()) << schema.error().text();
  EXPECT_EQ(attributes(*schema, "A::E"),
            "{action: A::Action, both: Bool, builtin: String, other: Set<Long>, outer: Long, "
            "string: A::String, thing: Thing}");
  EXPECT_EQ(attributes(*schema, "B::E"), "{string: String}");
}

TEST(CedarSchema, TheEmptyNamespaceMayTakeTheNameOfABuiltInType) {
  const auto schema =
      resolve({"entity Long; type ipaddr = __cedar::Long; namespace A { entity E = "
               "{ l: Long, i: ipaddr, d: decimal, x: __cedar::ipaddr }; }"});
  ASSERT_TRUE(schema.ok()) << schema.error().text();
  EXPECT_EQ(attributes(*schema, "A::E"), "{d: decimal, i: Long, l: Long, x: ipaddr}");
  EXPECT_EQ(schema->find(EntityType::of("A::E"))->attributes->find("l")->type->kind,
            Type::Kind::kEntity);
}

TEST(CedarSchema, FragmentsMayShareANamespaceAndNotAName) {
  EXPECT_TRUE(resolve({"namespace A { entity E in F; }", "namespace A { entity F; }"}).ok());
  EXPECT_EQ(fault({"namespace A { entity E; }", "namespace A {\n entity E; }"}),
            "1.cedarschema:2:2: entity type `E` in namespace `A`: it is declared already, at "
            "0.cedarschema:1:15");
  EXPECT_THAT(fault({"type T = Long;", "type T = Long;"}), HasSubstr("declared already"));
  EXPECT_THAT(fault({"action a;", "action a;"}), HasSubstr("declared already"));
}

TEST(CedarSchema, NothingHidesWhatTheEmptyNamespaceDeclares) {
  EXPECT_EQ(
      fault({"entity User;\nnamespace A { type User = Long; }"}),
      "0.cedarschema:2:15: common type `User` in namespace `A`: it hides the entity type "
      "`User` of the empty namespace, declared at 0.cedarschema:1:1: give one of them another "
      "name");
  EXPECT_THAT(fault({"type T = Long;", "namespace A::B { entity T; }"}), HasSubstr("hides"));
  EXPECT_THAT(fault({"action a; namespace A { action a; }"}), HasSubstr("hides the action `a`"));
  EXPECT_TRUE(resolve({"entity T; type T = Long; namespace A { action b; } action a;"}).ok());
  EXPECT_TRUE(
      resolve({"namespace A { entity T; action a; } namespace B { entity T; action a; }"}).ok());
}

TEST(CedarSchema, WhatIsNotDeclaredIsAnError) {
  EXPECT_EQ(fault({"namespace A {\n  entity User;\n  entity E = { u: Usre };\n}"}),
            "0.cedarschema:3:19: entity type `E` in namespace `A`: neither `A::Usre` nor `Usre` is "
            "declared as a common or entity type; did you mean `User`?");
  EXPECT_THAT(fault({"entity E in F;"}),
              HasSubstr("the types it may be in: `F` is not declared as an entity type"));
  EXPECT_THAT(fault({"namespace A { entity Photo; } entity E in Photo;"}),
              HasSubstr("there is `A::Photo`"));
  EXPECT_THAT(fault({"type T = Long; entity E in T;"}), HasSubstr("not declared as an entity"));
  EXPECT_THAT(fault({"entity E; action a appliesTo { principal: E, resource: F };"}),
              HasSubstr("action `a`: resources: `F` is not declared"));
  EXPECT_THAT(fault({"entity E; action a appliesTo { principal: Action, resource: E };"}),
              HasSubstr("`Action` is the type of actions"));
  EXPECT_THAT(fault({"entity E in Action; action a;"}), HasSubstr("is the type of actions"));
  EXPECT_THAT(fault({"entity E; action a appliesTo { principal: E, resource: E, context: E };"}),
              HasSubstr("`E` is not declared as a common type"));
  EXPECT_THAT(fault({"action view; action a in veiw;"}),
              HasSubstr("`Action::\"veiw\"` is not declared as an action; did you mean \"view\"?"));
  EXPECT_THAT(fault({"namespace A { action a in B::Action::\"b\"; }"}),
              HasSubstr("`B::Action::\"b\"` is not declared"));
  EXPECT_THAT(fault({"type T = __cedar::Nothing;"}), HasSubstr("`__cedar::Nothing` is not"));
  EXPECT_THAT(fault({"type T = Boolean;"}), HasSubstr("did you mean `Bool"));
  const auto json = Schema::from_json(
      R"({"A": {"entityTypes": {"E": {"tags": {"type": "Extension", "name": "ip"}}},
                "actions": {}}})",
      "s.json");
  ASSERT_FALSE(json.ok());
  EXPECT_EQ(json.error().message(),
            "s.json: entity type `E` in namespace `A`: there is no extension type `ip`: expected "
            "`decimal`, `ipaddr`, `datetime` or `duration`");
}

TEST(CedarSchema, AttributesAndContextsAreRecords) {
  EXPECT_THAT(fault({"type T = Long; entity E; action a appliesTo { principal: E, resource: E, "
                     "context: T };"}),
              HasSubstr("the context must be a record, got `Long`"));
  const auto shape = [](std::string_view type) {
    return Schema::from_json(fmt::format(
        R"({{"": {{"commonTypes": {{"T": {{"type": "Record", "attributes": {{}}}}}},
            "entityTypes": {{"E": {{"shape": {}}}}}, "actions": {{}}}}}})",
        type));
  };
  EXPECT_TRUE(shape(R"({"type": "T"})").ok());
  const auto wrong = shape(R"({"type": "Long"})");
  ASSERT_FALSE(wrong.ok());
  EXPECT_THAT(wrong.error().message(), HasSubstr("the attributes must be a record"));
}

TEST(CedarSchema, NothingLeadsBackToItself) {
  EXPECT_THAT(fault({"type A = { b: Set<B> }; type B = C; type C = A; type D = A;"}),
              HasSubstr("leads back to itself: `A` -> `B` -> `C` -> `A`"));
  EXPECT_THAT(fault({"type A = A;"}), HasSubstr("`A` -> `A`"));
  EXPECT_THAT(fault({"action a in b; action b in c; action c in a;"}),
              HasSubstr("action `a`: the action is in itself"));
  EXPECT_TRUE(resolve({"entity A in B; entity B in A;"}).ok()) << "types may, their entities not";
}

TEST(CedarSchema, Bounds) {
  // Each doubles what it stands for; interned, it is one type more.
  std::string doubling = "type T0 = Long;";
  for (int i = 1; i < 200; ++i)
    doubling += fmt::format("type T{} = {{ a: T{}, b: T{} }};", i, i - 1, i - 1);
  const auto schema = resolve({doubling});
  ASSERT_TRUE(schema.ok()) << schema.error().text();
  EXPECT_EQ(schema->type_count(), 200u);

  std::string deep = "type T0 = Long;";
  for (int i = 1; i < 300; ++i) deep += fmt::format("type T{} = Set<T{}>;", i, i - 1);
  EXPECT_THAT(fault({deep}), HasSubstr("more than 256 sets and records deep"));

  std::string chain = "type T0 = Long;";
  for (int i = 1; i < 20'000; ++i) chain += fmt::format("type T{} = T{};", i, i - 1);
  EXPECT_TRUE(resolve({chain}).ok());

  std::string tower = "entity E0;";
  for (int i = 1; i < 10'000; ++i) tower += fmt::format("entity E{} in E{};", i, i - 1);
  EXPECT_THAT(fault({tower}), HasSubstr("too deep or too wide"));
}

TEST(CedarSchema, NothingIsASchemaToo) {
  const auto schema = resolve({""});
  ASSERT_TRUE(schema.ok());
  EXPECT_THAT(schema->entity_types(), IsEmpty());
  EXPECT_THAT(schema->actions(), IsEmpty());
}

}  // namespace
}  // namespace ward::cedar
