#include "cedar/policy_json/policy_set_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ward::cedar {
namespace {

using ::testing::ElementsAre;
using ::testing::Key;

constexpr std::string_view kStatic =
    R"({"effect": "permit", "principal": {"op": "All"}, "action": {"op": "All"},
        "resource": {"op": "All"}, "conditions": []})";
constexpr std::string_view kTemplate =
    R"({"effect": "permit", "principal": {"op": "==", "slot": "?principal"},
        "action": {"op": "All"}, "resource": {"op": "All"}, "conditions": []})";

std::string set_of(std::string_view statics, std::string_view templates, std::string_view links) {
  return fmt::format(R"({{"staticPolicies": {{{}}}, "templates": {{{}}}, "templateLinks": [{}]}})",
                     statics, templates, links);
}

std::string error_of(std::string_view text) {
  const auto policies = parse_policy_set_json(text, "p.json");
  return policies.ok() ? "" : policies.error().message();
}

TEST(PolicySetJson, StaticPoliciesTemplatesAndLinks) {
  const std::string text = set_of(
      fmt::format(R"("s": {})", kStatic), fmt::format(R"("t": {})", kTemplate),
      R"({"templateId": "t", "newId": "l", "values": {"?principal": {"type": "U", "id": "a"}}})");
  const auto policies = parse_policy_set_json(text, "p.json");
  ASSERT_TRUE(policies.ok()) << policies.error().text();
  EXPECT_THAT(policies->policies(), ElementsAre(Key("l"), Key("s")));
  EXPECT_THAT(policies->templates(), ElementsAre(Key("t")));
  EXPECT_EQ(policies->find("l")->slots().principal, EntityUid::of("U", "a").value());
  EXPECT_EQ(policies->find("s")->place(), "p.json#/staticPolicies/s:1:1");
  const auto json = policy_set_to_json(*policies);
  ASSERT_TRUE(json.ok()) << json.error().text();
  EXPECT_TRUE(*json == codec::parse_json(text).value()) << codec::write_json(*json);
}

TEST(PolicySetJson, WhatDoesNotFitIsRefused) {
  const std::string statics = fmt::format(R"("s": {})", kStatic);
  const std::string templates = fmt::format(R"("t": {})", kTemplate);
  EXPECT_EQ(error_of(R"({"staticPolicies": {}})"), "p.json: `templates` is missing");
  EXPECT_EQ(error_of(R"({"staticPolicies": {}, "templates": {}, "links": []})"),
            "p.json: `links` is not known");
  EXPECT_EQ(error_of(set_of(fmt::format(R"("s": {})", kTemplate), "", "")),
            "p.json: `staticPolicies.s`: a static policy has no slots, and this has one");
  EXPECT_EQ(error_of(set_of("", fmt::format(R"("t": {})", kStatic), "")),
            "p.json: `templates.t`: a template has a slot in its scope, and this has none");
  EXPECT_EQ(error_of(set_of(statics, fmt::format(R"("s": {})", kTemplate), "")),
            "p.json: `templates.s`: there is already a policy or template `s`");
  EXPECT_EQ(error_of(set_of("", templates, R"({"templateId": "t", "newId": "l", "values": {}})")),
            "p.json: `templateLinks[0]`: l: no value is given for `?principal`");
  EXPECT_EQ(error_of(set_of("", "", R"({"templateId": "t", "newId": "l", "values": {}})")),
            "p.json: `templateLinks[0]`: there is no template `t`");
  EXPECT_EQ(error_of(set_of("", templates,
                            R"({"templateId": "t", "newId": "l", "values": {"?action": 1}})")),
            "p.json: `templateLinks[0].values`: `?action` is not known");
  // JSON itself says that a name stands twice.
  EXPECT_NE(error_of(set_of(statics + ", " + statics, "", "")), "");
}

}  // namespace
}  // namespace ward::cedar
