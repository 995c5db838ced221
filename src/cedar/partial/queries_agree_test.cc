// Queries against asking authorize() for every candidate, on schemas, policies and entities made at
// random.
//
//   WARD_CEDAR_CASES=100000 WARD_CEDAR_SEED=7 ward_cedar_test --gtest_filter='QueriesAgree.*'
#include <gtest/gtest.h>

#include <algorithm>

#include "cedar/authorize/authorizer.h"
#include "cedar/entity/conformance.h"
#include "cedar/partial/query.h"
#include "cedar/validate/validator.h"
#include "tests/support/typed_cedar_maker.h"

namespace ward::cedar {
namespace {

struct Seen {
  std::size_t queries = 0;
  std::size_t found = 0;
  std::size_t not_found = 0;
};

class Case {
 public:
  Case(std::uint64_t seed, Seen& seen)
      : seed_(seed),
        maker_(seed),
        seen_(seen),
        schema_(Schema::from_text(maker_.schema()).value()),
        entities_(entities()) {
    for (int i = 0; i < 4; ++i) add_policy(maker_.policy(), i);
  }

  void run() {
    const Request full = maker_.request();
    PartialRequest request{PartialUid::known(full.principal), full.action,
                           PartialUid::any(full.resource.type()), full.context};
    check("resources", candidates(maker_.resource_type()), full, &Request::resource,
          [&](const std::vector<EntityUid>& of, const PageRequest& page) {
            return query_resources(request, of, basis(), page);
          });
    request.principal = PartialUid::any(full.principal.type());
    request.resource = PartialUid::known(full.resource);
    check("principals", candidates(maker_.principal_type()), full, &Request::principal,
          [&](const std::vector<EntityUid>& of, const PageRequest& page) {
            return query_principals(request, of, basis(), page);
          });
    std::vector<EntityUid> actions;
    for (const ActionInfo& each : schema_.actions()) actions.push_back(each.uid);
    check("actions", actions, full, &Request::action,
          [&](const std::vector<EntityUid>&, const PageRequest& page) {
            return query_actions({full.principal, full.resource, full.context}, basis(), page);
          });
  }

 private:
  QueryBasis basis() const { return {policies_, entities_, schema_}; }

  Entities entities() {
    std::vector<Entity> all = maker_.entities();
    for (const Entity& each : action_entities(schema_)) all.push_back(each);
    return Entities::build(std::move(all)).value();
  }

  // Valid for both actions, as queries for actions ask.
  void add_policy(const std::string& text, int number) {
    const auto trees = parse_policy_trees(text);
    if (!trees.ok()) return;
    for (const ActionInfo& each : schema_.actions()) {
      const RequestEnvironment environment{schema_.find(EntityType::of(maker_.principal_type())),
                                           &each,
                                           schema_.find(EntityType::of(maker_.resource_type()))};
      if (!validate_policy(*trees->front(), schema_, {.only = environment})->ok()) return;
    }
    WARD_CHECK(policies_.add(fmt::format("p{}", number), trees->front()).ok());
  }

  // Some are not there.
  std::vector<EntityUid> candidates(const std::string& type) {
    std::vector<EntityUid> out;
    for (const std::string& id : maker_.ids()) out.push_back(*EntityUid::of(type, id));
    if (maker_.chance(2)) std::ranges::reverse(out);
    if (maker_.chance(2)) out.push_back(out.front());
    return out;
  }

  template <typename Ask>
  void check(std::string_view what, const std::vector<EntityUid>& of, const Request& full,
             EntityUid Request::* part, const Ask& ask) {
    std::vector<EntityUid> expected;
    for (const EntityUid& each : of) {
      Request request = full;
      request.*part = each;
      const bool may = check_request(request, schema_).ok() &&
                       authorize(request, policies_, entities_).decision == Decision::kAllow;
      if (may) expected.push_back(each);
      ++(may ? seen_.found : seen_.not_found);
    }
    std::ranges::sort(expected);
    const auto rest = std::ranges::unique(expected);
    expected.erase(rest.begin(), rest.end());

    ++seen_.queries;
    const std::size_t size = maker_.chance(2) ? 1 : 2;
    std::vector<EntityUid> got;
    PageRequest page{.after = {}, .size = size};
    do {
      const auto next = ask(of, page);
      ASSERT_TRUE(next.ok()) << "seed " << seed_ << ", " << what << ": " << next.error().text();
      ASSERT_LE(next->found.size(), size);
      got.insert(got.end(), next->found.begin(), next->found.end());
      page.after = next->next;
    } while (page.after && got.size() <= of.size());
    EXPECT_TRUE(got == expected) << "seed " << seed_ << ", " << what << ": " << got.size()
                                 << " instead of " << expected.size();
  }

  std::uint64_t seed_;
  testing::TypedCedarMaker maker_;
  Seen& seen_;
  Schema schema_;
  Entities entities_;
  PolicySet policies_;
};

TEST(QueriesAgree, WithAskingForEach) {
  const std::uint64_t first = testing::number_from_environment("WARD_CEDAR_SEED", 20'260'101);
  const std::uint64_t cases = testing::number_from_environment("WARD_CEDAR_CASES", 6'000);
  Seen seen;
  for (std::uint64_t seed = first; seen.queries < cases && !HasFailure(); ++seed) {
    Case(seed, seen).run();
  }
  fmt::print("from seed {}: {} queries, {} candidates allowed, {} not\n", first, seen.queries,
             seen.found, seen.not_found);
  EXPECT_GT(seen.found, seen.queries / 5);
  EXPECT_GT(seen.not_found, seen.queries / 5);
}

}  // namespace
}  // namespace ward::cedar
