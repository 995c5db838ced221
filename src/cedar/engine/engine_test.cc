#include "cedar/engine/engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/support/allocations.h"
#include "tests/support/cedar_engines.h"

namespace ward::cedar {
namespace {

EntityUid uid(std::string_view text) {
  return *EntityUid::parse(text);
}

Entities store() {
  return *Entities::build({
      {uid(R"(User::"alice")"),
       Record{{"name", "alice"},
              {"level", 3},
              {"manager", uid(R"(User::"bob")")},
              {"docs", Set{uid(R"(Doc::"d")"), uid(R"(Folder::"f")")}},
              {"place", Record{{"city", "Oslo"}, {"boss", uid(R"(User::"bob")")}}},
              {"home", *IpAddress::parse("10.1.2.3")}},
       {uid(R"(Group::"staff")")},
       Record{{"tier", "gold"}}},
      {uid(R"(User::"bob")"), Record{{"name", "bob"}}, {}, {}},
      {uid(R"(Group::"staff")"), {}, {uid(R"(Org::"o")")}, {}},
      {uid(R"(Doc::"d")"), Record{{"owner", uid(R"(User::"alice")")}}, {uid(R"(Folder::"f")")}, {}},
      {uid(R"(Action::"read")"), {}, {uid(R"(Action::"any")"), uid(R"(Action::"view")")}, {}},
  });
}

const Record kContext{
    {"mfa", true}, {"n", 7}, {"when", *Datetime::parse("2026-01-02")}, {"path", "/a/b/c"}};

Request request(std::string_view action = R"(Action::"read")") {
  return {uid(R"(User::"alice")"), uid(action), uid(R"(Doc::"d")"), kContext};
}

class Engine : public ::testing::Test {
 protected:
  Engine() : entities_(store()) {}

  void use(std::string_view text) {
    auto parsed = parse_policies(text, "t.cedar");
    ASSERT_TRUE(parsed.ok()) << parsed.error().text();
    policies_ = std::move(parsed).value();
    compiled_ = CompiledPolicies::compile(policies_);
  }
  // The response of both engines.
  std::string ask(const Request& what) {
    const Response expected = authorize(what, policies_, entities_);
    EXPECT_EQ(testing::difference(expected, what, *compiled_, entities_), "");
    return testing::text_of(expected);
  }
  std::string ask_for(std::string_view text) {
    use(text);
    return ask(request());
  }

  Entities entities_;
  PolicySet policies_;
  std::shared_ptr<const CompiledPolicies> compiled_;
};

std::string when(std::string_view condition) {
  return fmt::format("permit(principal, action, resource) when {{ {} }};", condition);
}

TEST_F(Engine, EveryShapeOfScopeIsFound) {
  for (
      const std::string_view scope :
      {"principal, action, resource", R"(principal == User::"alice", action, resource)",
       R"(principal in User::"alice", action, resource)",
       R"(principal in Org::"o", action, resource)", "principal is User, action, resource",
       R"(principal is User in Group::"staff", action, resource)",
       R"(principal, action == Action::"read", resource)",
       R"(principal, action in Action::"view", resource)",
       R"(principal, action in [Action::"any", Action::"view", Action::"read"], resource)",
       R"(principal, action, resource == Doc::"d")",
       R"(principal, action, resource in Folder::"f")", "principal, action, resource is Doc",
       R"(principal in Group::"staff", action in Action::"any", resource is Doc in Folder::"f")"}) {
    EXPECT_EQ(ask_for(fmt::format("permit({});", scope)), "allow [policy0]") << scope;
  }
  for (const std::string_view scope :
       {R"(principal == User::"bob", action, resource)",
        R"(principal == Group::"staff", action, resource)", "principal is Group, action, resource",
        R"(principal is Group in Group::"staff", action, resource)",
        R"(principal in Folder::"f", action, resource)",
        R"(principal, action == Action::"any", resource)", "principal, action in [], resource",
        R"(principal, action, resource == Folder::"f")",
        R"(principal, action, resource in Group::"staff")"}) {
    EXPECT_EQ(ask_for(fmt::format("permit({});", scope)), "deny []") << scope;
  }
}

TEST_F(Engine, ReasonsAndErrorsComeInTheOrderOfIds) {
  EXPECT_EQ(ask_for(R"(permit(principal, action, resource is Doc);
                       permit(principal in Group::"staff", action, resource);
                       forbid(principal, action, resource) when { context.x };
                       permit(principal, action in [Action::"any", Action::"read"], resource);
                       permit(principal == User::"bob", action, resource) when { context.y };
                       permit(principal, action, resource) when { principal.level + true > 1 };)"),
            "allow [policy0 policy1 policy3] "
            "(policy2 RecordAttrDoesNotExist: the record has no attribute `x` at 188-197) "
            "(policy5 TypeError: expected long, got bool at 474-478)");
}

TEST_F(Engine, ForbidsAloneAreTheReasonsOfADeny) {
  EXPECT_EQ(ask_for("permit(principal, action, resource); forbid(principal, action, resource);"),
            "deny [policy1]");
}

TEST_F(Engine, ConditionsAreThoseOfTheReference) {
  for (const std::string_view condition :
       {R"(principal has name && principal.name == "alice")",
        "resource.owner == principal",
        R"(principal in resource.owner || principal in [Org::"o", Doc::"d"])",
        "principal.docs.contains(resource)",
        "resource in principal.docs",
        "principal.docs.containsAny([resource, context.n])",
        R"([principal, resource, 1].containsAll([resource, principal]))",
        R"({a: principal, b: [1, context.n]} == {b: [context.n, 1], a: principal})",
        R"(principal has place.city && principal.place.city like "O*o")",
        "principal has place.boss.name && !(principal has place.boss.level)",
        R"(principal.hasTag("tier") && principal.getTag("tier") == "gold")",
        R"(!principal.hasTag("none"))",
        R"(principal.home.isInRange(ip("10.0.0.0/8")))",
        R"(context.when < datetime("2027-01-01"))",
        R"(context.when.offset(duration("1d")) > context.when)",
        R"(if context.mfa then context.n * 2 - 1 == 13 else principal.nope)",
        R"(context.path like "/a/*/c" && context.n >= -7)",
        R"(User::"bob".name == "bob")",
        R"(ip("10.0.0.1").isIpv4() && decimal("1.0") == decimal("1.00"))",
        R"(resource is Doc in Folder::"f")",
        R"(!(User::"nobody" has name))",
        R"(User::"nobody" in User::"nobody")"}) {
    EXPECT_EQ(ask_for(when(condition)), "allow [policy0]") << condition;
  }
}

TEST_F(Engine, WhatErrsDoesSoAtRunTimeAndInTheSameWords) {
  for (const std::string_view condition : {"9223372036854775807 + 1 > 0",
                                           R"(ip("nonsense").isIpv4())",
                                           "1",
                                           "!1",
                                           "context.n",
                                           R"(User::"nobody".name == "x")",
                                           R"("a".contains(1))",
                                           "[1].containsAll(1)",
                                           R"(principal.getTag("none") == 1)",
                                           R"(principal in [Group::"staff", 1])",
                                           "context < 1",
                                           "decimal(context.path) == context",
                                           "-(context.n - 9223372036854775807 - 9) > 1",
                                           "true && (false || 1)",
                                           "if 1 then true else false",
                                           "[1, context.nope] == [1]",
                                           R"({a: context.n, b: context.m} == context)",
                                           "ip(context.n).isIpv4()",
                                           R"({"a": principal} has a.name.b)",
                                           "principal.name.first == 1",
                                           "principal is User in 1"}) {
    const std::string said = ask_for(when(condition));
    EXPECT_TRUE(said.starts_with("deny [] (policy0 ")) << condition << ": " << said;
  }
  // What is not reached does not err.
  for (const std::string_view condition :
       {"true || 1", "!(false && ip(\"nonsense\").isIpv4())", "if true then true else 1 + true",
        "context.mfa || context.nope"}) {
    EXPECT_EQ(ask_for(when(condition)), "allow [policy0]") << condition;
  }
}

TEST_F(Engine, SeveralConditionsAreTakenInTurn) {
  EXPECT_EQ(ask_for("permit(principal, action, resource) when { context.mfa } unless { context.n "
                    "== 1 } when { true };"),
            "allow [policy0]");
  EXPECT_EQ(ask_for("permit(principal, action, resource) unless { context.mfa } when { 1 };"),
            "deny []");
  EXPECT_EQ(ask_for("permit(principal, action, resource) unless { 1 };"),
            "deny [] (policy0 TypeError: expected bool, got long at 45-46)");
}

TEST_F(Engine, TreesThatOnlyAProgramMakesAreWalked) {
  ExprPtr deep = make_expr(LiteralExpr{Value(true)});
  for (std::size_t i = 0; i < kExprDepthMax; ++i) {
    deep = make_expr(UnaryExpr{UnaryOp::kNot, deep});
  }
  PolicyTree tree;
  tree.source = parse_policy_trees("permit(principal, action, resource);").value()[0]->source;
  tree.conditions.push_back({false, deep, {}});
  ASSERT_TRUE(policies_.add("deep", std::make_shared<const PolicyTree>(tree)).ok());
  compiled_ = CompiledPolicies::compile(policies_);
  EXPECT_TRUE(ask(request()).starts_with("deny [] (deep RecursionLimit")) << ask(request());
}

TEST_F(Engine, LinksShareTheProgramOfTheirTemplate) {
  use("permit(principal in ?principal, action, resource in ?resource) when { context.n == 7 };");
  for (const auto& [id, principal, resource] :
       {std::tuple("l1", R"(Org::"o")", R"(Folder::"f")"),
        std::tuple("l2", R"(User::"alice")", R"(Doc::"d")"),
        std::tuple("l3", R"(User::"bob")", R"(Doc::"d")"),
        std::tuple("l4", R"(User::"alice")", R"(Folder::"g")")}) {
    ASSERT_TRUE(
        policies_.link("policy0", id, {.principal = uid(principal), .resource = uid(resource)})
            .ok());
  }
  compiled_ = CompiledPolicies::compile(policies_);
  EXPECT_EQ(ask(request()), "allow [l1 l2]");
  EXPECT_EQ(compiled_->code().nodes.size(), 4u);  // context, .n, 7, ==
}

TEST_F(Engine, ADecisionWithoutErrorsAllocatesNothing) {
  if (!testing::counts_allocations()) GTEST_SKIP() << "ThreadSanitizer has its own operators";
  use(R"(permit(principal in Org::"o", action in Action::"view", resource is Doc)
           when { principal.docs.contains(resource) && [principal, context.n].contains(7) }
           when { context.path like "/a*b*/c" && !(context.path like "*/a/b/c/d/e*") && principal.home.isInRange(ip("10.0.0.0/8")) };
         forbid(principal, action, resource) when { {a: context.n} == {a: 8} };
         forbid(principal, action, resource) unless { resource in principal.docs };)");
  const Request what = request();
  const Query by_uid(what);
  const Query by_text({"User", "alice"}, {"Action", "read"}, {"Doc", "d"}, kContext);
  const Query by_handle(entities_, entities_.find(what.principal), entities_.find(what.action),
                        entities_.find(what.resource), ValueView::of(kContext));
  const EntityStore& any_store = entities_;
  Workspace workspace;
  for (const Query* query : {&by_uid, &by_text, &by_handle}) {
    decide(*compiled_, *query, entities_, workspace);  // grows the workspace
    const testing::AllocationCount count;
    EXPECT_EQ(decide(*compiled_, *query, entities_, workspace).decision, Decision::kAllow);
    EXPECT_EQ(decide(*compiled_, *query, any_store, workspace).decision, Decision::kAllow);
    EXPECT_EQ(count.so_far(), 0u);
  }
}

TEST_F(Engine, AWorkspaceServesAnySet) {
  Workspace workspace;
  const Request what = request();
  for (const std::string_view text :
       {"permit(principal, action, resource) when { context.n == 7 };"
        "permit(principal is User, action, resource) when { context.n == 7 };",
        "forbid(principal, action, resource) when { context.n == 7 };"
        "forbid(principal is User, action, resource) when { context.n == 7 };",
        "permit(principal, action, resource); permit(principal, action, resource);"}) {
    use(text);
    const Answer answer = decide(*compiled_, Query(what), entities_, workspace);
    EXPECT_EQ(answer.reasons.size(), 2u);
    EXPECT_EQ(answer.decision, text.starts_with("permit") ? Decision::kAllow : Decision::kDeny);
  }
}

// Sets of literals and reasons beyond what is scanned or compared one by one.
TEST_F(Engine, ManyAncestorsAndManyReasons) {
  constexpr int kGroups = 24;
  const auto group = [](std::string_view type, int i) {
    return uid(fmt::format("{}::\"{}\"", type, i));
  };
  std::vector<Entity> entities;
  Entity user{uid(R"(User::"alice")"), {}, {}, {}};
  Entity document{uid(R"(Doc::"d")"), {}, {}, {}};
  for (int i = 0; i < kGroups; ++i) {
    user.parents.push_back(group("Group", i));
    if (i % 2 == 0) document.parents.push_back(group("Folder", i));
  }
  entities.push_back(std::move(user));
  entities.push_back(std::move(document));
  entities_ = *Entities::build(std::move(entities));
  std::string text;
  for (int i = 0; i < kGroups; ++i) {
    for (int j = 0; j < kGroups; ++j) {
      const bool is_forbid = (i + j) % 5 == 4;
      text +=
          fmt::format("{}(principal {} Group::\"{}\", action{}, resource in Folder::\"{}\"){};\n",
                      is_forbid ? "forbid" : "permit", i % 7 == 6 ? "==" : "in", i,
                      j % 3 == 0 ? "" : R"( == Action::"read")", j,
                      j % 8 == 2 ? " when { context.absent }" : "");
    }
    text += fmt::format("permit(principal, action, resource in Folder::\"{}\");\n", i);
    text += fmt::format(
        "forbid(principal in Group::\"{}\", action == Action::\"write\", resource);\n", i);
  }
  use(text);
  EXPECT_TRUE(ask(request()).starts_with("deny [policy"));
  EXPECT_TRUE(ask(request(R"(Action::"write")")).starts_with("deny [policy"));
  const Request by_group = {group("Group", 3), uid(R"(Action::"read")"), uid(R"(Doc::"d")"), {}};
  EXPECT_TRUE(ask(by_group).starts_with("deny [policy"));
  const Request nobody = {uid(R"(User::"bob")"), uid(R"(Action::"read")"), uid(R"(Doc::"d")"), {}};
  EXPECT_TRUE(ask(nobody).starts_with("allow [policy"));
}

// Entities in attributes, and in sets that these are, by number: those that the store lacks too.
TEST_F(Engine, EntitiesInAttributesMayBeAbsent) {
  entities_ = *Entities::build({
      {uid(R"(User::"alice")"),
       Record{{"boss", uid(R"(User::"nobody")")},
              {"peers", Set{uid(R"(User::"nobody")"), uid(R"(User::"bob")")}},
              {"mixed", Set{uid(R"(Doc::"d")"), 7}},
              {"nested", Set{Value(Set{uid(R"(Doc::"d")")})}}},
       {uid(R"(Group::"gone")")},
       {}},
      {uid(R"(User::"bob")"), Record{{"boss", uid(R"(User::"alice")")}}, {}, {}},
      {uid(R"(Doc::"d")"), Record{{"readers", Set{uid(R"(Group::"gone")")}}}, {}, {}},
  });
  for (const std::string_view condition :
       {R"(principal.boss == User::"nobody")", R"(principal.peers.contains(User::"nobody"))",
        R"(principal.peers.contains(principal.boss))", R"(principal in resource.readers)",
        R"(!(principal.boss in resource.readers))", R"(principal.peers.contains(User::"bob"))",
        R"(principal in [User::"bob", principal])", R"(principal.mixed.contains(resource))",
        R"(!principal.mixed.contains(principal))", R"(principal.nested.contains([resource]))",
        R"(!(principal has name) && principal has boss)", R"(principal in Group::"gone")",
        R"(!(principal.boss has boss))", R"(principal.peers.containsAll([User::"bob"]))",
        R"(principal.peers == [User::"bob", User::"nobody"])"}) {
    EXPECT_EQ(ask_for(when(condition)), "allow [policy0]") << condition;
  }
  for (const std::string_view condition :
       {"principal.boss.boss == principal", "resource in principal.mixed"}) {
    EXPECT_TRUE(ask_for(when(condition)).starts_with("deny [] (policy0")) << condition;
  }
}

TEST_F(Engine, ThreadsShareOneSet) {
  use(when("principal.docs.contains(resource)"));
  const Request what = request();
  std::atomic<int> allows = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        Workspace workspace;
        for (int j = 0; j < 200; ++j) {
          if (decide(*compiled_, Query(what), entities_, workspace).decision == Decision::kAllow) {
            ++allows;
          }
        }
      });
    }
  }
  EXPECT_EQ(allows, 800);
}

}  // namespace
}  // namespace ward::cedar
