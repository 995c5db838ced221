#include "decide/policy_tests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decide/policy_directory.h"
#include "decide/shipped.h"
#include "tests/support/paths.h"

namespace ward::decide {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

constexpr const char* kWorld = R"("world": {
  "owners": [{"id": "team:web"}],
  "identities": [{"id": "spiffe://example.org/web", "owner": "team:web", "labels": {"tier": "1"}}],
  "resources": [{"type": "Record", "id": "r1", "attributes": {"state": "open"}}]})";

std::shared_ptr<const Policies> policies() {
  const auto parsed = Policies::parse({{"web.cedar", R"(
    @id("web.read") permit (principal, action == Action::"read", resource is Record)
    when { context.request has purpose && context.request.purpose == "serve" &&
           context.now < datetime("2026-06-01") };)"}});
  EXPECT_TRUE(parsed.ok()) << parsed.error().text();
  return *parsed;
}

Result<PolicyTestReport> run(const std::string& text) {
  return run_policy_test_file({"web.test.json", text}, *policies());
}
std::string error_of(const std::string& text) {
  const auto report = run(text);
  return report.ok() ? "" : report.error().message();
}
std::string file(const std::string& tests, const std::string& more = "") {
  return fmt::format("{{{}, {} \"tests\": [{}]}}", kWorld, more, tests);
}
std::string test(const std::string& more) {
  return R"({"name": "t", "principal": "spiffe://example.org/web", "action": "read",
             "resource": {"type": "Record", "id": "r1"})" +
         more + "}";
}

TEST(PolicyTest, WhatIsExpectedPasses) {
  const auto report = run(file(
      test(R"(, "request": {"purpose": "serve"}, "decision": "allow", "policies": ["web.read"])") +
      "," + test(R"(, "decision": "deny", "cause": "not-permitted", "policies": [])")));
  ASSERT_TRUE(report.ok()) << report.error().text();
  EXPECT_EQ(report->ran, 2U);
  EXPECT_TRUE(report->failures.empty());
}

TEST(PolicyTest, AnotherDecisionFailsWithItsExplanation) {
  const auto report = run(file(test(R"(, "request": {"purpose": "spy"}, "decision": "allow")")));
  ASSERT_TRUE(report.ok()) << report.error().text();
  ASSERT_EQ(report->failures.size(), 1U);
  EXPECT_EQ(report->failures[0].test, "web.test.json: t");
  EXPECT_EQ(report->failures[0].message, "expected allow, got deny (not-permitted)");
  EXPECT_THAT(report->failures[0].explanation, Contains(HasSubstr("does not hold")));
}

TEST(PolicyTest, AnotherCauseOrPolicyFails) {
  const auto report = run(
      file(test(R"(, "decision": "deny", "cause": "forbidden")") + "," +
           test(R"(, "request": {"purpose": "serve"}, "decision": "allow", "policies": ["x"])")));
  ASSERT_TRUE(report.ok()) << report.error().text();
  ASSERT_EQ(report->failures.size(), 2U);
  EXPECT_THAT(report->failures[0].message, HasSubstr("expected deny (forbidden)"));
  EXPECT_EQ(report->failures[1].message, "expected the policies `x`, got `web.read`");
}

TEST(PolicyTest, TimeIsTheFilesOwn) {
  const std::string allow = test(R"(, "request": {"purpose": "serve"}, "decision": "allow")");
  EXPECT_TRUE(run(file(allow))->failures.empty());
  EXPECT_EQ(run(file(allow, R"("now": "2026-07-01T00:00:00Z",)"))->failures.size(), 1U);
}

TEST(PolicyTest, WhatIsNoTestFileSaysWhere) {
  EXPECT_THAT(error_of("{"), HasSubstr("web.test.json"));
  EXPECT_THAT(error_of(file("")), HasSubstr("1 to"));
  EXPECT_THAT(error_of(file(test(""))), HasSubstr("tests[0].decision"));
  EXPECT_THAT(error_of(file(test(R"(, "decision": "maybe")"))), HasSubstr("maybe"));
  EXPECT_THAT(error_of(file(test(R"(, "decision": "deny", "cause": "whim")"))), HasSubstr("whim"));
  EXPECT_THAT(error_of(file(test(R"(, "decision": "deny", "polices": [])"))), HasSubstr("polices"));
  EXPECT_THAT(error_of(R"({"world": {"identities": [{"id": "web"}]}, "tests": [1]})"),
              HasSubstr("world.identities[0].id"));
  EXPECT_THAT(error_of(R"({"world": {"people": []}, "tests": [1]})"), HasSubstr("people"));
  EXPECT_THAT(error_of(R"({"world": {}, "world": {}, "tests": [1]})"), HasSubstr("web.test.json"));
}

TEST(ShippedPolicies, PassTheTestsBesideThem) {
  const os::SystemFileSystem files;
  const auto read =
      read_policy_directory(files, (ward::testing::source_dir() / "policies").string());
  ASSERT_TRUE(read.ok()) << read.error().text();
  const auto parsed = Policies::parse(*read);
  ASSERT_TRUE(parsed.ok()) << parsed.error().text();
  const auto report = run_policy_tests(*read, **parsed);
  ASSERT_TRUE(report.ok()) << report.error().text();
  EXPECT_GE(report->ran, 20U);
  for (const PolicyTestFailure& failure : report->failures) {
    ADD_FAILURE() << failure.test << ": " << failure.message << '\n'
                  << fmt::format("{}", fmt::join(failure.explanation, "\n"));
  }
}

}  // namespace
}  // namespace ward::decide
