#include "analyze/analysis.h"

#include <gmock/gmock.h>

#include "analyze/testing/place.h"

namespace ward::analyze {
namespace {

using testing::expect_said;
using ::testing::HasSubstr;
using testing::kAlways;
using testing::kErrs;
using testing::kNever;
using testing::Place;
using testing::Row;
using testing::said;

constexpr std::string_view kSchema = R"(
  entity Group in [Group] { level: Long };
  entity User in [Group] { name: String, age: Long, boss?: User, flags: { admin: Bool, note?: String } };
  entity Doc in [Doc] { owner: User, draft: Bool };
  action view appliesTo { principal: User, resource: Doc, context: { mfa: Bool, hour?: Long } };
)";

class PolicyAnalysis : public ::testing::TestWithParam<Row> {};

TEST_P(PolicyAnalysis, Says) {
  expect_said(kSchema, GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Errors, PolicyAnalysis,
    ::testing::Values(
        Row{kErrs, "principal.age > 3", "holds"}, Row{kErrs, "principal.age + 1 > 3", "refuted"},
        Row{kErrs, "principal.age < 100 && principal.age + 1 > 3", "holds"},
        Row{kErrs, "principal.age - 1 > 3", "refuted"},
        Row{kErrs, "principal.age >= 0 && principal.age - 1 > 3", "holds"},
        Row{kErrs, "principal.age * 2 > 3", "refuted"},
        Row{kErrs,
            "principal.age >= 0 && principal.age < 4611686018427387904 && principal.age * 2 > 3",
            "holds"},
        Row{kErrs,
            "principal.age >= 0 && principal.age <= 4611686018427387904 && principal.age * 2 > 3",
            "refuted"},
        Row{kErrs, "-principal.age < 3", "refuted"},
        Row{kErrs, "principal.age > -9 && -principal.age < 3", "holds"},
        Row{kErrs, "principal has boss && principal.boss.age > 3", "holds"},
        Row{kErrs, "if context has hour then context.hour < 3 else true", "holds"},
        Row{kErrs, "context.mfa || principal.age + 1 > 0", "refuted"},
        Row{kErrs, "true || principal.age + 1 > 0", "holds"},
        Row{kErrs, "(if context.mfa then 1 else principal.age) + 1 > 0", "refuted"}));

INSTANTIATE_TEST_SUITE_P(
    Matches, PolicyAnalysis,
    ::testing::Values(
        Row{kAlways, "true", "holds"}, Row{kNever, "false", "holds"},
        Row{kAlways, "principal.age > 3", "refuted"}, Row{kNever, "principal.age > 3", "refuted"},
        Row{kAlways, "principal.age > 3 || principal.age <= 3", "holds"},
        Row{kNever, "principal.age > 3 && principal.age < 4", "holds"},
        Row{kAlways, "principal.age == principal.age + 0", "holds"},
        Row{kAlways, "principal.age + 1 > principal.age", "refuted"},  // it errs at the greatest
        Row{kNever, "principal.age + 1 <= principal.age", "holds"},
        Row{kNever, "principal.age * principal.age == 2", "holds"},
        Row{kNever, R"(principal.name == "a" && principal.name == "b")", "holds"},
        Row{kNever, R"(principal.name == "a" && principal == User::"x")", "refuted"},
        Row{kNever, R"(principal == User::"x" && principal == User::"y")", "holds"},
        Row{kNever, "resource.owner != principal && resource.owner.name != principal.name",
            "refuted"},
        Row{kNever, "resource.owner == principal && resource.owner.name != principal.name",
            "holds"},
        Row{kAlways, "principal.flags.admin || !principal.flags.admin", "holds"},
        Row{kNever,
            R"(principal.flags has note && principal.flags.note == "n" && !principal.flags.admin)",
            "refuted"},
        Row{kAlways, "principal has name", "holds"}, Row{kAlways, "principal has boss", "refuted"},
        Row{kNever, "principal is Doc", "holds"}, Row{kAlways, "principal is User", "holds"}));

INSTANTIATE_TEST_SUITE_P(
    Hierarchies, PolicyAnalysis,
    ::testing::Values(
        Row{kAlways, "principal in principal", "holds"},
        Row{kNever, R"(principal in Group::"a")", "refuted"},
        Row{kNever,
            R"(principal in Group::"a" && Group::"a" in Group::"b" && !(principal in Group::"b"))",
            "holds"},
        Row{kNever, R"(Group::"a" in Group::"b" && Group::"b" in Group::"a")", "holds"},
        Row{kNever, R"(resource in Doc::"a" && Doc::"a" in resource && resource != Doc::"a")",
            "holds"},
        Row{kNever, R"(resource in Doc::"a" && Doc::"a" in resource)", "refuted"},
        Row{kNever, R"(principal in resource)", "holds"},
        Row{kNever,
            R"(principal in [Group::"a", Group::"b"] && !(principal in Group::"a") && !(principal in Group::"b"))",
            "holds"},
        Row{kNever, R"(principal in [Group::"a", Group::"b"] && !(principal in Group::"a"))",
            "refuted"},
        Row{kNever, R"(action == Action::"view" && action in [Action::"view"])", "refuted"}));

TEST(Analysis, RefutesWithARequestThatCanBeRead) {
  const Place place(kSchema);
  const auto verdict = place.ask(kNever, R"(permit(principal in Group::"staff", action, resource)
                 when { context.mfa && principal.age == 42 && resource.owner.boss == principal }
                 unless { !(resource.owner has boss) };)");
  ASSERT_THAT(said(verdict), HasSubstr("optional"));
  const auto found = place.ask(kNever, R"(permit(principal in Group::"staff", action, resource)
                 when { context.mfa && principal.age == 42 }
                 when { resource.owner has boss && resource.owner.boss == principal };)");
  ASSERT_EQ(said(found), "refuted");
  const Counterexample& example = std::get<Counterexample>(*found);
  const cedar::Entity* principal = example.store.get(example.request.principal);
  ASSERT_NE(principal, nullptr);
  EXPECT_EQ(*principal->attributes.find("age"), cedar::Value(42));
  EXPECT_EQ(*example.request.context.find("mfa"), cedar::Value(true));
  EXPECT_EQ(example.store.ancestors(example.request.principal),
            std::vector{*cedar::EntityUid::of("Group", "staff")});
  // Whom they name is there too.
  const cedar::Value owner = *example.store.get(example.request.resource)->attributes.find("owner");
  EXPECT_NE(example.store.get(*owner.if_entity()), nullptr);
}

TEST(Analysis, ComparesPolicies) {
  const Place place(kSchema);
  constexpr std::string_view kAdult =
      "permit(principal, action, resource) when { principal.age >= 18 };";
  constexpr std::string_view kOld =
      "forbid(principal, action, resource) when { principal.age > 64 };";
  constexpr std::string_view kNotYoung =
      "permit(principal, action, resource) unless { principal.age < 18 };";
  constexpr std::string_view kChild =
      "permit(principal, action, resource) when { principal.age < 18 };";
  EXPECT_EQ(said(place.ask(PairProperty::kEquivalent, kAdult, kNotYoung)), "holds");
  EXPECT_EQ(said(place.ask(PairProperty::kEquivalent, kAdult, kOld)), "refuted");
  EXPECT_EQ(said(place.ask(PairProperty::kImplies, kOld, kAdult)), "holds");
  EXPECT_EQ(said(place.ask(PairProperty::kImplies, kAdult, kOld)), "refuted");
  EXPECT_EQ(said(place.ask(PairProperty::kDisjoint, kAdult, kChild)), "holds");
  EXPECT_EQ(said(place.ask(PairProperty::kDisjoint, kAdult, kOld)), "refuted");
}

TEST(Analysis, ComparesPolicySets) {
  const Place place(kSchema);
  constexpr std::string_view kAll = "permit(principal, action, resource);";
  constexpr std::string_view kMfa =
      "permit(principal, action, resource); forbid(principal, action, resource) unless { "
      "context.mfa };";
  constexpr std::string_view kOnlyMfa = "permit(principal, action, resource) when { context.mfa };";
  constexpr std::string_view kNoMfa = "permit(principal, action, resource) when { !context.mfa };";
  EXPECT_EQ(said(place.ask(SetProperty::kAlwaysAllows, kAll)), "holds");
  EXPECT_EQ(said(place.ask(SetProperty::kAlwaysAllows, kMfa)), "refuted");
  EXPECT_EQ(said(place.ask(SetProperty::kAlwaysDenies, kMfa)), "refuted");
  EXPECT_EQ(said(place.ask(SetProperty::kAlwaysDenies, "forbid(principal, action, resource);")),
            "holds");
  EXPECT_EQ(said(place.ask(SetPairProperty::kEquivalent, kMfa, kOnlyMfa)), "holds");
  EXPECT_EQ(said(place.ask(SetPairProperty::kEquivalent, kMfa, kAll)), "refuted");
  EXPECT_EQ(said(place.ask(SetPairProperty::kImplies, kMfa, kAll)), "holds");
  EXPECT_EQ(said(place.ask(SetPairProperty::kImplies, kAll, kMfa)), "refuted");
  EXPECT_EQ(said(place.ask(SetPairProperty::kDisjoint, kMfa, kNoMfa)), "holds");
  EXPECT_EQ(said(place.ask(SetPairProperty::kDisjoint, kMfa, kAll)), "refuted");
}

// A forbid that errs is skipped: what errs for the greatest age allows then.
TEST(Analysis, SkipsWhatErrs) {
  const Place place(kSchema);
  EXPECT_EQ(
      said(place.ask(
          SetPairProperty::kEquivalent,
          R"(permit(principal, action, resource) when { principal.age > 0 };
                              forbid(principal, action, resource) when { principal.age > 0 && principal.age + 1 > 0 };)",
          R"(permit(principal, action, resource) when { principal.age == 9223372036854775807 };)")),
      "holds");
}

TEST(Analysis, OfEntitiesThatMayBeMissing) {
  const Place place(kSchema, {.entities_may_be_missing = true});
  const auto ask = [&](PolicyProperty property, std::string_view condition) {
    return said(place.ask(
        property, fmt::format("permit(principal, action, resource) when {{ {} }};", condition)));
  };
  EXPECT_EQ(ask(kErrs, "principal.age > 3"), "refuted");
  EXPECT_EQ(ask(kErrs, "principal has age && principal.age > 3"), "holds");
  EXPECT_EQ(ask(kAlways, "principal has name"), "refuted");
  EXPECT_EQ(ask(kNever, R"(!(principal has name) && principal in Group::"a")"), "holds");
  EXPECT_EQ(ask(kNever, R"(!(resource has draft) && resource in Doc::"a")"), "refuted");
}

// No two cubes make 42, as remainders of nine show; a solver that looks at bits takes ages.
TEST(Analysis, SaysThatItGaveUp) {
  const Place place(kSchema, {.time_limit = std::chrono::milliseconds(200)});
  const auto verdict = place.ask(kNever, R"(permit(principal, action, resource)
                 when { principal.age * principal.age * principal.age +
                        resource.owner.age * resource.owner.age * resource.owner.age == 42 };)");
  EXPECT_EQ(said(verdict), "unknown: timeout");
}

TEST(Analysis, RefusesWhatIsNotValid) {
  const Place place(kSchema);
  EXPECT_THAT(
      said(place.ask(kErrs, "permit(principal, action, resource) when { principal.wage > 3 };")),
      HasSubstr("has no attribute `wage`"));
  const Place hasty(kSchema, {.time_limit = std::chrono::milliseconds(0)});
  EXPECT_THAT(said(hasty.ask(kErrs, "permit(principal, action, resource);")),
              HasSubstr("expected a time limit above 0 ms, got 0"));
}

}  // namespace
}  // namespace ward::analyze
