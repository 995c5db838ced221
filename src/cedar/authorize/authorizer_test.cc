#include "cedar/authorize/authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/ranges.h>

#include <atomic>
#include <thread>

#include "cedar/entity/entities.h"

namespace ward::cedar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Request kRequest{*EntityUid::of("User", "alice"), *EntityUid::of("Action", "read"),
                       *EntityUid::of("Doc", "d"), Record{{"mfa", true}}};

Response decide(std::string_view policies) {
  const auto set = parse_policies(policies);
  EXPECT_TRUE(set.ok()) << set.error().text();
  return authorize(kRequest, *set, Entities());
}

std::vector<std::string> erring(const Response& response) {
  std::vector<std::string> out;
  for (const PolicyError& error : response.errors) out.push_back(error.policy_id);
  return out;
}

constexpr std::string_view kPermit = "permit(principal, action, resource);";
constexpr std::string_view kForbid = "forbid(principal, action, resource);";
constexpr std::string_view kErringPermit =
    "permit(principal, action, resource) when { context.x };";
constexpr std::string_view kErringForbid =
    "forbid(principal, action, resource) when { context.x };";
constexpr std::string_view kElsePermit = "permit(principal == User::\"bob\", action, resource);";

std::string all(std::initializer_list<std::string_view> policies) {
  return fmt::format("{}", fmt::join(policies, "\n"));
}

TEST(Authorizer, NothingIsPermittedByDefault) {
  const Response response = decide("");
  EXPECT_EQ(response.decision, Decision::kDeny);
  EXPECT_THAT(response.reasons, IsEmpty());
  EXPECT_EQ(decide(kElsePermit).decision, Decision::kDeny);
}

TEST(Authorizer, ASatisfiedPermitAllowsAndIsTheReason) {
  const Response response = decide(all({kElsePermit, kPermit, kPermit}));
  EXPECT_EQ(response.decision, Decision::kAllow);
  EXPECT_THAT(response.reasons, ElementsAre("policy1", "policy2"));
}

TEST(Authorizer, ForbidOverridesPermitAndIsTheOnlyReason) {
  const Response response = decide(all({kPermit, kForbid, kPermit}));
  EXPECT_EQ(response.decision, Decision::kDeny);
  EXPECT_THAT(response.reasons, ElementsAre("policy1"));
}

TEST(Authorizer, ErringPoliciesAreSkippedAndReportedWhateverTheDecision) {
  const Response allowed = decide(all({kErringForbid, kPermit, kErringPermit}));
  EXPECT_EQ(allowed.decision, Decision::kAllow);
  EXPECT_THAT(allowed.reasons, ElementsAre("policy1"));
  EXPECT_THAT(erring(allowed), ElementsAre("policy0", "policy2"));
  EXPECT_EQ(allowed.errors[0].error.kind, EvaluationErrorKind::kRecordAttrDoesNotExist);

  const Response denied = decide(all({kForbid, kErringPermit}));
  EXPECT_EQ(denied.decision, Decision::kDeny);
  EXPECT_THAT(erring(denied), ElementsAre("policy1"));
}

const EntityUid kStaff = *EntityUid::of("Group", "staff");

// A store of the program's own, as the world will be.
class OneUser final : public EntityStore {
 public:
  EntityHandle find(const EntityName& name) const override {
    return name == kRequest.principal ? EntityHandle{this} : EntityHandle{};
  }
  EntityName name(EntityHandle) const override { return kRequest.principal; }
  std::optional<ValueView> attribute(EntityHandle, std::string_view name) const override {
    return name == "name" ? std::optional(ValueView(std::string_view("alice"))) : std::nullopt;
  }
  std::optional<ValueView> tag(EntityHandle, std::string_view) const override {
    return std::nullopt;
  }
  bool has_ancestor(EntityHandle, const EntityName& ancestor) const override {
    return ancestor == kStaff;
  }
  void each_ancestor(EntityHandle, AncestorVisitor& visitor) const override {
    visitor.visit(kStaff);
  }
};

TEST(Authorizer, TakesEntitiesFromAnyStore) {
  const auto policies = parse_policies(
      R"(permit(principal in Group::"staff", action, resource) when { principal.name == "alice" };)");
  EXPECT_EQ(authorize(kRequest, *policies, OneUser()).decision, Decision::kAllow);
  EXPECT_EQ(authorize(kRequest, *policies, Entities()).decision, Decision::kDeny);
}

TEST(Authorizer, ManyThreadsMayDecideOnOneSet) {
  const auto policies = parse_policies(all({kPermit, kErringForbid}));
  const OneUser store;
  std::vector<std::jthread> threads;
  std::atomic<int> allows = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 200; ++j) {
        if (authorize(kRequest, *policies, store).decision == Decision::kAllow) ++allows;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(allows, 800);
}

}  // namespace
}  // namespace ward::cedar
