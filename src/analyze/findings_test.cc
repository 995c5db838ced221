#include "analyze/findings.h"

#include <gmock/gmock.h>

#include "analyze/testing/place.h"

namespace ward::analyze {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kSchema = R"(
  entity Group;
  entity User in [Group] { age: Long };
  entity Doc { draft: Bool };
  entity Folder;
  action view appliesTo { principal: User, resource: [Doc, Folder] };
)";

// `KIND POLICY OTHER at RESOURCE_TYPE`
std::vector<std::string> findings(std::string_view policies, const Options& options = {}) {
  const auto schema = cedar::Schema::from_text(kSchema).value();
  const auto set =
      cedar::parse_policies(policies, "test.cedar").value().renamed_by_annotation("id").value();
  const auto report = examine(set, schema, options);
  if (!report.ok()) return {report.error().text()};
  std::vector<std::string> out;
  for (const Finding& each : report->findings) {
    const std::string at = each.environment ? " at " + each.environment->resource->name.name() : "";
    out.push_back(fmt::format("{} {}{}{}{}", finding_name(each.kind), each.policy,
                              each.other.empty() ? "" : " by ", each.other, at));
    EXPECT_EQ(each.example.has_value(), each.kind == Finding::Kind::kMayErr);
  }
  return out;
}

TEST(Findings, NoneInASetThatIsWhole) {
  EXPECT_THAT(findings(R"(permit(principal in Group::"a", action, resource);
                          permit(principal, action, resource is Doc) when { resource.draft };
                          forbid(principal, action, resource) when { principal.age < 18 };)"),
              ElementsAre());
}

TEST(Findings, OfPoliciesThatErrAndThatNeverMatch) {
  EXPECT_THAT(
      findings(
          R"(@id("sum") forbid(principal, action, resource is Doc) when { principal.age + 1 > 18 };
                  @id("void") permit(principal, action, resource) when { principal.age < 1 && principal.age > 1 };
                  @id("all") permit(principal, action, resource is Doc) when { resource.draft || !resource.draft };
                  @id("scope") forbid(principal == User::"a", action, resource is Doc);)"),
      ElementsAre("AlwaysMatches all at Doc", "MayErr sum at Doc", "NeverMatches void"));
}

TEST(Findings, OfPoliciesThatChangeNothing) {
  EXPECT_THAT(
      findings(
          R"(@id("adults") permit(principal, action, resource is Doc) when { principal.age >= 18 };
                  @id("grown") permit(principal, action, resource is Doc) unless { principal.age < 18 };
                  @id("old") permit(principal, action, resource is Doc) when { principal.age > 64 };
                  @id("child") permit(principal, action, resource is Doc) when { principal.age == 4 };
                  @id("guard") forbid(principal, action, resource is Doc) when { principal.age < 12 };)"),
      ElementsAre("Overridden child by guard at Doc", "Shadowed grown by adults at Doc",
                  "Shadowed old by adults at Doc"));
}

TEST(Findings, OfForbidsAloneAreNotThatTheyChangeNothing) {
  EXPECT_THAT(findings("forbid(principal, action, resource) when { principal.age < 18 };"),
              ElementsAre());
}

TEST(Findings, OfAPolicyThatTwoOthersMakeRedundant) {
  EXPECT_THAT(
      findings(
          R"(@id("young") permit(principal, action, resource is Doc) when { principal.age < 50 };
                  @id("old") permit(principal, action, resource is Doc) when { principal.age > 30 };
                  @id("middle") permit(principal, action, resource is Doc) when { principal.age > 10 && principal.age < 90 };)"),
      ElementsAre("Redundant middle at Doc"));
}

TEST(Findings, EndWhenTheyAreToldTo) {
  const auto schema = cedar::Schema::from_text(kSchema).value();
  const auto set = cedar::parse_policies("permit(principal, action, resource);").value();
  std::vector<std::size_t> seen;
  const auto report = examine(set, schema, {}, [&](std::size_t done, std::size_t total) {
    EXPECT_EQ(total, 2u);
    seen.push_back(done);
    return done < 1;
  });
  EXPECT_THAT(report.error().text(), HasSubstr("cancelled: "));
  EXPECT_THAT(seen, ElementsAre(0u, 1u));
}

TEST(Findings, RefuseWhatIsNotValid) {
  EXPECT_THAT(findings("permit(principal, action, resource) when { principal.wage > 1 };"),
              ElementsAre(HasSubstr("test.cedar:1:44: policy `policy0`: UnsafeAttributeAccess: ")));
}

}  // namespace
}  // namespace ward::analyze
