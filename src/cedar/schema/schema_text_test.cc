#include "cedar/schema/schema_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ward::cedar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

SchemaFragment read(std::string_view text) {
  auto fragment = parse_schema_text(text, "s.cedarschema");
  EXPECT_TRUE(fragment.ok()) << text << ": " << fragment.error().text();
  return fragment.ok() ? std::move(fragment).value() : SchemaFragment{};
}

std::string print(std::string_view text) {
  const auto out = schema_to_text(read(text));
  EXPECT_TRUE(out.ok()) << text << ": " << out.error().text();
  return out.ok() ? *out : "";
}

std::string fault(std::string_view text, const SchemaLimits& limits = {}) {
  const auto fragment = parse_schema_text(text, "s.cedarschema", limits);
  EXPECT_FALSE(fragment.ok()) << text;
  return fragment.ok() ? "" : fragment.error().message();
}

TEST(CedarSchemaText, ReadsEveryKindOfDeclaration) {
  const SchemaFragment fragment = read(R"(
    @doc("the whole") @deprecated
    namespace A::B {
      type Task = { "the id": Long, done?: Bool };
      entity User, Bot in [Group, C::Team] = { @in("x") name: String, at?: Set<Set<ipaddr>>, }
        tags Set<String>;
      entity Group in Group { };
      entity enum enum ["a", "b\n"];
      action view, "say hi" in [all, A::B::Action::"x", "quoted"] appliesTo {
        principal: User, resource: [User, C::Team], context: Task,
      } attributes {};
      action all;
    }
    entity Outside;)");
  ASSERT_EQ(fragment.namespaces.size(), 2u);
  const SchemaNamespace& in = fragment.namespaces[0];
  EXPECT_EQ(in.name, "A::B");
  EXPECT_EQ(find_annotation(in.annotations, "doc"), "the whole");
  EXPECT_EQ(find_annotation(in.annotations, "deprecated"), "");
  ASSERT_EQ(in.common_types.size(), 1u);
  ASSERT_EQ(in.common_types[0].type->attributes.size(), 2u);
  EXPECT_EQ(in.common_types[0].type->attributes[0].name, "the id");
  EXPECT_FALSE(in.common_types[0].type->attributes[1].is_required);
  ASSERT_EQ(in.entity_types.size(), 4u);
  EXPECT_EQ(in.entity_types[1].name, "Bot");
  EXPECT_EQ(in.entity_types[1].parents[1].name, "C::Team");
  const SchemaAttribute& at = in.entity_types[1].shape->attributes[1];
  EXPECT_EQ(at.type->element->element->name, "ipaddr");
  EXPECT_EQ(in.entity_types[1].tags->kind, SchemaType::Kind::kSet);
  EXPECT_EQ(in.entity_types[2].shape, nullptr);
  EXPECT_THAT(in.entity_types[3].enum_ids, ElementsAre("a", "b\n"));
  ASSERT_EQ(in.actions.size(), 3u);
  EXPECT_EQ(in.actions[1].id, "say hi");
  EXPECT_EQ((*in.actions[1].parents)[1].type, "A::B::Action");
  EXPECT_EQ(in.actions[1].applies_to->principals.size(), 1u);
  EXPECT_EQ(in.actions[1].applies_to->context->name, "Task");
  EXPECT_EQ(fragment.namespaces[1].entity_types[0].name, "Outside");
}

TEST(CedarSchemaText, PrintsWhatItReads) {
  constexpr std::string_view kText = R"(@doc("one")
namespace A {
  type T = {
    @key
    name: String,
    "a b"?: Set<{
      x: __cedar::Long
    }>
  };

  entity User in [Group] = {
    t: T
  } tags String;

  entity Color enum ["red", "\"q\""];

  entity Group;

  action view in [all, A::Action::"x y"] appliesTo {
    principal: [User],
    resource: [Group],
    context: T
  };

  action all;
}
)";
  EXPECT_EQ(print(kText), kText);
  EXPECT_EQ(print("entity B,A;action x;type T=Long;"),
            "type T = Long;\n\nentity B;\n\nentity A;\n\naction x;\n");
  EXPECT_EQ(print(""), "");
}

TEST(CedarSchemaText, KeywordsAreNamesToo) {
  const SchemaFragment fragment = read(
      "entity namespace, type, Set, appliesTo, tags tags Set; entity enum in [tags, Set] "
      "{ principal: Set, attributes: type, \"in\": Long }; action context, action in type;");
  EXPECT_EQ(fragment.namespaces[0].entity_types.size(), 6u);
  EXPECT_EQ(fragment.namespaces[0].actions.size(), 2u);
}

TEST(CedarSchemaText, ErrorsSayWhereAndWhatWasExpected) {
  EXPECT_EQ(fault("entity User = { name: Strin"),
            "s.cedarschema:1:28: unexpected end of the text: expected `,` or `}` after the "
            "attribute (in entity type `User`)");
  EXPECT_EQ(fault("namespace A {\n  entity User;\n  entity User;\n}"),
            "s.cedarschema:3:10: `User` is declared twice, first at s.cedarschema:2:10 (in entity "
            "type `User` in namespace `A`)");
  EXPECT_THAT(fault("action a, a;"), HasSubstr("1:11: `a` is declared twice"));
  EXPECT_THAT(fault("type T = Long; type T = Long;"), HasSubstr("declared twice"));
  EXPECT_THAT(fault("namespace A {} namespace A {}"), HasSubstr("namespace `A` stands twice"));
  EXPECT_THAT(fault("namespace A { namespace B {} }"), HasSubstr("may not stand in another"));
  EXPECT_THAT(fault("namespace __cedar {}"), HasSubstr("`__cedar` is a reserved word"));
  EXPECT_THAT(fault("namespace A { entity X;"), HasSubstr("`}` to close namespace `A`"));
  EXPECT_THAT(fault("entity A { x: Long, x: Long };"), HasSubstr("attribute `x` stands twice"));
  EXPECT_THAT(fault("entity A { in: Long };"), HasSubstr("`in` is a reserved word"));
  EXPECT_THAT(fault("entity A { x Long };"), HasSubstr("`:` and a type, or `?`"));
  EXPECT_THAT(fault("entity Action;"), HasSubstr("`Action` is the type of actions"));
  EXPECT_THAT(fault("type Record = Long;"), HasSubstr("a word of the schema language"));
  EXPECT_THAT(fault("entity A in [B,];"), HasSubstr("a comma may not stand last here"));
  EXPECT_THAT(fault("entity A enum [];"), HasSubstr("the id of an entity in quotes"));
  EXPECT_THAT(fault("entity A enum [\"a\",];"), HasSubstr("a comma may not stand last here"));
  EXPECT_THAT(fault("entity A = Long;"), HasSubstr("`{` to open the attributes"));
  EXPECT_THAT(fault("entity A"), HasSubstr("`in`, `{`, `tags`, `enum`, `,` or `;`"));
  EXPECT_THAT(fault("entity A { x: Set<Long };"), HasSubstr("`>` after the type of the elements"));
  EXPECT_THAT(fault("action a appliesTo {};"), HasSubstr("`appliesTo` has no `principal`"));
  EXPECT_THAT(fault("action a appliesTo { principal: [] };"), HasSubstr("an empty list"));
  EXPECT_THAT(fault("action a appliesTo { principal: U };"), HasSubstr("has no `resource`"));
  EXPECT_THAT(fault("action a appliesTo { principal: U, principal: U };"),
              HasSubstr("`principal` stands twice"));
  EXPECT_THAT(fault("action a appliesTo { context: {}, context: {} };"),
              HasSubstr("`context` stands twice"));
  EXPECT_THAT(fault("action a in [A::B];"), HasSubstr("`::` and the action's name in quotes"));
  EXPECT_THAT(fault("action a attributes { x: Long };"), HasSubstr("actions have no attributes"));
  EXPECT_THAT(fault("@a @a entity X;"), HasSubstr("`@a` stands twice"));
  EXPECT_THAT(fault("entity A { x: \"Long\" };"), HasSubstr("expected a type"));
  EXPECT_THAT(fault("permit(principal, action, resource);"),
              HasSubstr("`entity`, `action`, `type` or `namespace`"));
  EXPECT_THAT(fault("entity A { x: ?Long };"), HasSubstr("unexpected `?`"));
  EXPECT_THAT(fault("entity A { x: Long = 1 };"), HasSubstr("unexpected `=`"));
}

TEST(CedarSchemaText, Bounds) {
  const auto nested = [](std::size_t depth) {
    std::string text = "type T = ";
    for (std::size_t i = 0; i < depth; ++i) text += i % 2 == 0 ? "Set<" : "{a:";
    text += "Long";
    for (std::size_t i = depth; i-- > 0;) text += i % 2 == 0 ? ">" : "}";
    return text + ";";
  };
  EXPECT_EQ(print(nested(kSchemaTypeDepthMax)), print(print(nested(kSchemaTypeDepthMax))));
  EXPECT_THAT(fault(nested(kSchemaTypeDepthMax + 1)), HasSubstr("more than 256 deep"));
  EXPECT_THAT(fault(nested(1'000'000)), HasSubstr("more than 256 deep"));
  EXPECT_THAT(fault("entity A, B, C;", {.max_declarations = 2}), HasSubstr("more than 2"));
  EXPECT_THAT(fault("entity A, B, C, D, E { x: Long };", {.max_bytes = 64}),
              HasSubstr("written out name by name"));
  EXPECT_THAT(fault("entity A;", {.max_bytes = 8}), HasSubstr("9 bytes, more than 8"));
  EXPECT_THAT(fault("entity \xff;"), HasSubstr("not UTF-8"));
}

}  // namespace
}  // namespace ward::cedar
