#include "enforce/authzen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "enforce/testing_http.h"

namespace ward::enforce {
namespace {

using testing::FixedCallerCheck;
using ::testing::HasSubstr;
using testing::MemoryExchange;

// Answers as the action says, later if told to.
class ScriptedJudge final : public decide::Judge {
 public:
  void judge(decide::Question question, Answer answer) override {
    questions.push_back(question);
    decide::Decision decision;
    decision.allow = question.action == "yes";
    decision.cause = decision.allow ? decide::Cause::kAllowed : decide::Cause::kNotPermitted;
    decision.revision = 7;
    if (!is_slow) return answer(std::move(decision));
    waiting.emplace_back(std::move(answer), std::move(decision));
  }
  void let_go(std::size_t index) { waiting[index].first(std::move(waiting[index].second)); }

  bool is_slow = false;
  std::vector<decide::Question> questions;
  std::deque<std::pair<Answer, decide::Decision>> waiting;
};

class AuthzenTest : public ::testing::Test {
 protected:
  AuthzenTest()
      : api_(AuthzenApi::make(
                 spiffe::TrustDomain::parse("example.org").value(),
                 {.names = {.subject_templates = {{"user", "spiffe://{trust_domain}/u/{id}"}},
                            .resource_types = {}},
                  .identifier = "https://pdp.example.org"},
                 judge_, callers_)
                 .value()) {
    api_.mount(router_);
  }

  MemoryExchange post(const std::string& path, const std::string& body,
                      http::Headers headers = {{"content-type", "application/json"}}) {
    headers.add("x-request-id", "r-1");
    return {router_,
            {.head = {.method = "POST", .target = path, .headers = std::move(headers)},
             .body = to_bytes(body)}};
  }
  MemoryExchange single(const std::string& body) { return post("/access/v1/evaluation", body); }
  MemoryExchange batch(const std::string& actions, const std::string& semantic) {
    return post("/access/v1/evaluations",
                R"({"subject":{"type":"user","id":"a"},"resource":{"type":"R","id":"1"},
                    "options":{"evaluations_semantic":")" +
                    semantic + R"("},"evaluations":[)" + actions + "]}");
  }

  ScriptedJudge judge_;
  FixedCallerCheck callers_;
  http::Router router_;
  AuthzenApi api_;
};

constexpr const char* kGood =
    R"({"subject":{"type":"user","id":"a@b"},"action":{"name":"yes"},"resource":{"type":"R","id":"1"}})";
constexpr const char* kYes = R"({"action":{"name":"yes"}})";
constexpr const char* kNo = R"({"action":{"name":"no"}})";

TEST_F(AuthzenTest, AQuestionIsAnsweredWithCauseAndRevision) {
  const auto exchange = single(kGood);
  EXPECT_EQ(exchange.response().head.status, 200);
  EXPECT_EQ(exchange.header("x-request-id"), "r-1");
  EXPECT_EQ(exchange.text(),
            R"({"decision":true,"context":{"cause":"allowed","reason":"","revision":7}})");
  EXPECT_EQ(judge_.questions[0].principal, "spiffe://example.org/u/a.40b");
  EXPECT_EQ(judge_.questions[0].caller, "spiffe://example.org/gateway");
}

TEST_F(AuthzenTest, WhatTheCallerSaysStaysApart) {
  single(R"({"subject":{"type":"user","id":"a","properties":{"owner":"me","n":null}},
    "action":{"name":"yes","properties":{"soft":true}},
    "resource":{"type":"R","id":"1","properties":{"e":{"__entity":{"type":"A","id":"b"}}}},
    "context":{"risk":0.25,"tags":["b","a"]}})");
  const decide::Question& asked = judge_.questions.at(0);
  EXPECT_EQ(asked.subject_properties, cedar::Record({{"owner", "me"}}));
  EXPECT_EQ(asked.action_properties, cedar::Record({{"soft", true}}));
  // Data that looks like an entity is data.
  EXPECT_EQ(
      asked.resource_properties,
      cedar::Record(
          {{"e", cedar::Record({{"__entity", cedar::Record({{"type", "A"}, {"id", "b"}})}})}}));
  EXPECT_EQ(asked.request, cedar::Record({{"risk", cedar::Decimal::parse("0.25").value()},
                                          {"tags", cedar::Set({"a", "b"})}}));
}

TEST_F(AuthzenTest, WhatIsNoRequestIs400AndAsksNothing) {
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  for (const std::string& body : {
           std::string("[]"),
           std::string(R"({"subject":{"type":"user","id":"a","id":"b"},"action":{"name":"yes"},
                "resource":{"type":"R","id":"1"}})"),
           std::string(R"({"subject":{"type":"user","id":"a"},"action":{"name":"yes"},
                "resource":{"type":"R","id":null}})"),
           std::string(R"({"subject":{"type":"user","id":"a","properties":[]},
                "action":{"name":"yes"},"resource":{"type":"R","id":"1"}})"),
           std::string(R"({"subject":{"type":"user","id":"a"},"action":{"name":"yes"},
                "resource":{"type":"R","id":"1"},"context":"x"})"),
           std::string(R"({"subject":{"type":"user","id":"a"},"action":{"name":"yes"},
                "resource":{"type":"R","id":"1"},"context":{"x":0.00001}})"),
           std::string(R"({"subject":{"type":"user","id":"\ud800"},"action":{"name":"yes"},
                "resource":{"type":"R","id":"1"}})"),
           std::string(R"({"subject":{"type":"user","id":"a"},"action":{"name":"yes"},
                "resource":{"type":"R","id":")") +
               std::string(4000, 'x') + "\"}}",
           std::string(R"({"subject":{"type":"user","id":"a"},"action":{"name":"yes"},
                "resource":{"type":"R","id":"1"},"context":{"d":)") +
               deep + "}}",
       }) {
    const auto exchange = single(body);
    EXPECT_EQ(exchange.response().head.status, 400) << body;
    EXPECT_THAT(exchange.text(), ::testing::StartsWith("\"")) << body;
    EXPECT_EQ(exchange.header("x-request-id"), "r-1");
  }
  EXPECT_TRUE(judge_.questions.empty());
}

TEST_F(AuthzenTest, OtherContentIs400AndOtherMethodsAre405) {
  const char* path = "/access/v1/evaluation";
  EXPECT_EQ(post(path, kGood, {}).response().head.status, 400);
  EXPECT_EQ(post(path, kGood, {{"content-type", "text/plain"}}).response().head.status, 400);
  EXPECT_EQ(post(path, kGood, {{"content-type", "Application/JSON; charset=utf-8"}})
                .response()
                .head.status,
            200);
  const MemoryExchange get(router_, {.head = {.method = "GET", .target = path}});
  EXPECT_EQ(get.response().head.status, 405);
}

TEST_F(AuthzenTest, NamesThatTheRegistryCannotHoldAreDeniedAndNotAsked) {
  const auto exchange = single(
      R"({"subject":{"type":"robot","id":"a"},"action":{"name":"yes"},"resource":{"type":"R","id":"1"}})");
  EXPECT_EQ(exchange.response().head.status, 200);
  EXPECT_THAT(exchange.text(), HasSubstr(R"("decision":false,"context":{"error":{"status":404)"));
  EXPECT_TRUE(judge_.questions.empty());
}

TEST_F(AuthzenTest, CallersAreCheckedBeforeAnythingIsRead) {
  callers_.verdict = make_error(ErrorCode::kUnauthenticated, "who are you");
  const auto unknown = single("{");
  EXPECT_EQ(unknown.response().head.status, 401);
  EXPECT_EQ(unknown.header("www-authenticate"), "Bearer");
  EXPECT_EQ(unknown.header("x-request-id"), "r-1");
  callers_.verdict = make_error(ErrorCode::kPermissionDenied, "you may not");
  EXPECT_EQ(single(kGood).response().head.status, 403);
  callers_.verdict = make_error(ErrorCode::kInternal, "/secret/path is broken");
  const auto broken = single(kGood);
  EXPECT_EQ(broken.response().head.status, 500);
  EXPECT_EQ(broken.text().find("secret"), std::string::npos);
  EXPECT_TRUE(judge_.questions.empty());
}

TEST_F(AuthzenTest, SemanticsStopWhereTheySay) {
  const auto count = [&](const char* semantic) {
    judge_.questions.clear();
    batch(fmt::format("{},{},{},{}", kYes, kNo, kYes, kNo), semantic);
    return judge_.questions.size();
  };
  EXPECT_EQ(count("execute_all"), 4U);
  EXPECT_EQ(count("deny_on_first_deny"), 2U);
  EXPECT_EQ(count("permit_on_first_permit"), 1U);
  EXPECT_EQ(batch(kYes, "whatever").response().head.status, 400);
}

TEST_F(AuthzenTest, AnItemInErrorCountsAsADeny) {
  const auto exchange =
      batch(fmt::format("{},{{\"action\":{{}}}},{}", kYes, kYes), "deny_on_first_deny");
  EXPECT_EQ(judge_.questions.size(), 1U);
  EXPECT_THAT(exchange.text(), HasSubstr(R"({"decision":false,"context":{"error":{"status":400)"));
}

TEST_F(AuthzenTest, AnswersThatComeLateAndOutOfOrderKeepTheOrderOfTheItems) {
  judge_.is_slow = true;
  const auto exchange = batch(fmt::format("{},{}", kYes, kNo), "execute_all");
  ASSERT_EQ(judge_.waiting.size(), 2U);
  judge_.let_go(1);
  EXPECT_FALSE(exchange.is_answered());
  judge_.let_go(0);
  ASSERT_TRUE(exchange.is_answered());
  EXPECT_THAT(exchange.text(),
              ::testing::MatchesRegex(".*\"decision\":true.*\"decision\":false.*"));
}

TEST_F(AuthzenTest, InTurnTheNextIsAskedAfterTheAnswer) {
  judge_.is_slow = true;
  const auto exchange = batch(fmt::format("{},{},{}", kYes, kNo, kYes), "deny_on_first_deny");
  EXPECT_EQ(judge_.waiting.size(), 1U);
  judge_.let_go(0);
  EXPECT_EQ(judge_.waiting.size(), 2U);
  judge_.let_go(1);
  EXPECT_TRUE(exchange.is_answered());
  EXPECT_EQ(judge_.waiting.size(), 2U);
}

TEST_F(AuthzenTest, ItemsHaveABound) {
  const auto many = [&](std::size_t count) {
    std::string items = kYes;
    for (std::size_t i = 1; i < count; ++i) items.append(",").append(kYes);
    return batch(items, "permit_on_first_permit").response().head.status;
  };
  EXPECT_EQ(many(kEvaluationsMax), 200);
  EXPECT_EQ(many(kEvaluationsMax + 1), 400);
}

TEST_F(AuthzenTest, ADefaultOfTheWrongTypeSpoilsTheRequest) {
  EXPECT_EQ(
      post("/access/v1/evaluations", R"({"subject":"a","evaluations":[{"action":{"name":"yes"}}]})")
          .response()
          .head.status,
      400);
}

TEST_F(AuthzenTest, MetadataNamesWhatThereIs) {
  const MemoryExchange exchange(router_,
                                {.head = {.target = "/.well-known/authzen-configuration"}});
  EXPECT_EQ(exchange.response().head.status, 200);
  EXPECT_EQ(exchange.text(),
            R"({"policy_decision_point":"https://pdp.example.org",)"
            R"("access_evaluation_endpoint":"https://pdp.example.org/access/v1/evaluation",)"
            R"("access_evaluations_endpoint":"https://pdp.example.org/access/v1/evaluations"})");
}

TEST_F(AuthzenTest, IdentifiersThatAreNoneAreRefused) {
  for (const char* identifier :
       {"http://pdp.example.org", "https://pdp.example.org/", "https://x?y", "pdp"}) {
    EXPECT_FALSE(AuthzenApi::make(spiffe::TrustDomain::parse("example.org").value(),
                                  {.names = {}, .identifier = identifier}, judge_, callers_)
                     .ok())
        << identifier;
  }
}

}  // namespace
}  // namespace ward::enforce
