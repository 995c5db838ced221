#include "cedar/schema/schema_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cedar/schema/schema_text.h"

namespace ward::cedar {
namespace {

using ::testing::HasSubstr;

SchemaFragment read(std::string_view json) {
  auto fragment = parse_schema_json(json, "s.json");
  EXPECT_TRUE(fragment.ok()) << json << ": " << fragment.error().text();
  return fragment.ok() ? std::move(fragment).value() : SchemaFragment{};
}

std::string fault(std::string_view json, const SchemaLimits& limits = {}) {
  const auto fragment = parse_schema_json(json, "s.json", limits);
  EXPECT_FALSE(fragment.ok()) << json;
  return fragment.ok() ? "" : fragment.error().message();
}

// The fault of an entity type `E` in namespace `A` with this body.
std::string entity_fault(std::string_view body) {
  return fault(fmt::format(R"({{"A": {{"entityTypes": {{"E": {}}}, "actions": {{}}}}}})", body));
}
std::string type_fault(std::string_view type) {
  return fault(fmt::format(
      R"({{"": {{"commonTypes": {{"T": {}}}, "entityTypes": {{}}, "actions": {{}}}}}})", type));
}
std::string action_fault(std::string_view body) {
  return fault(fmt::format(R"({{"": {{"entityTypes": {{}}, "actions": {{"a": {}}}}}}})", body));
}

constexpr std::string_view kAll = R"({
  "A::B": {
    "annotations": {"doc": "the whole", "flag": ""},
    "commonTypes": {
      "T": {"type": "Record", "attributes": {
        "b": {"type": "Boolean"}, "l": {"type": "Long", "required": false},
        "s": {"type": "Set", "element": {"type": "String"}, "annotations": {"in": "x"}},
        "e": {"type": "Entity", "name": "User"}, "x": {"type": "Extension", "name": "ipaddr"},
        "c": {"type": "C::D"}, "o": {"type": "EntityOrCommon", "name": "__cedar::Long"}},
        "annotations": {"doc": "t"}}},
    "entityTypes": {
      "User": {"memberOfTypes": ["Group", "C::G"], "shape": {"type": "Record", "attributes": {
        "t": {"type": "T"}}}, "tags": {"type": "String"}, "annotations": {"doc": "u"}},
      "Group": {},
      "Color": {"enum": ["red", ""]}},
    "actions": {
      "view": {"appliesTo": {"principalTypes": ["User"], "resourceTypes": ["Group", "User"],
                             "context": {"type": "T"}},
               "memberOf": [{"id": "all"}, {"id": "x", "type": "C::Action"}]},
      "all": {},
      "nothing": {"appliesTo": {"principalTypes": [], "resourceTypes": []}, "memberOf": []}}},
  "": {"entityTypes": {}, "actions": {}}
})";

TEST(CedarSchemaJson, WritesWhatItReads) {
  const auto json = codec::parse_json(kAll);
  ASSERT_TRUE(json.ok()) << json.error().text();
  const auto written = schema_to_json(read(kAll));
  ASSERT_TRUE(written.ok()) << written.error().text();
  EXPECT_TRUE(*written == *json) << codec::write_json_pretty(*written);
}

TEST(CedarSchemaJson, NullAndEmptyAreAbsentWhereTheReferenceSaysSo) {
  const SchemaFragment fragment = read(R"({"": {"commonTypes": {}, "annotations": {},
    "entityTypes": {"E": {"memberOfTypes": [], "shape": {"type": "Record", "attributes": {},
      "additionalAttributes": false}}},
    "actions": {"a": {"attributes": null, "appliesTo": null, "memberOf": null,
      "annotations": {"k": null}}}}})");
  EXPECT_EQ(fragment.namespaces[0].entity_types[0].shape, nullptr);
  EXPECT_FALSE(fragment.namespaces[0].actions[0].applies_to.has_value());
  EXPECT_FALSE(fragment.namespaces[0].actions[0].parents.has_value());
  EXPECT_EQ(find_annotation(fragment.namespaces[0].actions[0].annotations, "k"), "");
}

TEST(CedarSchemaJson, BecomesTextAndBack) {
  const auto text = schema_to_text(read(kAll));
  ASSERT_TRUE(text.ok()) << text.error().text();
  EXPECT_THAT(*text, HasSubstr("x: __cedar::ipaddr"));
  EXPECT_THAT(*text, HasSubstr("@flag\n"));
  const auto again = parse_schema_text(*text);
  ASSERT_TRUE(again.ok()) << again.error().text();
  const auto json = schema_to_json(*again);
  ASSERT_TRUE(json.ok());
  const auto reread = schema_from_json(*json);
  ASSERT_TRUE(reread.ok()) << reread.error().text();
  const auto text_again = schema_to_text(*reread);
  ASSERT_TRUE(text_again.ok());
  EXPECT_EQ(*text_again, *text);
}

TEST(CedarSchemaJson, WhatTextCannotSayIsAnError) {
  const auto untold = [](std::string_view json) {
    const auto text = schema_to_text(read(json));
    EXPECT_FALSE(text.ok()) << json;
    return text.ok() ? "" : text.error().message();
  };
  EXPECT_THAT(untold(R"({"A": {"commonTypes": {"T": {"type": "Record", "attributes": {}}},
                "entityTypes": {"E": {"shape": {"type": "T"}}}, "actions": {}}})"),
              HasSubstr("entity type `E` in namespace `A` cannot be written as text"));
  EXPECT_THAT(untold(R"({"": {"entityTypes": {}, "actions": {"a": {"appliesTo":
                {"principalTypes": ["E"], "resourceTypes": []}}}}})"),
              HasSubstr("action `a` cannot be written as text"));
  EXPECT_THAT(untold(R"({"A": {"commonTypes": {"E": {"type": "Long"}},
                "entityTypes": {"E": {}, "F": {"tags": {"type": "Entity", "name": "E"}}},
                "actions": {}}})"),
              HasSubstr("would be the common type"));
  // Hidden, and not named by anything: text says the same.
  EXPECT_TRUE(schema_to_text(read(R"({"A": {"commonTypes": {"E": {"type": "Long"}},
                "entityTypes": {"E": {}}, "actions": {}}})"))
                  .ok());
}

TEST(CedarSchemaJson, AWordOfTheLanguageIsNoCommonType) {
  const auto fragment = parse_schema_text(
      "entity Set; action a appliesTo { principal: Set, resource: Set, context: Set };");
  ASSERT_TRUE(fragment.ok()) << fragment.error().text();
  const auto json = schema_to_json(*fragment);
  ASSERT_TRUE(json.ok());
  EXPECT_TRUE(schema_from_json(*json).ok()) << codec::write_json(*json);
}

TEST(CedarSchemaJson, ErrorsNameTheDeclaration) {
  EXPECT_THAT(fault("{"), HasSubstr("s.json: "));
  EXPECT_EQ(fault("[]"), "s.json: expected an object of namespaces, got an array");
  EXPECT_EQ(fault(R"({"A": {"actions": {}}})"), "s.json: namespace `A`: `entityTypes` is missing");
  EXPECT_THAT(fault(R"({"A": {"entityTypes": {}, "actions": {}, "action": {}}})"),
              HasSubstr("`action` is not known, did you mean `actions`?"));
  EXPECT_THAT(fault(R"({"A B": {"entityTypes": {}, "actions": {}}})"),
              HasSubstr("`A B` is no name for a namespace"));
  EXPECT_THAT(fault(R"({"": {"entityTypes": {}, "actions": {}, "annotations": {"a": "b"}}})"),
              HasSubstr("the empty namespace has no annotations"));
  EXPECT_EQ(entity_fault(R"({"shape": {"type": "Record", "attributes": {"x": {"type": "Set"}}}})"),
            "s.json: namespace `A`: entity type `E` in namespace `A`: `shape`: attribute `x`: "
            "`element` is missing");
  EXPECT_THAT(entity_fault(R"({"enum": []})"), HasSubstr("`enum` is empty"));
  EXPECT_THAT(entity_fault(R"({"enum": ["a"], "tags": {"type": "Long"}})"),
              HasSubstr("`tags` is not known"));
  EXPECT_THAT(entity_fault(R"({"memberOfTypes": ["A B"]})"), HasSubstr("`A B` is no name"));
  EXPECT_THAT(entity_fault(R"({"annotations": {"a b": "c"}})"), HasSubstr("is no identifier"));
  EXPECT_THAT(entity_fault(R"({"annotations": {"a": 1}})"), HasSubstr("a string or null"));
  EXPECT_THAT(entity_fault("null"), HasSubstr("expected an object"));
  EXPECT_THAT(type_fault(R"({"type": "Record"})"), HasSubstr("`attributes` is missing"));
  EXPECT_THAT(type_fault(R"({"type": "Entity"})"), HasSubstr("`name` is missing"));
  EXPECT_THAT(type_fault(R"({"type": "Long", "name": "x"})"), HasSubstr("`name` is not known"));
  EXPECT_THAT(type_fault(R"({"type": "a b"})"), HasSubstr("or the name of a common type"));
  EXPECT_THAT(type_fault(R"({"type": "Long", "required": false})"), HasSubstr("`required`"));
  EXPECT_THAT(type_fault(R"({"type": "Record", "attributes": {}, "additionalAttributes": true})"),
              HasSubstr("open records are not supported"));
  EXPECT_THAT(action_fault(R"({"attributes": {}})"), HasSubstr("actions have no attributes"));
  EXPECT_THAT(action_fault(R"({"appliesTo": {"principalTypes": []}})"),
              HasSubstr("`resourceTypes` is missing"));
  EXPECT_THAT(action_fault(R"({"memberOf": [{"type": "A"}]})"), HasSubstr("[0]: `id` is missing"));
  EXPECT_THAT(fault(R"({"": {"commonTypes": {"Bool": {"type": "Long"}}, "entityTypes": {},
                       "actions": {}}})"),
              HasSubstr("a word of the schema language"));
  EXPECT_THAT(fault(R"({"": {"entityTypes": {"E": {}, "E": {}}, "actions": {}}})"),
              HasSubstr("`E`"));
}

TEST(CedarSchemaJson, Bounds) {
  const auto nested = [](std::size_t depth) {
    std::string type;
    for (std::size_t i = 1; i < depth; ++i) type += R"({"type":"Set","element":)";
    type += R"({"type":"Long"})";
    return R"({"":{"commonTypes":{"T":)" + type + std::string(depth - 1, '}') +
           R"(},"entityTypes":{},"actions":{}}})";
  };
  EXPECT_TRUE(parse_schema_json(nested(kSchemaTypeDepthMax)).ok());
  EXPECT_THAT(fault(nested(kSchemaTypeDepthMax + 1)), HasSubstr("more than 256 deep"));
  EXPECT_FALSE(parse_schema_json(nested(100'000)).ok());
  EXPECT_THAT(fault(kAll, {.max_declarations = 5}), HasSubstr("more than 5"));
  EXPECT_FALSE(parse_schema_json(kAll, "", {.max_bytes = 8}).ok());
}

}  // namespace
}  // namespace ward::cedar
