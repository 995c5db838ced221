#include "cedar/policy_json/policy_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "cedar/syntax/parser.h"
#include "cedar/syntax/printer.h"
#include "tests/support/cedar_gen.h"

namespace ward::cedar {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

PolicyTreePtr parse(std::string_view text) {
  auto trees = parse_policy_trees(text, "p");
  EXPECT_TRUE(trees.ok()) << text << ": " << trees.error().text();
  return trees->front();
}

std::string json_of(std::string_view text) {
  const auto json = policy_to_json(*parse(text));
  EXPECT_TRUE(json.ok()) << json.error().text();
  return json.ok() ? codec::write_json(*json) : "";
}

// The JSON of the only condition of a policy.
std::string json_of_condition(std::string_view condition) {
  const auto json = policy_to_json(
      *parse(fmt::format("permit(principal, action, resource) when {{ {} }};", condition)));
  EXPECT_TRUE(json.ok()) << json.error().text();
  return codec::write_json(*json->find("conditions")->if_array()->front().find("body"));
}

std::string policy_with_body(std::string_view body) {
  return fmt::format(
      R"({{"effect": "permit", "principal": {{"op": "All"}}, "action": {{"op": "All"}},
          "resource": {{"op": "All"}}, "conditions": [{{"kind": "when", "body": {}}}]}})",
      body);
}

// What the body is as text, or the error.
std::string text_of_body(std::string_view body) {
  const auto tree = parse_policy_json(policy_with_body(body), "p.json");
  return tree.ok() ? to_text(*(*tree)->conditions.front().body) : tree.error().message();
}

TEST(PolicyJson, ScopesAndAnnotations) {
  EXPECT_EQ(json_of("permit(principal, action, resource);"),
            R"({"effect":"permit","principal":{"op":"All"},"action":{"op":"All"},)"
            R"("resource":{"op":"All"},"conditions":[]})");
  EXPECT_EQ(json_of(R"(@a @if("x") forbid(principal is N::U in G::"g", action in [Action::"a"],
                 resource == R::"r");)"),
            R"({"effect":"forbid","principal":{"op":"is","entity_type":"N::U",)"
            R"("in":{"entity":{"type":"G","id":"g"}}},)"
            R"("action":{"op":"in","entities":[{"type":"Action","id":"a"}]},)"
            R"("resource":{"op":"==","entity":{"type":"R","id":"r"}},"conditions":[],)"
            R"("annotations":{"a":null,"if":"x"}})");
  EXPECT_EQ(json_of(R"(permit(principal in ?principal, action == Action::"a",
                              resource is R in ?resource);)"),
            R"({"effect":"permit","principal":{"op":"in","slot":"?principal"},)"
            R"("action":{"op":"==","entity":{"type":"Action","id":"a"}},)"
            R"("resource":{"op":"is","entity_type":"R","in":{"slot":"?resource"}},)"
            R"("conditions":[]})");
}

TEST(PolicyJson, ExpressionsAreThoseOfTheReference) {
  EXPECT_EQ(json_of_condition("1 == -2"), R"({"==":{"left":{"Value":1},"right":{"Value":-2}}})");
  EXPECT_EQ(json_of_condition("-(5)"), R"({"neg":{"arg":{"Value":5}}})");
  EXPECT_EQ(json_of_condition("a::B::\"x\" in [\"s\", {\"k\": true}]"),
            R"({"in":{"left":{"Value":{"__entity":{"type":"a::B","id":"x"}}},)"
            R"("right":{"Set":[{"Value":"s"},{"Record":{"k":{"Value":true}}}]}}})");
  EXPECT_EQ(json_of_condition("principal.a has b.c"),
            R"({"has":{"left":{".":{"left":{"Var":"principal"},"attr":"a"}},"attr":["b","c"]}})");
  EXPECT_EQ(json_of_condition("context.a like \"é*\\*\""),
            R"({"like":{"left":{".":{"left":{"Var":"context"},"attr":"a"}},)"
            R"("pattern":[{"Literal":"é"},"Wildcard",{"Literal":"*"}]}})");
  EXPECT_EQ(json_of_condition("resource is A::B in principal"),
            R"({"is":{"left":{"Var":"resource"},"entity_type":"A::B","in":{"Var":"principal"}}})");
  EXPECT_EQ(json_of_condition("if !true then [].isEmpty() else ip(\"::\").isInRange(context.r)"),
            R"({"if-then-else":{"if":{"!":{"arg":{"Value":true}}},)"
            R"("then":{"isEmpty":{"arg":{"Set":[]}}},)"
            R"("else":{"isInRange":[{"ip":[{"Value":"::"}]},)"
            R"({".":{"left":{"Var":"context"},"attr":"r"}}]}}})");
}

TEST(PolicyJson, ChainsNestOnTheLeft) {
  const std::string chain =
      R"({"||":{"left":{"||":{"left":{"Value":1},"right":{"Value":2}}},"right":{"Value":3}}})";
  EXPECT_EQ(json_of_condition("1 || 2 || 3"), chain);
  EXPECT_EQ(json_of_condition("(1 || 2) || 3"), chain);
  EXPECT_EQ(text_of_body(chain), "1 || 2 || 3");
  EXPECT_EQ(text_of_body(json_of_condition("1 || (2 || 3)")), "1 || (2 || 3)");
  EXPECT_EQ(text_of_body(json_of_condition("1 && 2 && (3 || 4 && 5) && 6")),
            "1 && 2 && (3 || 4 && 5) && 6");
}

TEST(PolicyJson, ValuesMayBeWhole) {
  EXPECT_EQ(text_of_body(R"({"Value": [1, {"a b": {"__entity": {"type": "A", "id": "x"}}}]})"),
            "[1, {\"a b\": A::\"x\"}]");
  EXPECT_EQ(text_of_body(R"({"Value": {"__extn": {"fn": "ip", "arg": "10.0.0.1"}}})"),
            "ip(\"10.0.0.1\")");
  EXPECT_EQ(text_of_body(R"({"Value": {"__extn": {"fn": "offset", "args": [
                {"__extn": {"fn": "datetime", "arg": "2024-01-01"}},
                {"__extn": {"fn": "duration", "arg": "1h"}}]}}})"),
            "datetime(\"2024-01-01\").offset(duration(\"1h\"))");
}

TEST(PolicyJson, FormsThatOnlyJsonHasAreRead) {
  EXPECT_EQ(text_of_body(R"({"has": {"left": {"Var": "principal"}, "attr": ["a b", "c"]}})"),
            "principal has \"a b\" && principal[\"a b\"] has c");
  EXPECT_EQ(text_of_body(R"({"like": {"left": {"Value": "x"}, "pattern": []}})"),
            "\"x\" like \"\"");
  EXPECT_EQ(text_of_body(R"({"like": {"left": {"Value": "x"},
                             "pattern": [{"Literal": "ab"}, {"Literal": "c"}, "Wildcard"]}})"),
            "\"x\" like \"abc*\"");
}

TEST(PolicyJson, ErrorsLeadToTheirPlace) {
  EXPECT_EQ(text_of_body(R"({"==": {"left": {"Value": 1}, "right": {"Value": null}}})"),
            "p.json: `conditions[0].body.==.right.Value`: Cedar has no null");
  EXPECT_EQ(text_of_body(R"({"==": {"left": {"Value": 1}}})"),
            "p.json: `conditions[0].body.==`: `right` is missing");
  EXPECT_EQ(text_of_body(R"({"&&": {"left": {"&&": {"left": {"Value": true},
                             "right": {"Var": "user"}}}, "right": {"Value": true}}})"),
            "p.json: `conditions[0].body.&&.left.&&.right.Var`: expected `principal`, `action`, "
            "`resource` or `context`, got `user`");
  for (const auto& [body, message] : std::vector<std::pair<std::string, std::string>>{
           {R"({"==": {"left": {"Value": 1}, "rigth": {"Value": 2}}})",
            "`rigth` is not known, did you mean `right`?"},
           {R"({"containsall": {}})", "there is no such expression; did you mean `containsAll`?"},
           {R"({"Value": 1, "Var": "principal"})", "an expression has one member"},
           {R"({})", "an expression has one member"},
           {R"(1)", "expected an expression, which is an object, got an integer"},
           {R"({"Slot": "?principal"})", "slots may stand only in the scope"},
           {R"({"Value": 1.5})", "expected an integer that fits a long"},
           {R"({"Value": 9223372036854775808})", "9223372036854775808 does not fit a long"},
           {R"({"Value": {"__expr": "1"}})", "no longer part of Cedar"},
           {R"({"Value": {"__entity": {"type": "A", "id": "x"}, "b": 1}})", "`b` is not known"},
           {R"({"Value": {"__entity": {"type": "A B", "id": "x"}}})", "__entity.type`"},
           {R"({"isIpv4": []})", "`isIpv4` is a method"},
           {R"({"unknown": [{"Value": "x"}]})", "there is no such expression"},
           {R"({"has": {"left": {"Value": 1}, "attr": []}})", "expected at least one name"},
           {R"({"is": {"left": {"Var": "action"}, "entity_type": "A:: B"}})", "entity_type`"},
           {R"({"like": {"left": {"Value": "x"}, "pattern": ["Any"]}})", "pattern[0]`"},
       }) {
    EXPECT_THAT(text_of_body(body), HasSubstr(message)) << body;
  }
}

TEST(PolicyJson, PoliciesAreReadStrictly) {
  const auto error = [](std::string_view member, std::string_view value) {
    auto json = codec::parse_json(policy_with_body(R"({"Value": true})")).value();
    json.if_object()->set(std::string(member), codec::parse_json(value).value());
    const auto tree = policy_from_json(json);
    return tree.ok() ? "" : tree.error().message();
  };
  EXPECT_EQ(error("effect", "\"allow\""), "`effect`: expected `permit` or `forbid`, got `allow`");
  EXPECT_EQ(error("principal", R"({"op": "all"})"), "");
  EXPECT_EQ(error("efect", "1"), "`efect` is not known, did you mean `effect`?");
  EXPECT_EQ(error("principal", R"({"op": "==", "slot": "?resource"})"),
            "`principal.slot`: expected `?principal`, got `?resource`");
  EXPECT_EQ(error("principal", R"({"op": "=="})"),
            "`principal`: expected either `entity` or `slot`");
  EXPECT_EQ(error("resource", R"({"op": "is", "entity_type": "A", "in": {"entity": {}}})"),
            "`resource.in.entity`: `type` is missing");
  EXPECT_EQ(error("action", R"({"op": "==", "entity": {"type": "Act", "id": "x"}})"),
            "`action.entity`: `Act::\"x\"` is no action: its type does not end in `Action`");
  EXPECT_EQ(error("action", R"({"op": "in", "entities": [{"type": "Action", "id": 1}]})"),
            "`action.entities[0].id`: expected a string, got an integer");
  EXPECT_EQ(error("annotations", R"({"a b": "x"})"),
            "`annotations.a b`: the name of an annotation is an identifier");
  EXPECT_EQ(error("conditions", R"([{"kind": "if", "body": {"Value": true}}])"),
            "`conditions[0].kind`: expected `when` or `unless`, got `if`");
}

RC_GTEST_PROP(PolicyJson, AnyConditionGoesRound, ()) {
  const std::string text =
      "permit(principal, action, resource) when { " + to_text(**testing::gen_expr()) + " };";
  const auto trees = parse_policy_trees(text);
  if (!trees.ok()) RC_FAIL(text + trees.error().text());
  const auto json = policy_to_json(*trees->front());
  if (!json.ok()) RC_FAIL(text + json.error().text());
  const auto again = parse_policy_json(codec::write_json(*json));
  if (!again.ok()) RC_FAIL(text + again.error().text());
  if (!same_policy(**again, *trees->front())) RC_FAIL(text + " became " + to_text(**again));
}

TEST(PolicyJson, TheSourceIsThePolicysText) {
  const auto tree = parse_policy_json(policy_with_body(R"({"Var": "context"})"), "p.json");
  ASSERT_TRUE(tree.ok()) << tree.error().text();
  EXPECT_EQ((*tree)->text(), "permit(principal, action, resource)\nwhen { context };");
  EXPECT_EQ((*tree)->source->place((*tree)->conditions.front().body->span.begin), "p.json:2:8");
}

std::string repeat(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

TEST(PolicyJson, DepthIsBounded) {
  const std::string deep =
      repeat(R"({"!": {"arg": )", 100'000) + R"({"Value": true})" + repeat("}}", 100'000);
  const auto refused = parse_policy_json(policy_with_body(deep), "p.json");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kResourceExhausted);
  const std::string deeper_than_trees =
      repeat(R"({"!": {"arg": )", 500) + R"({"Value": true})" + repeat("}}", 500);
  EXPECT_THAT(text_of_body(deeper_than_trees), HasSubstr("more than 400 expressions are nested"));
  const std::string values = R"({"Value": )" + repeat("[", 500) + "1" + repeat("]", 500) + "}";
  EXPECT_THAT(text_of_body(values), HasSubstr("more than 400 values are nested"));
}

TEST(PolicyJson, LongChainsAreWrittenAndReadUpToTheBound) {
  const auto chain = [](std::size_t operands) {
    return parse("permit(principal, action, resource) when { true" +
                 repeat(" && true", operands - 1) + " };");
  };
  const PolicyTreePtr longest = chain(1'000);
  const auto json = policy_to_json(*longest);
  ASSERT_TRUE(json.ok()) << json.error().text();
  const auto again = parse_policy_json(codec::write_json(*json));
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_TRUE(same_policy(**again, *longest));
  const auto longer = policy_to_json(*chain(1'100));
  ASSERT_FALSE(longer.ok());
  EXPECT_THAT(longer.error().message(), EndsWith("more than 2048 levels deep"));
}

}  // namespace
}  // namespace ward::cedar
