#include "agent/agent_judge.h"

#include "agent/testing/agent_fixture.h"

namespace ward::agent {
namespace {

using testing::AgentFixture;

class AgentJudgeTest : public AgentFixture {
 protected:
  AgentJudgeTest() {
    server_->append(world::OwnerPut{
        {.id = "team:payments", .kind = world::OwnerKind::kTeam, .contact = "#payments"}});
    server_->append(world::ResourcePut{world::testing::resource("db")});
    world::PolicySet set = world::testing::policy_set(1);
    set.name = kPolicySetInForce;
    set.files = {
        {"a.cedar", "permit(principal, action, resource);"},
        {"actions.json", R"([{"uid":{"type":"Action","id":"read"},"attrs":{},"parents":[]},)"
                         R"({"uid":{"type":"Action","id":"drop"},"attrs":{},)"
                         R"("parents":[{"type":"Action","id":"privileged"}]}])"}};
    set.schema.clear();
    set.sha256 = world::policy_set_digest(set.files, set.schema);
    server_->append(world::PolicySetPublished{std::move(set)});
  }

  decide::Decision ask(const std::string& action, const std::string& resource = "db") {
    decide::Question question;
    question.principal = "spiffe://example.org/shop";
    question.action = action;
    question.resource = {"Ward::Service", resource};
    question.enforcement_point = "test";
    std::optional<decide::Decision> answer;
    agent_->session()->judge().judge(std::move(question),
                                     [&](decide::Decision decision) { answer = decision; });
    EXPECT_TRUE(run_until([&] { return answer.has_value(); }));
    return answer.value_or(decide::Decision{});
  }
};

TEST_F(AgentJudgeTest, AsksTheServerForWhatTheViewLacksAndKeepsIt) {
  start_ready();
  const decide::Decision first = ask("read");
  EXPECT_TRUE(first.allow) << decide::cause_name(first.cause)
                           << (first.reasons.empty() ? "" : first.reasons[0]);
  const int asks = server_->seen.asks;
  EXPECT_GE(asks, 1);
  EXPECT_TRUE(ask("read").allow);
  EXPECT_EQ(server_->seen.asks, asks);
}

TEST_F(AgentJudgeTest, AnUnknownResourceIsKnownToBeAbsent) {
  start_ready();
  EXPECT_EQ(ask("read", "none").cause, decide::Cause::kUnknownResource);
  const int asks = server_->seen.asks;
  EXPECT_EQ(ask("read", "none").cause, decide::Cause::kUnknownResource);
  EXPECT_EQ(server_->seen.asks, asks);
}

TEST_F(AgentJudgeTest, ANameThatCannotBeAskedForDenies) {
  start_ready();
  server_->is_silent = true;
  EXPECT_FALSE(ask("read", "db").allow);
}

TEST_F(AgentJudgeTest, WithTheServerLostPrivilegedDeniesOnceStaleAndTheRestGoesOn) {
  AgentConfig short_config = config();
  short_config.staleness = std::chrono::milliseconds{500};
  start(std::move(short_config));
  ASSERT_TRUE(run_until([&] { return is_current(); }));
  const decide::Decision fresh = ask("drop");
  EXPECT_TRUE(fresh.allow);
  EXPECT_TRUE(fresh.privileged);
  server_->go_away();
  loop_.run_for(std::chrono::milliseconds{700});
  EXPECT_EQ(ask("drop").cause, decide::Cause::kStale);
  EXPECT_TRUE(ask("read").allow);
}

}  // namespace
}  // namespace ward::agent
