#include "cedar/validate/validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cedar/syntax/parser.h"

namespace ward::cedar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Schema& schema() {
  static const Schema made = Schema::from_text(R"(
    entity Group;
    entity Color enum ["red"];
    entity User in Group = { name: String, age?: Long, at: datetime, ip: ipaddr, groups: Set<Group>,
                             home?: { city: String, zip?: Long } } tags String;
    entity Doc = { owner: User };
    action read, write in all appliesTo {
      principal: User, resource: Doc, context: { mfa: Bool, n?: Long } };
    action all;
    action paint appliesTo { principal: User, resource: Color };)")
                                 .value();
  return made;
}

PolicyValidation validate(std::string_view text) {
  const auto trees = parse_policy_trees(text, "p");
  EXPECT_TRUE(trees.ok()) << text << ": " << trees.error().text();
  if (!trees.ok() || trees->empty()) return {};
  auto out = validate_policy(*trees->front(), schema());
  EXPECT_TRUE(out.ok()) << out.error().text();
  return out.ok() ? std::move(out).value() : PolicyValidation{};
}

// `Kind: message` of each error of a `read` policy with this condition.
std::vector<std::string> faults(std::string_view condition) {
  std::vector<std::string> out;
  const std::string text = fmt::format(
      "permit(principal, action == Action::\"read\", resource) when {{ {} }};", condition);
  for (const ValidationError& each : validate(text).errors) {
    out.push_back(fmt::format("{}: {}", validation_error_kind_name(each.kind), each.message));
  }
  return out;
}

TEST(CedarValidator, WhatCannotFailIsValid) {
  for (const std::string_view condition :
       {"principal.name == \"a\" && context.mfa", "principal has age && principal.age < 3 || true",
        "context has n && context.n > 1", "principal has home.zip && principal.home.zip == 1",
        "if principal has age then principal.age == 1 else false",
        "principal.hasTag(\"k\") && principal.getTag(\"k\") like \"a*\"",
        "principal in principal.groups", "resource.owner == principal",
        "principal.ip.isInRange(ip(\"10.0.0.0/8\"))",
        "principal.at < datetime(\"2024-01-01\") && principal.at.offset(duration(\"1h\")) > "
        "principal.at",
        "[1, 2].contains(3) && !principal.groups.isEmpty()",
        "{a: 1, b: \"x\"}.a == 1 && {a: 1} has a",
        // What is never evaluated may be wrong.
        "principal is Doc && principal.nothing", "principal == resource || context.mfa"}) {
    EXPECT_THAT(faults(condition), IsEmpty()) << condition;
  }
}

TEST(CedarValidator, EveryKindOfFault) {
  EXPECT_THAT(faults("principal.nme == \"a\""),
              ElementsAre("UnsafeAttributeAccess: `User` has no attribute `nme`; did you mean "
                          "`name`?"));
  EXPECT_THAT(faults("principal.age == 1"),
              ElementsAre("UnsafeOptionalAttributeAccess: attribute `age` of `User` is optional: "
                          "ask `has age` first"));
  EXPECT_THAT(faults("principal has age || principal.age == 1"),
              ElementsAre(HasSubstr("UnsafeOptionalAttributeAccess")));
  EXPECT_THAT(faults("principal.name"),
              ElementsAre("UnexpectedType: expected a boolean, got a value of type `String`"));
  EXPECT_THAT(faults("principal.name + 1 == 2 && principal.name < 1"),
              ElementsAre(HasSubstr("expected a long, got a value of type `String`"),
                          HasSubstr("expected `Long`, got a value of type `String`")));
  EXPECT_THAT(faults("principal.name == 1"),
              ElementsAre("IncompatibleTypes: what is compared must be of one type, got `String` "
                          "and `Long`"));
  EXPECT_THAT(faults("[1, \"a\"].contains(1)"), ElementsAre(HasSubstr("the elements of a set")));
  EXPECT_THAT(faults("[1].contains(\"a\")"), ElementsAre(HasSubstr("IncompatibleTypes")));
  EXPECT_THAT(faults("[1].containsAll([\"a\"])"), ElementsAre(HasSubstr("the two sets")));
  EXPECT_THAT(faults("(if context.mfa then 1 else \"a\") == 1"),
              ElementsAre(HasSubstr("the branches of `if`")));
  EXPECT_THAT(faults("[].isEmpty()"), ElementsAre(HasSubstr("EmptySetForbidden")));
  EXPECT_THAT(faults("principal.getTag(\"k\") == \"v\""),
              ElementsAre(HasSubstr("UnsafeTagAccess")));
  EXPECT_THAT(faults("resource.hasTag(\"k\")"), IsEmpty());
  EXPECT_THAT(faults("ip(principal.name).isIpv4()"),
              ElementsAre(HasSubstr("NonLitExtConstructor: `ip` must be given a literal")));
  EXPECT_THAT(faults("ip(\"x\").isIpv4()"),
              ElementsAre(HasSubstr("FunctionArgumentValidation: `ip`: ")));
  EXPECT_THAT(faults("principal.ip.isIpv4(1)"), ElementsAre(HasSubstr("WrongNumberArguments")));
  EXPECT_THAT(faults("principal.name.isIpv4()"),
              ElementsAre(HasSubstr("expected `ipaddr`, got a value of type `String`")));
  EXPECT_THAT(faults("principal == Usr::\"a\""),
              ElementsAre("UnrecognizedEntityType: entity type `Usr` is not declared; did you mean "
                          "`User`?"));
  EXPECT_THAT(
      faults("action == Action::\"raed\""),
      ElementsAre("UnrecognizedActionId: action `Action::\"raed\"` is not declared; did you "
                  "mean `read`?"));
  EXPECT_THAT(faults("principal in Color::\"blue\""),
              ElementsAre("InvalidEnumEntity: `Color::\"blue\"` does not exist: expected `red`"));
}

TEST(CedarValidator, ScopesMustApplyToSomething) {
  const auto kinds = [](std::string_view text) {
    std::vector<std::string_view> out;
    for (const ValidationError& each : validate(text).errors) {
      out.push_back(validation_error_kind_name(each.kind));
    }
    return out;
  };
  EXPECT_THAT(kinds("permit(principal == Doc::\"d\", action, resource);"),
              ElementsAre("InvalidActionApplication"));
  EXPECT_THAT(kinds("permit(principal, action == Action::\"all\", resource);"),
              ElementsAre("InvalidActionApplication"));
  EXPECT_THAT(kinds("permit(principal, action in Action::\"all\", resource is Doc);"), IsEmpty());
  EXPECT_THAT(kinds("permit(principal in Group::\"g\", action, resource == Color::\"red\");"),
              IsEmpty());
  EXPECT_THAT(kinds("permit(principal is User in Group::\"g\", action, resource);"), IsEmpty());
  EXPECT_THAT(kinds("permit(principal, action in [], resource);"),
              ElementsAre("InvalidActionApplication", "EmptySetForbidden"));
  EXPECT_THAT(kinds("permit(principal, action == Action::\"none\", resource);"),
              ElementsAre("InvalidActionApplication", "UnrecognizedActionId"));
}

TEST(CedarValidator, TemplatesAreCheckedForWhatTheirSlotsMayBe) {
  EXPECT_TRUE(validate("permit(principal in ?principal, action, resource == ?resource) "
                       "when { principal.name == \"a\" };")
                  .ok());
  EXPECT_FALSE(validate("permit(principal in ?principal, action, resource == ?resource) "
                        "when { resource.nothing };")
                   .ok());
}

TEST(CedarValidator, AnEnvironmentThatFailsIsEnough) {
  // `paint` has no `mfa` in its context; the others do.
  EXPECT_FALSE(validate("permit(principal, action, resource) when { context.mfa };").ok());
  EXPECT_TRUE(
      validate("permit(principal, action in Action::\"all\", resource) when { context.mfa };")
          .ok());
}

TEST(CedarValidator, WhatIsAlwaysFalseIsAWarning) {
  EXPECT_TRUE(validate("permit(principal, action, resource) when { principal == resource };")
                  .is_impossible);
  EXPECT_FALSE(validate("permit(principal, action, resource);").is_impossible);
  // Not of a scope that is wrong by itself.
  EXPECT_TRUE(validate("permit(principal == Doc::\"d\", action, resource);").is_impossible);
  EXPECT_FALSE(validate("permit(principal == None::\"d\", action, resource);").is_impossible);
  EXPECT_FALSE(validate("permit(principal, action in [], resource);").is_impossible);
}

TEST(CedarValidator, ErrorsHaveTheirPlace) {
  const PolicyValidation got = validate(
      "permit(principal, action == Action::\"read\", resource)\nwhen { context.mfa && 1 };");
  ASSERT_EQ(got.errors.size(), 1u);
  EXPECT_EQ(got.errors[0].span.end - got.errors[0].span.begin, 1u);
}

}  // namespace
}  // namespace ward::cedar
