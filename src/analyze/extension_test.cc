// Types beyond booleans, longs and entities: strings, sets, tags, the extension types, actions.
#include <gmock/gmock.h>

#include "analyze/testing/place.h"

namespace ward::analyze {
namespace {

using testing::expect_said;
using testing::kAlways;
using testing::kErrs;
using testing::kNever;
using testing::Place;
using testing::Row;
using testing::said;

constexpr std::string_view kSchema = R"(
  entity Level enum ["low", "high"];
  entity Group;
  entity User in [Group] = { name: String, roles: Set<String>, groups: Set<Group>, level: Level,
      born: datetime, credit: decimal, home: ipaddr, shift: duration } tags Set<String>;
  entity Doc = { readers: Set<User>, parts: Set<{ page: Long, note?: String }> } tags String;
  action any, write;
  action view in any appliesTo { principal: User, resource: Doc,
      context: { at: datetime, from: ipaddr, key: String, act: Action } };
)";

class TypeAnalysis : public ::testing::TestWithParam<Row> {};

TEST_P(TypeAnalysis, Says) {
  expect_said(kSchema, GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Strings, TypeAnalysis,
    ::testing::Values(
        Row{kNever, R"(principal.name like "a*" && principal.name like "*b")", "refuted"},
        Row{kNever, R"(principal.name like "a*" && principal.name like "b*")", "holds"},
        Row{kAlways, R"(principal.name like "*")", "holds"},
        Row{kNever, R"(principal.name like "\*" && principal.name != "*")", "holds"},
        Row{kNever, R"(principal.name like "é*" && principal.name like "*\u{1F600}")", "refuted"},
        Row{kNever, R"(principal.name like "" && principal.name != "")", "holds"},
        Row{kAlways, R"(principal.name like "a*b*c" || !(principal.name like "ab*c"))", "holds"}));

INSTANTIATE_TEST_SUITE_P(
    Sets, TypeAnalysis,
    ::testing::Values(
        Row{kNever, R"(principal.roles.contains("a") && principal.roles.isEmpty())", "holds"},
        Row{kNever, R"(principal.roles.contains("a") && !principal.roles.contains("b"))",
            "refuted"},
        Row{kNever, R"(principal.roles.containsAll(["a", "b"]) && !principal.roles.contains("b"))",
            "holds"},
        Row{kNever, R"(principal.roles.containsAny(["a"]) && !principal.roles.contains("a"))",
            "holds"},
        Row{kNever, R"(principal.roles == ["a", "b"] && principal.roles.contains("c"))", "holds"},
        Row{kAlways, R"(["a", "b", "a"] == ["b", "a"])", "holds"},
        Row{kNever, R"(principal in principal.groups && principal.groups.isEmpty())", "holds"},
        Row{kNever, R"(principal in principal.groups && !(principal in Group::"a"))", "refuted"},
        Row{kNever,
            R"(principal.groups == [Group::"a"] && principal in principal.groups && !(principal in Group::"a"))",
            "holds"},
        Row{kNever, "resource.readers.contains(principal) && principal.groups.isEmpty()",
            "refuted"},
        Row{kNever, "resource.readers.isEmpty() && principal in resource.readers", "holds"}));

INSTANTIATE_TEST_SUITE_P(
    Tags, TypeAnalysis,
    ::testing::Values(
        Row{kErrs, "resource.hasTag(context.key) && resource.getTag(context.key) == principal.name",
            "holds"},
        Row{kNever,
            R"(resource.hasTag("a") && resource.getTag("a") == "x" && !resource.hasTag(context.key))",
            "refuted"},
        Row{kNever,
            R"(context.key == "a" && resource.hasTag("a") && !resource.hasTag(context.key))",
            "holds"},
        Row{kNever, R"(principal.hasTag("a") && principal.getTag("a").contains("b"))", "refuted"}));

INSTANTIATE_TEST_SUITE_P(
    EnumeratedIds, TypeAnalysis,
    ::testing::Values(
        Row{kAlways, R"(principal.level == Level::"low" || principal.level == Level::"high")",
            "holds"},
        Row{kAlways, R"(principal.level == Level::"low")", "refuted"},
        Row{kAlways, R"(action in Action::"any")", "holds"},
        Row{kNever, R"(action in Action::"write")", "holds"},
        Row{kNever,
            R"(context.act in Action::"any" && context.act != Action::"any" && context.act != Action::"view")",
            "holds"},
        Row{kNever, R"(context.act in Action::"any" && context.act != Action::"any")", "refuted"},
        Row{kNever,
            R"(context.act in [Action::"write", Action::"any"] && context.act == Action::"view")",
            "refuted"}));

INSTANTIATE_TEST_SUITE_P(
    Times, TypeAnalysis,
    ::testing::Values(
        Row{kErrs, R"(context.at.offset(duration("1h")) > context.at)", "refuted"},
        Row{kErrs,
            R"(context.at < datetime("2100-01-01") && context.at.offset(duration("1h")) > context.at)",
            "holds"},
        Row{kErrs, "context.at.durationSince(principal.born) > principal.shift", "refuted"},
        Row{kErrs, R"(context.at.toDate() < datetime("2024-01-01"))", "refuted"},
        Row{kErrs,
            R"(context.at > datetime("1960-01-01") && context.at.toDate() < datetime("2024-01-01"))",
            "holds"},
        Row{kNever, R"(context.at.toTime() >= duration("1d"))", "holds"},
        Row{kNever, R"(context.at.toTime() < duration("0ms"))", "holds"},
        Row{kNever,
            R"(context.at == datetime("1969-12-31T23:00:00Z") && context.at.toTime() != duration("23h"))",
            "holds"},
        Row{kNever, R"(principal.shift.toHours() == -1 && principal.shift.toDays() != 0)", "holds"},
        Row{kNever, R"(principal.shift.toMinutes() == 61 && principal.shift > duration("61m"))",
            "refuted"},
        Row{kNever,
            R"(principal.credit.lessThan(decimal("1.0")) && principal.credit.greaterThanOrEqual(decimal("1.0")))",
            "holds"},
        Row{kNever,
            R"(principal.credit.lessThan(decimal("0.0002")) && principal.credit.greaterThan(decimal("0.0")))",
            "refuted"}));

INSTANTIATE_TEST_SUITE_P(
    Addresses, TypeAnalysis,
    ::testing::Values(
        Row{kAlways, "context.from.isIpv4() || context.from.isIpv6()", "holds"},
        Row{kNever, "context.from.isIpv4() && context.from.isIpv6()", "holds"},
        Row{kNever, R"(context.from.isInRange(ip("10.0.0.0/8")) && context.from.isIpv6())",
            "holds"},
        Row{kNever,
            R"(context.from.isInRange(ip("10.0.0.0/8")) && !context.from.isInRange(ip("10.0.0.0/7")))",
            "holds"},
        Row{kNever,
            R"(context.from.isInRange(ip("10.0.0.0/8")) && context.from.isInRange(ip("11.0.0.0/8")))",
            "holds"},
        Row{kNever,
            R"(context.from.isInRange(ip("10.0.0.0/8")) && !context.from.isInRange(ip("10.0.0.0/9")))",
            "refuted"},
        Row{kNever,
            R"(context.from.isLoopback() && context.from.isIpv6() && context.from != ip("::1"))",
            "holds"},
        Row{kNever,
            R"(context.from.isLoopback() && context.from.isIpv4() && !context.from.isInRange(ip("127.0.0.0/8")))",
            "holds"},
        Row{kNever, R"(context.from.isMulticast() && context.from.isLoopback())", "holds"},
        Row{kNever, R"(context.from.isMulticast() && context.from.isIpv6())", "refuted"},
        Row{kNever,
            R"(context.from.isInRange(ip("2001:db8::/32")) && context.from != ip("2001:db8::1"))",
            "refuted"},
        Row{kNever,
            R"(context.from.isInRange(principal.home) && principal.home.isInRange(context.from) && context.from != principal.home)",
            "refuted"}));

TEST(TypeAnalysis, RefusesCharactersThatTheSolverHasNot) {
  const Place place(kSchema);
  EXPECT_THAT(
      said(place.ask(kNever, R"(permit(principal, action, resource)
                                        when { principal.name == "\u{100000}" };)")),
      ::testing::HasSubstr("unimplemented: policy `policy0` at test.cedar:1:1: a string with the "
                           "character U+100000 cannot be analysed"));
}

TEST(TypeAnalysis, OfLinks) {
  const Place place(kSchema);
  auto set =
      cedar::parse_policies("permit(principal == ?principal, action, resource in ?resource);")
          .value();
  ASSERT_TRUE(set.link("policy0", "link",
                       {*cedar::EntityUid::of("User", "ann"), *cedar::EntityUid::of("Doc", "d")})
                  .ok());
  const auto allowed = check(SetProperty::kAlwaysDenies, set, place.scene());
  ASSERT_EQ(said(allowed), "refuted");
  EXPECT_EQ(std::get<Counterexample>(*allowed).request.principal.text(), R"(User::"ann")");
  EXPECT_EQ(std::get<Counterexample>(*allowed).request.resource.text(), R"(Doc::"d")");
}

}  // namespace
}  // namespace ward::analyze
