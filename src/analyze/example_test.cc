// The example of docs/rooms/analyze.md.
#include <gtest/gtest.h>

#include <algorithm>

#include "analyze/environments.h"

namespace ward::analyze {
namespace {

Result<bool> never_errs(const cedar::Policy& policy, const cedar::Schema& schema) {
  const auto ask = [&](const analyze::Scene& scene) {
    return analyze::check(analyze::PolicyProperty::kNeverErrors, policy, scene);
  };
  WARD_TRY(const auto all, analyze::check_everywhere(schema, {}, ask));
  return std::ranges::all_of(all, [](const analyze::EnvironmentVerdict& each) {
    return std::holds_alternative<analyze::Holds>(each.verdict);
  });
}

TEST(AnalysisExample, ProvesThatAPolicyNeverErrs) {
  const auto schema = cedar::Schema::from_text(
      "entity User { age: Long }; action a, b appliesTo { principal: User, resource: User };");
  const auto policies = cedar::parse_policies(
      "forbid(principal, action, resource) when { principal.age < 18 };"
      "forbid(principal, action == Action::\"b\", resource) when { principal.age * 2 < 36 };");
  ASSERT_TRUE(schema.ok() && policies.ok());
  EXPECT_TRUE(*never_errs(*policies->find("policy0"), *schema));
  EXPECT_FALSE(*never_errs(*policies->find("policy1"), *schema));
}

}  // namespace
}  // namespace ward::analyze
