#include "cedar/partial/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cedar/entity/entities.h"

namespace ward::cedar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kSchema = R"(
  entity User;
  entity Doc in Folder = { owner: User, public: Bool };
  entity Folder;
  action read, write appliesTo { principal: User, resource: Doc, context: { mfa: Bool } };
  action list appliesTo { principal: User, resource: Folder, context: { mfa: Bool } };
  action erase appliesTo { principal: User, resource: Doc, context: { mfa: Bool, reason: String } };
)";

EntityUid user(std::string id) {
  return {EntityType::of("User"), std::move(id)};
}
EntityUid doc(std::string id) {
  return {EntityType::of("Doc"), std::move(id)};
}
EntityUid action(std::string id) {
  return {EntityType::of("Action"), std::move(id)};
}

// Answers and counts who asks.
class CountingStore final : public EntityStore {
 public:
  explicit CountingStore(const Entities& entities) : entities_(entities) {}

  std::size_t count() const { return count_; }

  EntityHandle find(const EntityName& name) const override {
    ++count_;
    return entities_.find(name);
  }
  EntityName name(EntityHandle entity) const override { return entities_.name(entity); }
  std::optional<ValueView> attribute(EntityHandle entity, std::string_view name) const override {
    return entities_.attribute(entity, name);
  }
  std::optional<ValueView> tag(EntityHandle entity, std::string_view name) const override {
    return entities_.tag(entity, name);
  }
  bool has_ancestor(EntityHandle entity, const EntityName& ancestor) const override {
    return entities_.has_ancestor(entity, ancestor);
  }
  void each_ancestor(EntityHandle entity, AncestorVisitor& visitor) const override {
    entities_.each_ancestor(entity, visitor);
  }

 private:
  const Entities& entities_;
  mutable std::size_t count_ = 0;
};

class Query : public ::testing::Test {
 protected:
  static Entities make() {
    std::string json = R"([{"uid": {"type": "User", "id": "ann"}, "attrs": {}, "parents": []})";
    for (int i = 0; i < 10; ++i) {
      json += fmt::format(R"(, {{"uid": {{"type": "Doc", "id": "d{}"}}, "attrs": {{"public": {},
                             "owner": {{"type": "User", "id": "{}"}}}},
                             "parents": [{{"type": "Folder", "id": "f{}"}}]}})",
                          i, i % 3 == 0, i < 5 ? "ann" : "bob", i % 2);
    }
    return Entities::from_json(json + "]", schema()).value();
  }
  static const Schema& schema() {
    static const Schema schema = Schema::from_text(kSchema).value();
    return schema;
  }

  Result<Page> docs(std::string_view text, const PageRequest& page = {}) {
    policies_ = parse_policies(text, "p.cedar").value();
    return query_resources(request_, docs_, {policies_, store_, schema()}, page);
  }
  std::vector<std::string> ids(const Result<Page>& page) {
    EXPECT_TRUE(page.ok()) << page.error().text();
    std::vector<std::string> out;
    if (!page.ok()) return out;
    for (const EntityUid& each : page->found) out.push_back(each.id());
    return out;
  }

  Entities entities_ = make();
  CountingStore store_{entities_};
  PolicySet policies_;
  std::vector<EntityUid> docs_ = entities_.of_type(EntityType::of("Doc"));
  PartialRequest request_{PartialUid::known(user("ann")), action("read"),
                          PartialUid::any(EntityType::of("Doc")), Record{{"mfa", true}}};
};

constexpr std::string_view kOwn =
    "permit(principal, action, resource) when { resource.owner == principal };";
constexpr std::string_view kAll = "permit(principal, action, resource);";

TEST_F(Query, FindsTheResources) {
  EXPECT_THAT(ids(docs(kOwn)), ElementsAre("d0", "d1", "d2", "d3", "d4"));
  EXPECT_THAT(
      ids(docs(std::string(kOwn) + "forbid(principal, action, resource in Folder::\"f0\");")),
      ElementsAre("d1", "d3"));
  EXPECT_THAT(ids(docs(R"(permit(principal, action, resource == Doc::"d7");)")), ElementsAre("d7"));
  EXPECT_THAT(ids(docs(R"(permit(principal == User::"bob", action, resource);)")), IsEmpty());
  // Who is not there is asked for all the same, and errs.
  docs_ = {doc("ghost"), doc("d1")};
  EXPECT_THAT(ids(docs(kOwn)), ElementsAre("d1"));
  EXPECT_THAT(ids(docs(kAll)), ElementsAre("d1", "ghost"));
}

TEST_F(Query, PagesFollowOneAnotherInTheOrderOfTheIds) {
  std::ranges::reverse(docs_);
  docs_.push_back(doc("d3"));
  const auto first = docs(kOwn, {.after = {}, .size = 2});
  EXPECT_THAT(ids(first), ElementsAre("d0", "d1"));
  EXPECT_EQ(first->next, doc("d1"));
  const auto second = docs(kOwn, {.after = first->next, .size = 2});
  EXPECT_THAT(ids(second), ElementsAre("d2", "d3"));
  const auto third = docs(kOwn, {.after = second->next, .size = 2});
  EXPECT_THAT(ids(third), ElementsAre("d4"));
  EXPECT_EQ(third->next, std::nullopt);
  // A page that is just full is the last one if there are no more.
  EXPECT_EQ(docs(kOwn, {.after = doc("d2"), .size = 2})->next, std::nullopt);
  // What the cursor names may be gone.
  EXPECT_THAT(ids(docs(kOwn, {.after = doc("d2x"), .size = 2})), ElementsAre("d3", "d4"));
}

TEST_F(Query, AsksNothingOfCandidatesWhenTheDecisionIsCertain) {
  const auto asked = [&](std::string_view text) {
    const std::size_t before = store_.count();
    EXPECT_TRUE(docs(text).ok());
    return store_.count() - before;
  };
  const std::size_t of_all = asked(kAll);
  const std::size_t of_own = asked(kOwn);
  EXPECT_GE(of_own, of_all + docs_.size());
  docs_ = {doc("d0")};
  EXPECT_EQ(asked(kAll), of_all);
  EXPECT_LT(asked(kOwn), of_own);
}

TEST_F(Query, FindsThePrincipals) {
  const std::vector<EntityUid> users{user("bob"), user("ann"), user("eve")};
  policies_ = parse_policies(R"(
    permit(principal, action == Action::"write", resource) when { resource.owner == principal };
    permit(principal == User::"eve", action, resource);)")
                  .value();
  const PartialRequest request{PartialUid::any(EntityType::of("User")), action("write"),
                               PartialUid::known(doc("d1")), Record{{"mfa", true}}};
  const QueryBasis basis{policies_, entities_, schema()};
  EXPECT_THAT(ids(query_principals(request, users, basis, {})), ElementsAre("ann", "eve"));
  EXPECT_EQ(query_principals(request, docs_, basis, {}).error().message(),
            R"(candidate `Doc::"d0"` is no `User`)");
}

TEST_F(Query, FindsTheActions) {
  policies_ = parse_policies(R"(
    permit(principal, action, resource);
    forbid(principal, action == Action::"write", resource) unless { context.mfa };)")
                  .value();
  const QueryBasis basis{policies_, entities_, schema()};
  const auto actions = [&](const Record& context, const PageRequest& page = {}) {
    return query_actions({user("ann"), doc("d1"), context}, basis, page);
  };
  EXPECT_THAT(ids(actions(Record{{"mfa", true}})), ElementsAre("read", "write"));
  EXPECT_THAT(ids(actions(Record{{"mfa", false}})), ElementsAre("read"));
  EXPECT_THAT(ids(actions(Record{{"mfa", true}, {"reason", "old"}})), ElementsAre("erase"));
  const auto first = actions(Record{{"mfa", true}}, {.after = {}, .size = 1});
  EXPECT_THAT(ids(first), ElementsAre("read"));
  EXPECT_THAT(ids(actions(Record{{"mfa", true}}, {.after = first->next, .size = 1})),
              ElementsAre("write"));
  EXPECT_THAT(
      query_actions({user("ann"), *EntityUid::of("Ghost", "x"), {}}, basis, {}).error().message(),
      HasSubstr("resource: entity type `Ghost` is not declared"));
}

TEST_F(Query, RefusesWhatItCannotAnswer) {
  EXPECT_EQ(docs(kAll, {.after = {}, .size = 0}).error().message(),
            "a page has 1 to 1000 entities, got 0");
  EXPECT_FALSE(docs(kAll, {.after = {}, .size = kQueryPageMax + 1}).ok());
  EXPECT_THAT(docs("permit(principal, action, resource) when { resource.x };").error().message(),
              HasSubstr("UnsafeAttributeAccess"));
  docs_.push_back(user("ann"));
  EXPECT_EQ(docs(kAll).error().message(), R"(candidate `User::"ann"` is no `Doc`)");
  docs_.pop_back();
  request_.context = std::nullopt;
  EXPECT_EQ(docs(kAll).error().message(), "context: expected it to be known");
  request_.resource = PartialUid::known(doc("d1"));
  EXPECT_EQ(docs(kAll).error().message(), "resource: expected its type alone, as it is asked for");
}

}  // namespace
}  // namespace ward::cedar
