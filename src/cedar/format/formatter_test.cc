#include "cedar/format/formatter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "cedar/syntax/lexer.h"
#include "cedar/syntax/printer.h"
#include "tests/support/cedar_gen.h"

namespace ward::cedar {
namespace {

std::string format(std::string_view text, const FormatOptions& options = {}) {
  const auto out = format_policies(text, "p", options);
  EXPECT_TRUE(out.ok()) << out.error().text();
  if (!out.ok()) return "";
  EXPECT_EQ(format_policies(*out, "p", options).value(), *out);
  return *out;
}

TEST(Formatter, ScopesThatAskForSomethingHaveALineForEachPart) {
  EXPECT_EQ(format("permit(principal,action,resource);forbid (principal,\n\naction,resource\n) ;"),
            "permit (principal, action, resource);\n\nforbid (principal, action, resource);\n");
  EXPECT_EQ(
      format("@id(\"x\")@y permit(principal==User::\"a\",action in[Action::\"a\",Action::\"b\"],"
             "resource is X in Y::\"z\",)unless{true};"),
      "@id(\"x\")\n@y\npermit (\n  principal == User::\"a\",\n"
      "  action in [Action::\"a\", Action::\"b\"],\n  resource is X in Y::\"z\",\n)\n"
      "unless { true };\n");
  EXPECT_EQ(format("permit(principal in ?principal,action,resource);"),
            "permit (\n  principal in ?principal,\n  action,\n  resource\n);\n");
}

TEST(Formatter, WhatIsLongerThanALineBreaksFromTheOutside) {
  EXPECT_EQ(format("permit(principal,action,resource)when{principal.first_condition&&"
                   "(principal.second_condition||context.third_condition)&&"
                   "[1,2,3].contains(context.number)};",
                   {.line_width = 40}),
            "permit (principal, action, resource)\n"
            "when {\n"
            "  principal.first_condition &&\n"
            "  (\n"
            "    principal.second_condition ||\n"
            "    context.third_condition\n"
            "  ) &&\n"
            "  [1, 2, 3].contains(context.number)\n"
            "};\n");
  EXPECT_EQ(
      format("permit(principal,action,resource)when{if principal has a.b then {a:1,\"b c\":-2}=="
             "context.record else !(principal is T in G::\"g\")};",
             {.line_width = 30, .indent_width = 4}),
      "permit (\n"
      "    principal,\n"
      "    action,\n"
      "    resource\n"
      ")\n"
      "when {\n"
      "    if principal has a.b\n"
      "    then {a: 1, \"b c\": -2} ==\n"
      "            context.record\n"
      "    else !(\n"
      "            principal is\n"
      "                T in G::\"g\"\n"
      "        )\n"
      "};\n");
}

TEST(Formatter, OperatorsHaveSpaceAndCallsHaveNone) {
  EXPECT_EQ(format("permit(principal,action,resource)when{1+2*-3-context . n<=4&&!principal.tags "
                   ".contains ( \"x\" )&&ip(\"::\").isLoopback()&&context[\"a b\"]like\"*\"};"),
            "permit (principal, action, resource)\n"
            "when {\n"
            "  1 + 2 * -3 - context.n <= 4 &&\n"
            "  !principal.tags.contains(\"x\") &&\n"
            "  ip(\"::\").isLoopback() &&\n"
            "  context[\"a b\"] like \"*\"\n"
            "};\n");
}

TEST(Formatter, CommentsStayWithWhatTheyStandBeside) {
  EXPECT_EQ(format("// head\n\n\n// second\n@id(\"x\") // of the id  \npermit( // open\n"
                   "principal, // who\n// before the action\naction,resource)\n// before when\n"
                   "when{// inside\nprincipal.a// after a\n&&// after and\nresource.b\n// last\n}"
                   " // close\n; // end\n// of the file\n\n// at the end"),
            "// head\n"
            "\n"
            "// second\n"
            "@id(\"x\") // of the id\n"
            "permit ( // open\n"
            "  principal, // who\n"
            "  // before the action\n"
            "  action,\n"
            "  resource\n"
            ")\n"
            "// before when\n"
            "when { // inside\n"
            "  principal.a // after a\n"
            "  && // after and\n"
            "  resource.b\n"
            "  // last\n"
            "} // close\n"
            "; // end\n"
            "// of the file\n"
            "\n"
            "// at the end\n");
  EXPECT_EQ(format("// only this"), "// only this\n");
  EXPECT_EQ(format("  \n "), "");
}

TEST(Formatter, WhatDoesNotParseIsRefused) {
  const auto out = format_policies("permit(principal, action);", "p.cedar");
  ASSERT_FALSE(out.ok());
  EXPECT_THAT(out.error().message(), ::testing::StartsWith("p.cedar:1:25: "));
  EXPECT_EQ(format_policies(std::string(kFormatBytesMax + 1, ' ')).error().code(),
            ErrorCode::kResourceExhausted);
}

TEST(Formatter, IndentsAreBounded) {
  std::string text = "permit(principal, action, resource) when { ";
  for (int i = 0; i < 150; ++i) text += '[';
  for (int i = 0; i < 250'000; ++i) text += "1,";
  for (int i = 0; i < 150; ++i) text += ']';
  const auto out = format_policies(text + " };");
  ASSERT_FALSE(out.ok());
  EXPECT_EQ(out.error().code(), ErrorCode::kResourceExhausted);
}

// A policy with comments and line breaks anywhere between its tokens.
std::string with_gaps(const std::string& text, const std::vector<int>& gaps) {
  const SourceText source{"", text};
  Lexer lexer(source, Dialect::kPolicy);
  std::string out;
  for (std::size_t i = 0;; ++i) {
    const Token token = lexer.next().value();
    switch (gaps.empty() ? 0 : gaps[i % gaps.size()]) {
      case 1:
        out += " // after\n";
        break;
      case 2:
        out += "\n// own\r\n\n // own too\n";
        break;
      case 3:
        out += "\n\n\n";
        break;
      default:
        out += ' ';
    }
    if (token.kind == Token::Kind::kEnd) return out;
    out += token.text;
  }
}

RC_GTEST_PROP(Formatter, ChangesNothingButSpaceAndOnlyOnce, ()) {
  const ExprPtr expr = *testing::gen_expr();
  const auto gaps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 8));
  const FormatOptions options{.line_width = *rc::gen::inRange<std::size_t>(1, 100),
                              .indent_width = *rc::gen::inRange<std::size_t>(0, 5)};
  const std::string text =
      with_gaps("@a(\"b\") permit(principal, action in [Action::\"x\"], resource) when { " +
                    to_text(*expr) + " }; forbid(principal, action, resource);",
                gaps);
  const auto once = format_policies(text, "", options);
  if (!once.ok()) RC_FAIL(text + once.error().text());
  const auto before = parse_policy_trees(text).value();
  const auto after = parse_policy_trees(*once).value();
  RC_ASSERT(before.size() == after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (!same_policy(*before[i], *after[i])) RC_FAIL(*once);
  }
  const auto twice = format_policies(*once, "", options);
  if (!twice.ok() || *twice != *once) RC_FAIL(*once + "\nbecame\n" + *twice);
}

}  // namespace
}  // namespace ward::cedar
