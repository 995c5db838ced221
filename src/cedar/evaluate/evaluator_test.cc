#include "cedar/evaluate/evaluator.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "cedar/entity/entities.h"
#include "cedar/syntax/parser.h"
#include "cedar/syntax/printer.h"
#include "tests/support/cedar_gen.h"

namespace ward::cedar {
namespace {

using Kind = EvaluationErrorKind;

const Entities& world() {
  static const Entities entities = *Entities::from_json(R"([
    {"uid": {"type": "User", "id": "alice"}, "parents": [{"type": "Group", "id": "staff"}],
     "attrs": {"age": 30, "boss": {"__entity": {"type": "User", "id": "bob"}},
               "address": {"zip": "1", "geo": {"lat": 1}}},
     "tags": {"role": "admin"}},
    {"uid": {"type": "Group", "id": "staff"}, "parents": [{"type": "Group", "id": "all"}], "attrs": {}},
    {"uid": {"type": "User", "id": "bob"}, "parents": [], "attrs": {"age": 40}},
    {"uid": {"type": "Action", "id": "read"}, "parents": [{"type": "Action", "id": "reads"}],
     "attrs": {}}])");
  return entities;
}

const Request& request() {
  static const Request question{*EntityUid::of("User", "alice"), *EntityUid::of("Action", "read"),
                                *EntityUid::of("Doc", "ghost"),  // not in the store
                                Record{{"n", 5}, {"s", "text"}, {"r", Record{{"a", 1}}}}};
  return question;
}

std::variant<Value, EvaluationError> run(std::string_view text) {
  const auto expr = parse_expression(text);
  EXPECT_TRUE(expr.ok()) << text << ": " << expr.error().text();
  if (!expr.ok()) return Value(false);
  return Evaluator(request(), world()).evaluate(**expr);
}

// The value as text, or the kind of the error.
std::string result(std::string_view text) {
  const auto outcome = run(text);
  if (const auto* error = std::get_if<EvaluationError>(&outcome)) {
    return std::string(evaluation_error_kind_name(error->kind));
  }
  return to_text(std::get<Value>(outcome));
}

struct Case {
  std::string_view expression;
  std::string_view result;
};

void check(std::initializer_list<Case> cases) {
  for (const Case& each : cases) EXPECT_EQ(result(each.expression), each.result) << each.expression;
}

TEST(Evaluator, EqualityIsTotal) {
  check({{"1 == 1", "true"},
         {"1 == true", "false"},
         {"\"1\" != 1", "true"},
         {"[1, 2, 2] == [2, 1]", "true"},
         {"{a: 1, b: 2} == {b: 2, a: 1}", "true"},
         {"{a: 1} == {a: 1, b: 2}", "false"},
         {"[] == {}", "false"},
         {"[1, \"a\", true] == [true, 1, \"a\"]", "true"},
         {"User::\"x\" == Users::\"x\"", "false"},
         {"decimal(\"1.0\") == decimal(\"1.00\")", "true"},
         {"decimal(\"1.0\") == 1", "false"},
         {"ip(\"10.0.0.1\") == ip(\"10.0.0.1/32\")", "true"},
         {"ip(\"10.0.0.1\") == ip(\"10.0.0.1/24\")", "false"},
         {"duration(\"1h\") == duration(\"60m\")", "true"},
         {"principal == User::\"alice\"", "true"}});
}

TEST(Evaluator, OrderIsOfLongsDatetimesAndDurationsOnly) {
  check({{"1 < 2", "true"},
         {"2 <= 2", "true"},
         {"1 > 2", "false"},
         {"2 >= 3", "false"},
         {"datetime(\"2024-01-01\") < datetime(\"2024-01-02\")", "true"},
         {"duration(\"-1ms\") < duration(\"0ms\")", "true"},
         {"decimal(\"1.0\") < decimal(\"2.0\")", "TypeError"},
         {"ip(\"::1\") < ip(\"::2\")", "TypeError"},
         {"\"a\" < \"b\"", "TypeError"},
         {"false < true", "TypeError"},
         {"1 < \"2\"", "TypeError"},
         {"\"1\" < 2", "TypeError"},
         {"datetime(\"2024-01-01\") < duration(\"1h\")", "TypeError"},
         {"duration(\"1h\") > 5", "TypeError"}});
}

TEST(Evaluator, ArithmeticOverflowIsAnError) {
  check({{"1 + 2 * 3 - 4", "3"},
         {"-(5)", "-5"},
         {"9223372036854775807 + 1", "IntegerOverflow"},
         {"-9223372036854775808 - 1", "IntegerOverflow"},
         {"4611686018427387904 * 2", "IntegerOverflow"},
         {"4611686018427387904 * -2", "-9223372036854775808"},
         {"-(-9223372036854775808)", "IntegerOverflow"},
         {"-9223372036854775808 * -1", "IntegerOverflow"},
         {"-(-9223372036854775807)", "9223372036854775807"},
         {"1 + \"2\"", "TypeError"},
         {"true * 2", "TypeError"},
         {"-\"a\"", "TypeError"},
         {"\"a\" + \"b\"", "TypeError"}});
}

TEST(Evaluator, LogicStopsAtTheFirstDecisiveOperand) {
  check({{"true && false", "false"},
         {"false && 1", "false"},
         {"false && (1 + true == 2)", "false"},
         {"true && 1", "TypeError"},
         {"1 && false", "TypeError"},
         {"true || 1", "true"},
         {"false || 1", "TypeError"},
         {"1 || true", "TypeError"},
         {"false || false || true || 1", "true"},
         {"true && true && 1 && false", "TypeError"},
         {"!false", "true"},
         {"!!!!true", "true"},
         {"!1", "TypeError"},
         {"if true then 1 else context.none", "1"},
         {"if false then context.none else \"x\"", "\"x\""},
         {"if 1 then 2 else 3", "TypeError"},
         {"if context.none then 2 else 3", "RecordAttrDoesNotExist"}});
}

TEST(Evaluator, InIsReflexiveAndTransitive) {
  check({{"principal in principal", "true"},
         {"principal in Group::\"all\"", "true"},
         {"principal in Group::\"none\"", "false"},
         {"principal in [Group::\"none\", Group::\"staff\"]", "true"},
         {"principal in []", "false"},
         {"action in Action::\"reads\"", "true"},
         {"Doc::\"ghost\" in Doc::\"ghost\"", "true"},
         {"Doc::\"ghost\" in Group::\"all\"", "false"},
         {"Doc::\"ghost\" in [Doc::\"ghost\"]", "true"}});
}

TEST(Evaluator, InLooksAtTheTypesOfAllBeforeItCompares) {
  check({{"principal in [principal, 1]", "TypeError"},
         {"principal in [Group::\"staff\", [Group::\"all\"]]", "TypeError"},
         {"principal in 1", "TypeError"},
         {"principal in {}", "TypeError"},
         {"1 in Group::\"all\"", "TypeError"},
         {"1 in []", "TypeError"},
         {"[principal] in principal", "TypeError"}});
}

TEST(Evaluator, HasAsksWithoutError) {
  check({{"principal has age", "true"},
         {"principal has none", "false"},
         {"principal has \"age\"", "true"},
         {"resource has anything", "false"},  // there is no such entity
         {"context has n", "true"},
         {"{} has a", "false"},
         {"1 has a", "TypeError"},
         {"[] has a", "TypeError"}});
}

TEST(Evaluator, HasChainsStopAtTheFirstAbsentLink) {
  check({{"principal has address.geo.lat", "true"},
         {"principal has address.geo.lon", "false"},
         {"principal has address.none.lat", "false"},
         {"principal has boss.age", "true"},
         {"principal has boss.boss.age", "false"},
         {"resource has a.b.c", "false"},
         {"principal has age.years", "TypeError"},
         {"principal has address.zip.x", "TypeError"},
         {"principal has none.x && true", "false"}});
}

TEST(Evaluator, AttributesMustBeThere) {
  check({{"principal.age", "30"},
         {"principal.boss.age", "40"},
         {"principal[\"address\"].zip", "\"1\""},
         {"principal.none", "EntityAttrDoesNotExist"},
         {"principal.role", "EntityAttrDoesNotExist"},  // a tag is no attribute
         {"resource.owner", "EntityDoesNotExist"},
         {"context.n", "5"},
         {"context.none", "RecordAttrDoesNotExist"},
         {"{a: 1}.b", "RecordAttrDoesNotExist"},
         {"1.a", "TypeError"},
         {"\"a\".b", "TypeError"}});
}

TEST(Evaluator, TagsAreReachedByAnyString) {
  check({{"principal.hasTag(\"role\")", "true"},
         {"principal.hasTag(\"none\")", "false"},
         {"principal.hasTag(\"age\")", "false"},
         {"principal.getTag(\"role\")", "\"admin\""},
         {"principal.getTag(if true then \"role\" else \"x\")", "\"admin\""},
         {"principal.getTag(\"none\")", "EntityAttrDoesNotExist"},
         {"resource.hasTag(\"role\")", "false"},
         {"resource.getTag(\"role\")", "EntityDoesNotExist"},
         {"principal.hasTag(1)", "TypeError"},
         {"principal.getTag(principal)", "TypeError"},
         {"context.hasTag(\"n\")", "TypeError"},
         {"{}.getTag(\"n\")", "TypeError"}});
}

TEST(Evaluator, IsLooksAtTheTypeAlone) {
  check({{"principal is User", "true"},
         {"principal is N::User", "false"},
         {"resource is Doc", "true"},
         {"principal is User in Group::\"all\"", "true"},
         {"principal is User in [Group::\"all\"]", "true"},
         {"principal is Group in 1", "false"},  // what follows `in` is not evaluated
         {"principal is User in 1", "TypeError"},
         {"1 is User", "TypeError"},
         {"context is User", "TypeError"}});
}

TEST(Evaluator, LikeAndSetOperations) {
  check({{"\"abc\" like \"a*\"", "true"},
         {"\"a*c\" like \"a\\*c\"", "true"},
         {"1 like \"*\"", "TypeError"},
         {"[1, \"a\"].contains(\"a\")", "true"},
         {"[[1]].contains([1, 1])", "true"},
         {"[1].contains(principal)", "false"},
         {"[1, 2].containsAll([2])", "true"},
         {"[1].containsAll([])", "true"},
         {"[1].containsAny([])", "false"},
         {"[1, 2].containsAny([3, 2])", "true"},
         {"[].isEmpty()", "true"},
         {"[1].isEmpty()", "false"},
         {"\"a\".isEmpty()", "TypeError"},
         {"1.contains(1)", "TypeError"},
         {"[1].containsAll(1)", "TypeError"},
         {"{}.containsAny([])", "TypeError"},
         {"[1].containsAny(context.none)", "RecordAttrDoesNotExist"}});
}

TEST(Evaluator, ExtensionFunctions) {
  check({{"decimal(\"1.5\").lessThan(decimal(\"1.50\"))", "false"},
         {"decimal(\"1.5\").lessThanOrEqual(decimal(\"1.50\"))", "true"},
         {"decimal(\"-0.5\").greaterThan(decimal(\"-0.6\"))", "true"},
         {"decimal(\"1.0\").greaterThanOrEqual(decimal(\"1.0\"))", "true"},
         {"decimal(\"x\")", "FailedExtensionFunctionExecution"},
         {"decimal(1)", "TypeError"},
         {"decimal()", "WrongNumArguments"},
         {"decimal(\"1.0\", \"2.0\")", "WrongNumArguments"},
         {"decimal(\"1.0\").lessThan(1)", "TypeError"},
         {"1.lessThan(decimal(\"1.0\"))", "TypeError"},
         {"decimal(\"1.0\").lessThan()", "WrongNumArguments"},
         {"decimal(if true then \"2.0\" else \"\")", "decimal(\"2.0\")"},
         {"ip(\"10.1.1.1\").isInRange(ip(\"10.0.0.0/8\"))", "true"},
         {"ip(\"10.1.1.1\").isInRange(\"10.0.0.0/8\")", "TypeError"},
         {"\"10.1.1.1\".isIpv4()", "TypeError"},
         {"ip(\"::1\").isIpv6() && ip(\"::1\").isLoopback()", "true"},
         {"ip(\"224.0.0.1\").isMulticast() && ip(\"1.1.1.1\").isIpv4()", "true"},
         {"datetime(\"2024-01-01\").offset(duration(\"1d\")) == datetime(\"2024-01-02\")", "true"},
         {"datetime(\"2024-01-02\").durationSince(datetime(\"2024-01-01\")).toHours()", "24"},
         {"datetime(\"2024-01-02T03:04:05Z\").toDate() == datetime(\"2024-01-02\")", "true"},
         {"datetime(\"2024-01-02T03:04:05Z\").toTime().toSeconds()", "11045"},
         {"duration(\"1d\").toMinutes()", "1440"},
         {"duration(\"-25h\").toDays()", "-1"},
         {"duration(\"1s\").toMilliseconds()", "1000"},
         {"datetime(\"2024-01-01\").offset(duration(\"9223372036854775807ms\"))",
          "FailedExtensionFunctionExecution"},
         {"datetime(\"2024-01-01\").offset(1)", "TypeError"},
         {"duration(\"1h\").toDate()", "TypeError"},
         {"datetime(\"1970-01-01\").offset(duration(\"-9223372036854775808ms\")).toDate()",
          "FailedExtensionFunctionExecution"}});
}

TEST(Evaluator, ErrorsPointAtTheInnermostExpression) {
  const std::string_view text = "1 == 1 && (principal.age + context.none) > 2";
  const auto outcome = run(text);
  const auto* error = std::get_if<EvaluationError>(&outcome);
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(text.substr(error->span.begin, error->span.end - error->span.begin), "context.none");
  EXPECT_EQ(error->message, "the record has no attribute `none`");
}

TEST(Evaluator, AnEvaluatorIsGoodAfterAnError) {
  Evaluator evaluator(request(), world());
  const auto bad = parse_expression("context.none");
  const auto good = parse_expression("context.n");
  EXPECT_TRUE(std::holds_alternative<EvaluationError>(evaluator.evaluate(**bad)));
  EXPECT_EQ(std::get<Value>(evaluator.evaluate(**good)), Value(5));
}

TEST(Evaluator, RecursionIsBounded) {
  ExprPtr deep = make_expr(LiteralExpr{Value(true)});
  for (std::size_t i = 0; i < 10'000; ++i) deep = make_expr(UnaryExpr{UnaryOp::kNot, deep});
  const auto outcome = Evaluator(request(), world()).evaluate(*deep);
  ASSERT_TRUE(std::holds_alternative<EvaluationError>(outcome));
  EXPECT_EQ(std::get<EvaluationError>(outcome).kind, Kind::kRecursionLimit);
  // Taken apart from the top, so that the test's own clean-up does not recurse 10,000 deep.
  while (const auto* unary = std::get_if<UnaryExpr>(&deep->node)) deep = ExprPtr(unary->operand);
}

TEST(Evaluator, DepthOfValuesIsBounded) {
  ExprPtr deep = make_expr(LiteralExpr{Value(1)});
  for (std::size_t i = 0; i < kValueDepthMax + 1; ++i) deep = make_expr(SetExpr{{deep}});
  const auto outcome = Evaluator(request(), world()).evaluate(*deep);
  ASSERT_TRUE(std::holds_alternative<EvaluationError>(outcome));
  EXPECT_EQ(std::get<EvaluationError>(outcome).kind, Kind::kRecursionLimit);
}

TEST(Evaluator, ScopesAreTests) {
  const auto satisfied = [](std::string_view scope) {
    const auto trees = parse_policy_trees(fmt::format("permit({});", scope));
    EXPECT_TRUE(trees.ok()) << scope << ": " << trees.error().text();
    const auto outcome = Evaluator(request(), world()).satisfied(*trees->front(), {});
    return std::get<bool>(outcome);
  };
  EXPECT_TRUE(satisfied("principal, action, resource"));
  EXPECT_TRUE(satisfied("principal == User::\"alice\", action, resource"));
  EXPECT_FALSE(satisfied("principal == User::\"bob\", action, resource"));
  EXPECT_TRUE(satisfied("principal in Group::\"all\", action, resource"));
  EXPECT_TRUE(satisfied("principal is User, action, resource is Doc"));
  EXPECT_TRUE(satisfied("principal is User in Group::\"staff\", action, resource"));
  EXPECT_FALSE(satisfied("principal is Group in Group::\"staff\", action, resource"));
  EXPECT_TRUE(satisfied("principal, action in Action::\"reads\", resource"));
  EXPECT_TRUE(satisfied("principal, action in [Action::\"x\", Action::\"reads\"], resource"));
  EXPECT_FALSE(satisfied("principal, action in [], resource"));
  EXPECT_FALSE(satisfied("principal, action == Action::\"reads\", resource"));
  EXPECT_TRUE(satisfied("principal, action, resource in Doc::\"ghost\""));
  EXPECT_FALSE(satisfied("principal, action, resource in Folder::\"f\""));
}

TEST(Evaluator, ConditionsAreTakenInOrderAndMustBeBooleans) {
  const auto outcome = [](std::string_view conditions) {
    const auto trees =
        parse_policy_trees(fmt::format("permit(principal, action, resource) {};", conditions));
    EXPECT_TRUE(trees.ok()) << conditions << ": " << trees.error().text();
    const auto got = Evaluator(request(), world()).satisfied(*trees->front(), {});
    if (const auto* error = std::get_if<EvaluationError>(&got)) {
      return std::string(evaluation_error_kind_name(error->kind));
    }
    return std::string(std::get<bool>(got) ? "true" : "false");
  };
  EXPECT_EQ(outcome(""), "true");
  EXPECT_EQ(outcome("when {true} unless {false}"), "true");
  EXPECT_EQ(outcome("unless {true}"), "false");
  EXPECT_EQ(outcome("when {false} when {context.none}"), "false");
  EXPECT_EQ(outcome("when {context.none} when {false}"), "RecordAttrDoesNotExist");
  EXPECT_EQ(outcome("when {1}"), "TypeError");
  EXPECT_EQ(outcome("unless {\"\"}"), "TypeError");
}

TEST(Evaluator, ATemplateWithoutItsValuesErrs) {
  const auto trees = parse_policy_trees("permit(principal == ?principal, action, resource);");
  const auto unlinked = Evaluator(request(), world()).satisfied(*trees->front(), {});
  EXPECT_EQ(std::get<EvaluationError>(unlinked).kind, Kind::kUnlinkedSlot);
  const auto linked =
      Evaluator(request(), world())
          .satisfied(*trees->front(), {.principal = request().principal, .resource = {}});
  EXPECT_TRUE(std::get<bool>(linked));
}

RC_GTEST_PROP(Evaluator, ValuesPrintedAsExpressionsEvaluateToThemselves, ()) {
  const Value value = *testing::gen_value();
  const auto expr = parse_expression(to_text(value));
  if (!expr.ok()) RC_FAIL(to_text(value) + ": " + expr.error().text());
  const auto outcome = Evaluator(request(), world()).evaluate(**expr);
  RC_ASSERT(std::get<Value>(outcome) == value);
}

RC_GTEST_PROP(Evaluator, PrintingKeepsTheMeaning, ()) {
  const ExprPtr expr = *testing::gen_expr();
  const auto again = parse_expression(to_text(*expr));
  RC_ASSERT(again.ok());
  const auto first = Evaluator(request(), world()).evaluate(*expr);
  const auto second = Evaluator(request(), world()).evaluate(**again);
  RC_ASSERT(first.index() == second.index());
  if (const auto* error = std::get_if<EvaluationError>(&first)) {
    RC_ASSERT(error->kind == std::get<EvaluationError>(second).kind);
  } else {
    RC_ASSERT(std::get<Value>(first) == std::get<Value>(second));
  }
}

}  // namespace
}  // namespace ward::cedar
