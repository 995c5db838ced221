#include "cedar/syntax/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cedar/syntax/expression_parser.h"
#include "cedar/syntax/printer.h"

namespace ward::cedar {
namespace {

using ::testing::HasSubstr;

// The only policy of a text, or a failure.
PolicyTreePtr one(std::string_view text) {
  auto trees = parse_policy_trees(text);
  EXPECT_TRUE(trees.ok()) << text << ": " << trees.error().text();
  if (!trees.ok() || trees->size() != 1) return std::make_shared<PolicyTree>();
  return trees->front();
}

std::string policy_fault(std::string_view text) {
  const auto trees = parse_policy_trees(text);
  EXPECT_FALSE(trees.ok()) << text;
  return trees.ok() ? "" : trees.error().message();
}

std::string expression_fault(std::string_view text) {
  const auto expr = parse_expression(text);
  EXPECT_FALSE(expr.ok()) << text;
  return expr.ok() ? "" : expr.error().message();
}

// What the printer makes of an expression, with every grouping shown by the tree that it parses to.
std::string round(std::string_view text) {
  const auto expr = parse_expression(text);
  EXPECT_TRUE(expr.ok()) << text << ": " << expr.error().text();
  return expr.ok() ? to_text(**expr) : "";
}

bool same(std::string_view a, std::string_view b) {
  const auto left = parse_expression(a);
  const auto right = parse_expression(b);
  EXPECT_TRUE(left.ok()) << a << ": " << left.error().text();
  EXPECT_TRUE(right.ok()) << b << ": " << right.error().text();
  return left.ok() && right.ok() && same_expression(**left, **right);
}

TEST(PolicyParser, ReadsAllPartsOfAPolicy) {
  const PolicyTreePtr policy = one(R"(
    // comment
    @id("first") @reviewed @if("reserved words may be keys")
    permit (principal is N::User in Group::"g", action in [Action::"a", N::Action::"b",],
            resource == Doc::"d",)  // trailing commas
    when { true } unless { false } when { context.x };)");
  EXPECT_EQ(policy->effect, Effect::kPermit);
  EXPECT_EQ(policy->annotation("id"), "first");
  EXPECT_EQ(policy->annotation("reviewed"), "");
  EXPECT_EQ(policy->annotation("if"), "reserved words may be keys");
  EXPECT_EQ(policy->annotation("other"), std::nullopt);
  EXPECT_EQ(policy->principal.kind, ScopeConstraint::Kind::kIsIn);
  EXPECT_EQ(policy->principal.type->name(), "N::User");
  EXPECT_EQ(policy->action.entities.size(), 2u);
  EXPECT_EQ(policy->resource.kind, ScopeConstraint::Kind::kEqual);
  ASSERT_EQ(policy->conditions.size(), 3u);
  EXPECT_TRUE(policy->conditions[1].is_unless);
  EXPECT_FALSE(policy->is_template());
}

TEST(PolicyParser, ReadsTemplates) {
  const PolicyTreePtr both =
      one("forbid(principal in ?principal, action, resource is Doc in ?resource);");
  EXPECT_TRUE(both->is_template());
  EXPECT_EQ(both->principal.kind, ScopeConstraint::Kind::kIn);
  EXPECT_EQ(both->resource.kind, ScopeConstraint::Kind::kIsIn);
  EXPECT_TRUE(one("permit(principal == ?principal, action, resource);")->is_template());
}

TEST(PolicyParser, ReferencesMayStandInParentheses) {
  EXPECT_EQ(
      to_text(*one(R"(permit(principal == ((A::"x")), action in [(Action::"a")], resource);)")),
      R"(permit(principal == A::"x", action in [Action::"a"], resource);)");
}

TEST(PolicyParser, KeepsTextSpansAndPlaces) {
  const auto trees = parse_policy_trees(
      "permit(principal, action, resource);\n\n  forbid(principal, action, resource)\nwhen { é };",
      "x.cedar");
  EXPECT_FALSE(trees.ok());
  EXPECT_THAT(trees.error().message(), ::testing::StartsWith("x.cedar:4:8: "));

  const PolicyTreePtr policy = one("  permit(principal, action, resource)\nwhen { 1 < 2 }; ");
  EXPECT_EQ(policy->text(), "permit(principal, action, resource)\nwhen { 1 < 2 };");
  EXPECT_EQ(policy->source->slice(policy->conditions[0].body->span), "1 < 2");
  EXPECT_EQ(policy->source->slice(policy->conditions[0].span), "when { 1 < 2 }");
  EXPECT_EQ(policy->source->place(policy->span.begin), "1:3");
}

TEST(PolicyParser, SpaceAndCommentsMayStandBetweenAnyTokens) {
  const PolicyTreePtr policy =
      one("permit(principal==A//c\r::\u2003N\n::\"x\",action,resource)\u00a0when{true};//end");
  EXPECT_EQ(to_text(*policy), "permit(principal == A::N::\"x\", action, resource)\nwhen { true };");
  EXPECT_TRUE(parse_policy_trees("").ok());
  EXPECT_TRUE(parse_policy_trees(" // nothing").ok());
}

struct Fault {
  std::string_view text;
  std::string_view message;
};

TEST(PolicyParser, SaysWhatIsWrongAndWhere) {
  const Fault faults[] = {
      {"allow(principal, action, resource);",
       "1:1: unexpected `allow`: expected `permit` or `forbid`"},
      {"permit(principal, action, resource)", "1:36: unexpected end of the text"},
      {"permit();", "expected `principal`"},
      {"permit(principal, action);", "expected `,` and then `resource`"},
      {"permit(action, principal, resource);", "in that order"},
      {"permit(principal, action, resource, context);", "to close the scope"},
      {"permit(principal: User, action, resource);", "write `principal is T`"},
      {"permit(principal = A::\"x\", action, resource);", "use `==`"},
      {"permit(principal < A::\"x\", action, resource);", "expected `==`, `in`, `is`"},
      {"permit(principal is A == A::\"x\", action, resource);", "do not go together"},
      {"permit(principal in A::\"x\" is A, action, resource);", "write the type first"},
      {"permit(principal is A::\"x\", action, resource);", "got an entity"},
      {"permit(principal is if, action, resource);", "reserved word"},
      {"permit(principal in [A::\"x\"], action, resource);", "only `action`"},
      {"permit(principal == A, action, resource);", "got only a name"},
      {"permit(principal == A::{id: \"x\"}, action, resource);", "an entity is written"},
      {"permit(principal == in::\"x\", action, resource);", "reserved word"},
      {"permit(principal == __cedar::A::\"x\", action, resource);", "reserved word"},
      {"permit(principal == ?resource, action, resource);", "expected `?principal`"},
      {"permit(principal == ?user, action, resource);", "expected `?principal`"},
      {"permit(principal, action == ?action, resource);", "may not be a slot"},
      {"permit(principal, action is Action, resource);", "not by `is`"},
      {"permit(principal, action == [Action::\"a\"], resource);", "use `in`"},
      {"permit(principal, action == Verb::\"a\", resource);", "is no action"},
      {"permit(principal, action in [Action::\"a\", A::\"a\"], resource);", "is no action"},
      {"permit(principal, action == Actions::\"a\", resource);", "is no action"},
      {"permit(principal, action, resource) when {};", "is empty"},
      {"permit(principal, action, resource) if { true };", "expected `when`, `unless` or `;`"},
      {"permit(principal, action, resource) when { true } };", "expected `when`, `unless` or `;`"},
      {"permit(principal, action, resource) when { principal == ?principal };",
       "only in the scope"},
      {"@a(\"x\") @a(\"y\") permit(principal, action, resource);", "stands twice"},
      {"@a @a permit(principal, action, resource);", "stands twice"},
      {"@\"a\" permit(principal, action, resource);", "annotation name"},
      {"@a(1) permit(principal, action, resource);", "value in quotes"},
      {"@a() permit(principal, action, resource);", "value in quotes"},
      {"permit(principal, action, resource); /* no */", "unexpected `/`"},
      {"permit(principal, action, resource) when { \"a };", "not closed"},
      {"permit(principal, action, resource) when { # };", "only in strings"},
      {"permit(principal, action, resource) when { a & b };", "did you mean `&&`"},
      {"permit(principal, action, resource) when { \"\xff\" };", "not UTF-8"},
  };
  for (const Fault& fault : faults) {
    EXPECT_THAT(policy_fault(fault.text), HasSubstr(fault.message)) << fault.text;
  }
}

TEST(ExpressionParser, BindsAsTheGrammarSays) {
  EXPECT_TRUE(same("1 + 2 * 3 - 4", "(1 + (2 * 3)) - 4"));
  EXPECT_TRUE(same("true || false && true", "true || (false && true)"));
  EXPECT_TRUE(same("1 + 1 == 2 && true", "((1 + 1) == 2) && true"));
  EXPECT_TRUE(same("!true == false", "(!true) == false"));
  EXPECT_TRUE(same("-principal.a", "-(principal.a)"));
  EXPECT_TRUE(same("if true then 1 else 2 + 3", "if true then 1 else (2 + 3)"));
  EXPECT_TRUE(same("1 - 2 - 3", "(1 - 2) - 3"));
  EXPECT_FALSE(same("1 - 2 - 3", "1 - (2 - 3)"));
  EXPECT_TRUE(same("principal is A in B::\"x\" && true", "(principal is A in B::\"x\") && true"));
  EXPECT_TRUE(same("context has a.b && true", "(context has a.b) && true"));
  EXPECT_TRUE(same("context[\"a\"].b", "context.a[\"b\"]"));
}

TEST(ExpressionParser, RelationsDoNotChain) {
  for (const std::string_view text :
       {"1 < 2 < 3", "1 == 2 == 3", "1 < 2 == true", "principal in principal in principal",
        "principal has a has b", "\"a\" like \"b\" == true", "principal is A is B",
        "principal is A in B::\"x\" in B::\"y\"", "principal has a == true"}) {
    EXPECT_THAT(expression_fault(text), HasSubstr("do not chain")) << text;
  }
}

TEST(ExpressionParser, UnaryOperatorsStandUpToFourTimesAndUnmixed) {
  EXPECT_EQ(round("!!!!true"), "!!!!true");
  EXPECT_EQ(round("!(!!!!true)"), "!!!!(!true)");
  EXPECT_THAT(expression_fault("!!!!!true"), HasSubstr("more than four `!`"));
  EXPECT_THAT(expression_fault("-----1"), HasSubstr("more than four `-`"));
  EXPECT_THAT(expression_fault("!-1"), HasSubstr("unexpected `-`"));
  EXPECT_THAT(expression_fault("-!true"), HasSubstr("unexpected `!`"));
  EXPECT_EQ(round("!(-1)"), "!(-1)");
}

TEST(ExpressionParser, NumbersAreLongs) {
  EXPECT_EQ(round("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(round("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(round("---5"), "---5");
  EXPECT_TRUE(same("---5", "--(-5)"));
  EXPECT_FALSE(same("---5", "---(5)"));
  EXPECT_EQ(round("-(5)"), "-(5)");
  EXPECT_TRUE(same("-5.a", "-(5.a)"));
  EXPECT_EQ(round("007"), "7");
  for (const std::string_view text :
       {"9223372036854775808", "-9223372036854775809", "-9223372036854775808.a",
        "(-(9223372036854775808))", "18446744073709551616", "99999999999999999999999999"}) {
    EXPECT_THAT(expression_fault(text), HasSubstr("out of the range of a long")) << text;
  }
  EXPECT_FALSE(parse_expression("1x").ok());
  EXPECT_FALSE(parse_expression("1.5").ok());
}

TEST(ExpressionParser, RecordsAndSets) {
  EXPECT_EQ(round("{a: 1, \"b c\": 2, principal: 3, permit: 4,}"),
            "{a: 1, \"b c\": 2, principal: 3, permit: 4}");
  EXPECT_EQ(round("[1, [], {},]"), "[1, [], {}]");
  EXPECT_THAT(expression_fault("{a: 1, \"a\": 2}"), HasSubstr("stands twice"));
  EXPECT_THAT(expression_fault("{if: 1}"), HasSubstr("reserved word"));
  EXPECT_THAT(expression_fault("{a::b: 1}"), HasSubstr("expected `:`"));
  EXPECT_THAT(expression_fault("{(\"a\"): 1}"), HasSubstr("a record key"));
  EXPECT_THAT(expression_fault("[,]"), HasSubstr("an expression"));
  EXPECT_THAT(expression_fault("[1,,2]"), HasSubstr("an expression"));
  EXPECT_THAT(expression_fault("[1 2]"), HasSubstr("expected `]`"));
}

TEST(ExpressionParser, ReservedWordsNameNoAttribute) {
  for (const std::string_view word :
       {"true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar"}) {
    EXPECT_THAT(expression_fault(fmt::format("context.{}", word)), HasSubstr("reserved word"));
    EXPECT_THAT(expression_fault(fmt::format("context has {}", word)), HasSubstr("reserved word"));
    EXPECT_THAT(expression_fault(fmt::format("context has a.{}", word)),
                HasSubstr("reserved word"));
    EXPECT_EQ(round(fmt::format("context[\"{}\"]", word)), fmt::format("context[\"{}\"]", word));
    EXPECT_EQ(round(fmt::format("context has \"{}\"", word)),
              fmt::format("context has \"{}\"", word));
  }
  EXPECT_EQ(round("context.permit.when.principal"), "context.permit.when.principal");
}

TEST(ExpressionParser, CallsAreToKnownFunctionsInTheirOwnStyle) {
  EXPECT_EQ(round("ip(\"::1\").isInRange(context.range)"), "ip(\"::1\").isInRange(context.range)");
  EXPECT_EQ(round("decimal(\"1.0\", 2,)"), "decimal(\"1.0\", 2)");  // arity is for evaluation
  const Fault faults[] = {
      {"desimal(\"1.0\")", "there is no function `desimal`; did you mean `decimal`?"},
      {"frobnicate(1)", "there is no function `frobnicate`"},
      {"N::decimal(\"1.0\")", "there is no function `N::decimal`"},
      {"context.isIPv4()", "there is no method `isIPv4`; did you mean `isIpv4`?"},
      {"[].contain(1)", "did you mean `contains`?"},
      {"isIpv4(context)", "`isIpv4` is a method"},
      {"contains([], 1)", "`contains` is a method"},
      {"context.ip()", "`ip` is a function"},
      {"[].contains()", "takes 1 argument, got 0"},
      {"[].isEmpty(1)", "takes 0 arguments, got 1"},
      {"principal.hasTag(\"a\", \"b\")", "takes 1 argument, got 2"},
      {"principal(1)", "is a variable and cannot be called"},
      {"(1)(2)", "this is neither"},
      {"context[\"a\"](1)", "this is neither"},
      {"user == principal", "`user` is no expression"},
      {"A::B", "is no expression"},
      {"a.b", "`a` is no expression"},
      {"context[a]", "an attribute name in quotes"},
      {"context[1]", "an attribute name in quotes"},
      {"context has 1", "after `has`"},
      {"context has a[\"b\"]", "unexpected `[`"},
      {"\"a\" like principal", "a pattern in quotes"},
      {"\"a\" like \"\\d\"", "is no escape"},
      {"\"a\\*\"", "`like` patterns only"},
      {"principal is \"A\"", "an entity type after `is`"},
      {"principal is (A)", "an entity type after `is`"},
      {"1 + if true then 1 else 2", "put this `if` in parentheses"},
      {"if true then 1", "an `if` has both branches"},
      {"1 = 1", "use `==`"},
      {"4 / 2", "no division"},
      {"4 % 2", "no remainder"},
      {"(1", "to close the parenthesis"},
      {"1 1", "the end of the text"},
      {"", "expected an expression"},
      {"?principal", "only in the scope"},
  };
  for (const Fault& fault : faults) {
    EXPECT_THAT(expression_fault(fault.text), HasSubstr(fault.message)) << fault.text;
  }
}

TEST(ExpressionParser, FaultsInStringsPointIntoThem) {
  EXPECT_THAT(expression_fault("\"ab\\q\""), ::testing::StartsWith("1:4: "));
}

// --- Bounds: a clear error, and never the end of the stack.

std::string repeat(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

TEST(ParserBounds, NestingIsBounded) {
  const auto nested = [](std::string_view open, std::string_view inner, std::string_view close,
                         std::size_t depth) {
    return repeat(open, depth) + std::string(inner) + repeat(close, depth);
  };
  EXPECT_TRUE(parse_expression(nested("(", "1", ")", kParseNestingMax - 1)).ok());
  for (const std::size_t depth : {kParseNestingMax, std::size_t{1'000'000}}) {
    for (const std::string& text :
         {nested("(", "1", ")", depth), nested("[", "1", "]", depth),
          nested("{a:", "1", "}", depth), nested("if ", "true", " then 1 else 2", depth),
          nested("!(", "true", ")", depth), nested("decimal(", "1", ")", depth)}) {
      const auto expr = parse_expression(text);
      ASSERT_FALSE(expr.ok());
      EXPECT_EQ(expr.error().code(), ErrorCode::kResourceExhausted) << expr.error().text();
    }
  }
  // Scopes nest parentheses without recursion.
  const std::string scope =
      "permit(principal == " + nested("(", "A::\"x\"", ")", 100'000) + ", action, resource);";
  EXPECT_TRUE(parse_policy_trees(scope).ok());
}

TEST(ParserBounds, DepthOfTheTreeIsBounded) {
  EXPECT_TRUE(parse_expression("context" + repeat(".a", kExprDepthMax - 1)).ok());
  for (const std::string& text :
       {"context" + repeat(".a", 100'000), "context has a" + repeat(".a", 100'000),
        "1" + repeat(" + 1", 100'000), "1" + repeat(" * 1", 100'000),
        "context" + repeat(".toDate()", 100'000)}) {
    const auto expr = parse_expression(text);
    ASSERT_FALSE(expr.ok());
    EXPECT_EQ(expr.error().code(), ErrorCode::kResourceExhausted) << expr.error().text();
  }
}

TEST(ParserBounds, LongChainsOfAndAndOrAreFlat) {
  const auto expr = parse_expression("true" + repeat(" || 1 == 2 && true", 50'000));
  ASSERT_TRUE(expr.ok()) << expr.error().text();
  EXPECT_LT((*expr)->depth, 10u);
}

TEST(ParserBounds, SizeAndCountAreBounded) {
  const std::string policy = "permit(principal, action, resource);";
  EXPECT_EQ(parse_policy_trees(policy, "", {.max_bytes = 10}).error().code(),
            ErrorCode::kResourceExhausted);
  EXPECT_EQ(parse_policy_trees(policy + policy + policy, "", {.max_policies = 2}).error().code(),
            ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace ward::cedar
