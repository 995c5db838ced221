// What the tests of this room share.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "analyze/analysis.h"
#include "analyze/environments.h"

namespace ward::analyze::testing {

// A schema and a place to ask: its first environment, or one by name.
class Place {
 public:
  explicit Place(std::string_view schema, Options options = {})
      : schema_(cedar::Schema::from_text(schema).value()), options_(options) {}

  const cedar::Schema& schema() const { return schema_; }
  Scene scene(std::size_t environment = 0) const {
    return {schema_, environments(schema_).at(environment), options_};
  }

  Result<Verdict> ask(PolicyProperty property, std::string_view policy) const {
    return check(property, policy_of(policy), scene());
  }
  Result<Verdict> ask(PairProperty property, std::string_view a, std::string_view b) const {
    return check(property, policy_of(a), policy_of(b), scene());
  }
  Result<Verdict> ask(SetProperty property, std::string_view set) const {
    return check(property, cedar::parse_policies(set).value(), scene());
  }
  Result<Verdict> ask(SetPairProperty property, std::string_view a, std::string_view b) const {
    return check(property, cedar::parse_policies(a).value(), cedar::parse_policies(b).value(),
                 scene());
  }

  static cedar::Policy policy_of(std::string_view text) {
    const auto set = cedar::parse_policies(text, "test.cedar");
    EXPECT_TRUE(set.ok()) << text << set.error().text();
    return set.value().policies().begin()->second;
  }

 private:
  cedar::Schema schema_;
  Options options_;
};

// `holds`, `refuted`, `unknown: ...` or `error: ...`: what a test expects.
inline std::string said(const Result<Verdict>& verdict) {
  if (!verdict.ok()) return "error: " + verdict.error().text();
  if (const auto* unknown = std::get_if<Unknown>(&*verdict)) return "unknown: " + unknown->reason;
  return std::holds_alternative<Holds>(*verdict) ? "holds" : "refuted";
}

// A policy of that condition, and what is said of it.
struct Row {
  PolicyProperty property;
  std::string_view condition;
  std::string_view expected;
};

constexpr auto kErrs = PolicyProperty::kNeverErrors;
constexpr auto kAlways = PolicyProperty::kAlwaysMatches;
constexpr auto kNever = PolicyProperty::kNeverMatches;

inline void expect_said(std::string_view schema, const Row& row) {
  const Place place(schema);
  const std::string policy =
      fmt::format("permit(principal, action, resource) when {{ {} }};", row.condition);
  EXPECT_EQ(said(place.ask(row.property, policy)), row.expected) << policy;
}

}  // namespace ward::analyze::testing
