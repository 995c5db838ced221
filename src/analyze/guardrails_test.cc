// The policies that Ward ships, by the schema that Ward ships.
#include <fstream>
#include <sstream>

#include "analyze/findings.h"
#include "analyze/testing/place.h"
#include "tests/support/paths.h"

namespace ward::analyze {
namespace {

std::string shipped(std::string_view name) {
  std::ifstream file(ward::testing::source_dir() / "policies" / name);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

// A resource of an operator's, as a registered one may be.
constexpr std::string_view kRegistered = R"(
  entity Record in [Record, Ward::Owner, Ward::Environment, Ward::Segment] = {
    purpose?: String, owner?: Ward::Owner, environment?: Ward::Environment, segment?: Ward::Segment,
  };
  action "read" appliesTo {
    principal: [Ward::Human, Ward::Workload], resource: Record, context: Ward::Decision,
  };
)";

cedar::Schema schema_of(const std::string& text) {
  auto schema = cedar::Schema::from_text(text + std::string(kRegistered), "ward.cedarschema");
  EXPECT_TRUE(schema.ok()) << schema.error().text();
  return std::move(schema).value();
}

cedar::PolicySet shipped_policies(std::string_view name) {
  return cedar::parse_policies(shipped(name), std::string(name))
      .value()
      .renamed_by_annotation("id")
      .value();
}

cedar::Schema shipped_schema() {
  return schema_of(shipped("ward.cedarschema"));
}

TEST(Guardrails, AreValidAndNeverErr) {
  const cedar::Schema schema = shipped_schema();
  const cedar::PolicySet set = shipped_policies("guardrails.cedar");
  EXPECT_GT(set.size(), 0u);
  for (const auto& [id, policy] : set.policies()) {
    const auto valid = cedar::validate_policy(policy.tree(), schema);
    EXPECT_TRUE(valid->ok()) << id << ": " << valid->errors.front().message;
    EXPECT_FALSE(valid->is_impossible) << id;
    const auto verdicts = check_everywhere(schema, {}, [&](const Scene& scene) {
      return check(PolicyProperty::kNeverErrors, policy, scene);
    });
    ASSERT_TRUE(verdicts.ok()) << verdicts.error().text();
    for (const EnvironmentVerdict& each : *verdicts) {
      EXPECT_TRUE(std::holds_alternative<Holds>(each.verdict)) << id << to_text(each.environment);
    }
  }
}

// Each forbids something that no other does. Asked where a resource has all that they look at.
TEST(Guardrails, AllMatter) {
  cedar::PolicySet set = shipped_policies("guardrails.cedar");
  ASSERT_TRUE(
      set.merge(cedar::parse_policies("permit(principal, action, resource);").value(), true).ok());
  const std::string text = shipped("ward.cedarschema");
  const auto report = examine(set, schema_of(text.substr(0, text.find("\naction "))), {});
  ASSERT_TRUE(report.ok()) << report.error().text();
  for (const Finding& each : report->findings) {
    ADD_FAILURE() << each.policy << " is " << finding_name(each.kind) << " " << each.other;
  }
}

TEST(Guardrails, StandAboveTheDefaultPolicies) {
  const cedar::Schema schema = shipped_schema();
  cedar::PolicySet set = shipped_policies("guardrails.cedar");
  ASSERT_TRUE(set.merge(shipped_policies("default.cedar"), false).ok());
  const auto nobody_else = cedar::parse_policies(
      R"(permit(principal is Ward::ServiceAccount in Ward::Owner::"team:ward-operators", action, resource is Ward::Server)
         when { principal.status == "active" && principal.owner_live && !context.revoked };)");
  const auto verdicts = check_everywhere(schema, {}, [&](const Scene& scene) {
    return check(SetPairProperty::kImplies, set, *nobody_else, scene);
  });
  ASSERT_TRUE(verdicts.ok()) << verdicts.error().text();
  for (const EnvironmentVerdict& each : *verdicts) {
    EXPECT_TRUE(std::holds_alternative<Holds>(each.verdict)) << to_text(each.environment);
  }
}

}  // namespace
}  // namespace ward::analyze
