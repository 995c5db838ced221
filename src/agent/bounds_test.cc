// What the agent holds on demand is bounded: the least recently used goes, and the server is told.
#include <algorithm>

#include "agent/testing/agent_fixture.h"

namespace ward::agent {
namespace {

using testing::AgentFixture;

constexpr std::size_t kNamesMax = 16;

class BoundsTest : public AgentFixture {
 protected:
  BoundsTest() {
    for (int i = 0; i < 40; ++i) {
      server_->append(world::ResourcePut{world::testing::resource(fmt::format("r{}", i))});
    }
  }

  void start_bounded() {
    AgentConfig bounded = config();
    bounded.limits.view_names = kNamesMax;
    bounded.limits.jwt_svids = 2;
    start(std::move(bounded));
    ASSERT_TRUE(run_until([&] { return is_current(); }));
  }

  static world::Name name_of(int number) {
    return {world::NameKind::kResource,
            world::resource_name("Ward::Service", fmt::format("r{}", number))};
  }
  AgentView& view() { return agent_->session()->view(); }

  // Of the decision only this is looked at: what it rests on was asked for.
  void question(int number, int& answers) {
    decide::Question question;
    question.principal = "spiffe://example.org/shop";
    question.action = "read";
    question.resource = {"Ward::Service", fmt::format("r{}", number)};
    question.enforcement_point = "test";
    agent_->session()->judge().judge(std::move(question), [&](decide::Decision) { ++answers; });
  }
  void ask(int number) {
    int answers = 0;
    question(number, answers);
    ASSERT_TRUE(run_until([&] { return answers == 1; }));
  }
};

TEST_F(BoundsTest, TheLeastRecentlyUsedNameGoesAndTheServerHearsOfIt) {
  start_bounded();
  ask(0);
  ask(1);
  const std::size_t others = view().size() - 2;  // what each question and each view holds
  int next = 2;
  while (view().size() < kNamesMax) ask(next++);
  EXPECT_EQ(static_cast<std::size_t>(next) + others, kNamesMax);
  ask(0);  // used again, so 1 is the oldest
  ask(next++);
  EXPECT_EQ(view().size(), kNamesMax);
  EXPECT_TRUE(view().holds(name_of(0)));
  EXPECT_FALSE(view().holds(name_of(1)));
  EXPECT_EQ(view().world().resource("Ward::Service", "r1"), nullptr);
  ASSERT_TRUE(run_until([&] { return !server_->seen.forgotten.empty(); }));
  EXPECT_EQ(server_->seen.forgotten, std::vector<std::string>{name_of(1).id});
  while (next < 40) ask(next++);
  EXPECT_EQ(view().size(), kNamesMax);
  // What each view holds is not among what went.
  EXPECT_TRUE(view().holds({world::NameKind::kEverywhere, {}}));
  EXPECT_TRUE(view().holds({world::NameKind::kNode, view().node()}));
}

TEST_F(BoundsTest, AChangeOfAForgottenNameIsNotPushedAndAskedForAnew) {
  start_bounded();
  ask(0);
  for (int i = 1; i < 20; ++i) ask(i);
  ASSERT_FALSE(view().holds(name_of(0)));
  ASSERT_TRUE(run_until([&] {
    return std::ranges::find(server_->seen.forgotten, name_of(0).id) !=
           server_->seen.forgotten.end();
  }));
  world::Resource changed = world::testing::resource("r0");
  changed.environment = "changed";
  server_->append(world::ResourcePut{changed});
  const auto of_forgotten = server_->world().revision();
  changed.id = "r19";
  server_->append(world::ResourcePut{changed});
  const auto of_held = server_->world().revision();
  ASSERT_TRUE(run_until([&] { return view().revision() == of_held; }));
  EXPECT_EQ(std::ranges::count(server_->seen.pushed, of_forgotten), 0);
  EXPECT_EQ(std::ranges::count(server_->seen.pushed, of_held), 1);
  EXPECT_EQ(view().world().resource("Ward::Service", "r19")->environment, "changed");
  ask(0);
  EXPECT_EQ(server_->seen.asked[name_of(0).id], 2);
  EXPECT_EQ(view().world().resource("Ward::Service", "r0")->environment, "changed");
}

TEST_F(BoundsTest, QuestionsAtOnceAboutOneNameAskForItOnce) {
  start_bounded();
  int answers = 0;
  for (int i = 0; i < 50; ++i) question(i % 2, answers);
  ASSERT_TRUE(run_until([&] { return answers == 50; }));
  EXPECT_EQ(server_->seen.asked[name_of(0).id], 1);
  EXPECT_EQ(server_->seen.asked[name_of(1).id], 1);
  EXPECT_TRUE(view().holds(name_of(0)));
}

TEST_F(BoundsTest, QuestionsThatWaitForOneNameAreAllAnsweredWhenTheStreamIsLost) {
  start_bounded();
  server_->is_silent = true;
  int answers = 0;
  for (int i = 0; i < 10; ++i) question(0, answers);
  server_->go_away();
  EXPECT_TRUE(run_until([&] { return answers == 10; }));
}

TEST_F(BoundsTest, TheLeastRecentlyUsedTokenGoes) {
  start_bounded();
  ASSERT_TRUE(run_until([&] { return agent_->session()->svids().find("r1") != nullptr; }));
  const auto fetch = [&](const std::string& audience) {
    JWTSVIDRequest request;
    request.add_audience(audience);
    const auto got = call_unary<JWTSVIDRequest, JWTSVIDResponse>("FetchJWTSVID", request);
    EXPECT_TRUE(got.ok());
    return server_->seen.jwts;
  };
  EXPECT_EQ(fetch("a"), 1);
  EXPECT_EQ(fetch("b"), 2);
  EXPECT_EQ(fetch("a"), 2);
  EXPECT_EQ(fetch("c"), 3);  // b goes
  EXPECT_EQ(agent_->session()->sources().jwts.size(), 2U);
  EXPECT_EQ(fetch("a"), 3);
  EXPECT_EQ(fetch("b"), 4);
}

}  // namespace
}  // namespace ward::agent
