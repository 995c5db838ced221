#include "cedar/syntax/printer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "cedar/syntax/parser.h"
#include "tests/support/cedar_gen.h"

namespace ward::cedar {
namespace {

RC_GTEST_PROP(Printer, WhatIsPrintedParsesToTheSameTree, ()) {
  const ExprPtr expr = *testing::gen_expr();
  const std::string text = to_text(*expr);
  const auto again = parse_expression(text);
  if (!again.ok()) RC_FAIL(text + ": " + again.error().text());
  if (!same_expression(*expr, **again)) RC_FAIL(text + " became " + to_text(**again));
}

TEST(Printer, PoliciesReadBack) {
  const auto trees = parse_policy_trees(R"(
    @id("a\"b") @empty permit(principal in ?principal, action in [], resource is A::B in ?resource);
    forbid(principal is A, action == Action::"x", resource == A::"y")
    when { context has a.b && context["if"] like "\*a*" } unless { !(-1 < 2) };
    permit(principal is A in A::"z", action in N::Action::"g", resource);)");
  ASSERT_TRUE(trees.ok()) << trees.error().text();
  for (const PolicyTreePtr& tree : *trees) {
    const std::string text = to_text(*tree);
    const auto again = parse_policy_trees(text);
    ASSERT_TRUE(again.ok()) << text << ": " << again.error().text();
    EXPECT_TRUE(same_policy(*tree, *again->front())) << text;
    EXPECT_EQ(to_text(*again->front()), text);
  }
}

TEST(Printer, AddsOnlyTheParenthesesThatAreNeeded) {
  for (const std::string_view text :
       {"1 + 2 * 3", "(1 + 2) * 3", "1 - (2 - 3)", "(if true then 1 else 2) + 1",
        "if if true then true else false then 1 else 2", "!(1 == 2)", "(-5).a", "-5", "-5.a",
        "(1 < 2) == true", "(true || false) && true", "true && (true && false)",
        "[1, 2].contains(if true then 1 else 2)", "principal is A in [A::\"x\"]"}) {
    const auto expr = parse_expression(text);
    ASSERT_TRUE(expr.ok()) << text << ": " << expr.error().text();
    EXPECT_EQ(to_text(**expr), text);
  }
}

}  // namespace
}  // namespace ward::cedar
