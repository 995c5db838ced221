// Analysis against the evaluator on schemas, policies, entities and requests made at random: what
// holds is contradicted by none of them, and what does not comes with a request that shows it.
//
//   WARD_ANALYZE_QUESTIONS=10000 WARD_CEDAR_SEED=7 ward_analyze_test
//   --gtest_filter='AnalysisAgrees.*'
#include <algorithm>

#include "analyze/testing/place.h"
#include "cedar/authorize/authorizer.h"
#include "cedar/entity/conformance.h"
#include "tests/support/typed_cedar_maker.h"

namespace ward::analyze {
namespace {

constexpr int kWorlds = 4;
constexpr int kRequestsEach = 25;

struct Seen {
  std::size_t questions = 0;
  std::size_t held = 0;
  std::size_t refuted = 0;
  std::size_t unknown = 0;
  std::size_t contradictable = 0;  // refuted by a request made at random, too
};

struct World {
  cedar::Request request;
  cedar::Entities store;
};

class Case {
 public:
  Case(std::uint64_t seed, Seen& seen)
      : seed_(seed),
        maker_(seed),
        seen_(seen),
        schema_(cedar::Schema::from_text(maker_.schema()).value()),
        scene_{schema_,
               {schema_.find(cedar::EntityType::of(maker_.principal_type())),
                schema_.find_action(maker_.action()),
                schema_.find(cedar::EntityType::of(maker_.resource_type()))},
               {.entities_may_be_missing = seed % 3 == 0}} {}

  void run() {
    make_policies();
    if (policies_.size() < 2) return;
    make_worlds();
    for (const cedar::Policy& each : policies_) ask_policy(each);
    ask_pair(policies_[0], policies_[1]);
    ask_sets();
  }

 private:
  std::string what() const {
    std::string out = fmt::format("seed {}\n{}", seed_, maker_.schema());
    for (const cedar::Policy& each : policies_)
      out += fmt::format("{}: {}\n", each.id(), each.text());
    return out;
  }

  void make_policies() {
    for (int i = 0; i < 3; ++i) {
      const auto trees = cedar::parse_policy_trees(maker_.policy(), "made.cedar");
      if (!trees.ok()) continue;
      const auto valid =
          cedar::validate_policy(*trees->front(), schema_, {.only = scene_.environment});
      if (valid->ok()) policies_.emplace_back(fmt::format("p{}", i), trees->front());
    }
  }

  std::vector<cedar::Entity> entities() {
    if (scene_.options.entities_may_be_missing) return maker_.entities();
    std::vector<cedar::Entity> out;
    for (const cedar::EntityTypeInfo& type : schema_.entity_types()) {
      for (const std::string& id : maker_.ids()) out.push_back(maker_.entity({type.name, id}));
    }
    return out;
  }

  void make_worlds() {
    for (int i = 0; i < kWorlds; ++i) {
      std::vector<cedar::Entity> all = entities();
      for (const cedar::Entity& each : cedar::action_entities(schema_)) all.push_back(each);
      const cedar::Entities store = cedar::Entities::build(std::move(all)).value();
      for (int j = 0; j < kRequestsEach; ++j) worlds_.push_back({maker_.request(), store});
    }
  }

  static std::optional<bool> outcome(const cedar::Policy& policy, const World& world) {
    cedar::Evaluator evaluator(world.request, world.store);
    const auto satisfied = evaluator.satisfied(policy.tree(), policy.slots());
    const bool* value = std::get_if<bool>(&satisfied);
    return value == nullptr ? std::nullopt : std::optional(*value);
  }

  // `breaks` is whether a world shows that the property does not hold.
  template <typename Breaks>
  void judge(const std::string& question, const Result<Verdict>& verdict, const Breaks& breaks) {
    ++seen_.questions;
    ASSERT_TRUE(verdict.ok()) << what() << question << ": " << verdict.error().text();
    const bool is_broken = std::ranges::any_of(worlds_, breaks);
    seen_.contradictable += is_broken ? 1u : 0u;
    if (const auto* example = std::get_if<Counterexample>(&*verdict)) {
      ++seen_.refuted;
      EXPECT_TRUE(breaks(World{example->request, example->store})) << what() << question;
    } else if (std::holds_alternative<Holds>(*verdict)) {
      ++seen_.held;
      EXPECT_FALSE(is_broken) << what() << question;
    } else {
      ++seen_.unknown;
    }
  }

  void ask_policy(const cedar::Policy& policy) {
    judge(policy.id() + " never errs", check(PolicyProperty::kNeverErrors, policy, scene_),
          [&](const World& world) { return !outcome(policy, world); });
    judge(policy.id() + " always matches", check(PolicyProperty::kAlwaysMatches, policy, scene_),
          [&](const World& world) { return outcome(policy, world) != true; });
    judge(policy.id() + " never matches", check(PolicyProperty::kNeverMatches, policy, scene_),
          [&](const World& world) { return outcome(policy, world) == true; });
  }

  void ask_pair(const cedar::Policy& a, const cedar::Policy& b) {
    judge("implies", check(PairProperty::kImplies, a, b, scene_), [&](const World& world) {
      return outcome(a, world) == true && outcome(b, world) != true;
    });
    judge("disjoint", check(PairProperty::kDisjoint, a, b, scene_), [&](const World& world) {
      return outcome(a, world) == true && outcome(b, world) == true;
    });
  }

  void ask_sets() {
    cedar::PolicySet all;
    cedar::PolicySet fewer;
    for (const cedar::Policy& each : policies_) {
      WARD_CHECK(all.add(each.id(), each.shared_tree()).ok());
      if (&each != &policies_.front()) WARD_CHECK(fewer.add(each.id(), each.shared_tree()).ok());
    }
    const auto allows = [](const cedar::PolicySet& set, const World& world) {
      return cedar::authorize(world.request, set, world.store).decision == cedar::Decision::kAllow;
    };
    judge("always denies", check(SetProperty::kAlwaysDenies, all, scene_),
          [&](const World& world) { return allows(all, world); });
    judge("equivalent", check(SetPairProperty::kEquivalent, all, fewer, scene_),
          [&](const World& world) { return allows(all, world) != allows(fewer, world); });
  }

  std::uint64_t seed_;
  ward::testing::TypedCedarMaker maker_;
  Seen& seen_;
  cedar::Schema schema_;
  Scene scene_;
  std::vector<cedar::Policy> policies_;
  std::vector<World> worlds_;
};

TEST(AnalysisAgrees, WithTheEvaluator) {
  const std::uint64_t first = ward::testing::number_from_environment("WARD_CEDAR_SEED", 20'260'101);
  const std::uint64_t cases = ward::testing::number_from_environment("WARD_ANALYZE_QUESTIONS", 600);
  Seen seen;
  for (std::uint64_t seed = first; seen.questions < cases && !HasFailure(); ++seed) {
    Case(seed, seen).run();
  }
  fmt::print(
      "from seed {}: {} questions, {} hold, {} refuted ({} by requests at random), {} unknown\n",
      first, seen.questions, seen.held, seen.refuted, seen.contradictable, seen.unknown);
  // The questions mean something only if all that can happen does.
  EXPECT_GT(seen.held, seen.questions / 20);
  EXPECT_GT(seen.contradictable, seen.questions / 20);
  EXPECT_LT(seen.unknown, seen.questions / 20);
}

}  // namespace
}  // namespace ward::analyze
