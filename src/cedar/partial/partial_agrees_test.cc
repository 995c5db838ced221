// Partial evaluation against authorize() on schemas, policies, entities and requests made at
// random: whatever is hidden, the certain decision is that of every completion, and what is left
// decides each as the policies do.
//
//   WARD_CEDAR_CASES=1000000 WARD_CEDAR_SEED=7 ward_cedar_test --gtest_filter='PartialAgrees.*'
#include <gtest/gtest.h>

#include <algorithm>

#include "cedar/entity/conformance.h"
#include "cedar/partial/partial_authorizer.h"
#include "cedar/syntax/printer.h"
#include "cedar/validate/validator.h"
#include "tests/support/cedar_engines.h"
#include "tests/support/typed_cedar_maker.h"

namespace ward::cedar {
namespace {

using Fault = ValidationError::Kind;

Schema schema_of(const std::string& text) {
  auto schema = Schema::from_text(text);
  EXPECT_TRUE(schema.ok()) << text << schema.error().text();
  return std::move(schema).value();
}

struct Seen {
  std::size_t completions = 0;
  std::size_t inconsistent = 0;
  std::size_t policies = 0;
  std::size_t valid = 0;
  std::size_t certain_allows = 0;
  std::size_t certain_denies = 0;
  std::size_t uncertain = 0;
  std::size_t errors = 0;
  std::size_t outcomes[4] = {};
  std::size_t invalid = 0;
};

class Case {
 public:
  Case(std::uint64_t seed, Seen& seen)
      : seed_(seed),
        maker_(seed),
        seen_(seen),
        schema_(schema_of(maker_.schema())),
        environment_{schema_.find(EntityType::of(maker_.principal_type())),
                     schema_.find_action(maker_.action()),
                     schema_.find(EntityType::of(maker_.resource_type()))},
        all_(maker_.entities()),
        request_(maker_.request()) {}

  void run() {
    make_policies();
    hide();
    for (const bool is_complete : {false, true}) {
      const Entities entities = build(all_);
      auto known = is_complete ? PartialEntities::complete(entities)
                               : PartialEntities::build(known_, schema_).value();
      auto partial = authorize_partially(partial_, policies_, known, schema_);
      ASSERT_TRUE(partial.ok()) << what() << partial.error().text();
      count(*partial);
      check_text(*partial);
      check(*partial, request_, entities, true);
      for (int i = 0; i < 3 && !::testing::Test::HasFatalFailure(); ++i) {
        const Request request = completed();
        if (is_complete) {
          check(*partial, request, entities, true);
        } else {
          check(*partial, request, build(other_entities()), false);
        }
      }
    }
  }

 private:
  std::string what() const {
    std::string out = fmt::format("seed {}\n{}", seed_, maker_.schema());
    for (const auto& [id, policy] : policies_.policies()) {
      out += fmt::format("{}: {}\n", id, policy.text());
    }
    return out;
  }

  Entities build(std::vector<Entity> entities) {
    for (const Entity& each : action_entities(schema_)) entities.push_back(each);
    return Entities::build(std::move(entities)).value();
  }

  void make_policies() {
    for (int i = 0; i < 5; ++i) {
      const std::string text = maker_.policy();
      const auto trees = parse_policy_trees(text, "made.cedar");
      if (!trees.ok()) continue;
      ++seen_.policies;
      const auto valid = validate_policy(*trees->front(), schema_, {.only = environment_});
      if (!valid->ok()) continue;
      ++seen_.valid;
      WARD_CHECK(policies_.add(fmt::format("p{}", i), trees->front()).ok());
    }
  }

  void hide() {
    const auto part = [&](const EntityUid& uid) {
      return maker_.chance(2) ? PartialUid::any(uid.type()) : PartialUid::known(uid);
    };
    partial_ = PartialRequest{part(request_.principal), request_.action, part(request_.resource)};
    if (maker_.chance(2)) partial_.context = request_.context;
    const Entities entities = build(all_);
    for (const Entity& each : all_) {
      if (maker_.chance(3)) continue;
      PartialEntity out{each.uid};
      if (!maker_.chance(3)) out.attributes = each.attributes;
      if (!maker_.chance(3)) out.ancestors = entities.ancestors(each.uid);
      if (!maker_.chance(3)) out.tags = each.tags;
      known_.push_back(std::move(out));
    }
  }

  Request completed() {
    Request out = maker_.request();
    if (partial_.principal.uid) out.principal = *partial_.principal.uid;
    if (partial_.resource.uid) out.resource = *partial_.resource.uid;
    if (partial_.context) out.context = *partial_.context;
    return out;
  }

  // Others where nothing is known, and in a case of two other parents as well.
  std::vector<Entity> other_entities() {
    const bool keeps_parents = maker_.chance(2);
    std::vector<Entity> out;
    for (Entity& each : maker_.entities()) {
      const auto same = [&](const auto& other) { return other.uid == each.uid; };
      if (std::ranges::find_if(known_, same) == known_.end()) out.push_back(std::move(each));
    }
    for (const PartialEntity& each : known_) {
      Entity entity = maker_.entity(each.uid);
      if (each.attributes) entity.attributes = *each.attributes;
      if (each.tags) entity.tags = *each.tags;
      if (each.ancestors) entity.parents = *each.ancestors;
      out.push_back(std::move(entity));
    }
    if (keeps_parents) {
      for (Entity& each : out) {
        const auto same = [&](const Entity& other) { return other.uid == each.uid; };
        const auto was = std::ranges::find_if(all_, same);
        each.parents = was == all_.end() ? std::vector<EntityUid>() : was->parents;
      }
    }
    return out;
  }

  void count(const PartialResponse& partial) {
    for (const ResidualPolicy& each : partial.policies()) {
      ++seen_.outcomes[static_cast<int>(each.outcome)];
    }
    if (!partial.decision()) {
      ++seen_.uncertain;
    } else {
      ++(*partial.decision() == Decision::kAllow ? seen_.certain_allows : seen_.certain_denies);
    }
  }

  // Residuals print as policies that parse to the same condition and are valid, but for the values
  // that stand in them: a record without its optional attributes is of another type, and where one
  // is too large to be written its guard may be gone.
  void check_text(const PartialResponse& partial) {
    for (const ResidualPolicy& each : partial.policies()) {
      const std::string text = to_text(each);
      const auto trees = parse_policy_trees(text);
      ASSERT_TRUE(trees.ok()) << what() << text << trees.error().text();
      const Expr& body = *trees->front()->conditions.front().body;
      EXPECT_TRUE(same_expression(body, *each.condition)) << what() << text << to_text(body);
      const auto valid = validate_policy(*trees->front(), schema_, {.only = environment_});
      for (const ValidationError& error : valid->errors) {
        ++seen_.invalid;
        const bool may_be = error.kind == Fault::kIncompatibleTypes ||
                            error.kind == Fault::kUnsafeOptionalAttributeAccess ||
                            error.kind == Fault::kUnsafeTagAccess;
        EXPECT_TRUE(may_be) << what() << text << "\n" << error.message;
      }
    }
  }

  void check(const PartialResponse& partial, const Request& request, const Entities& entities,
             bool must_be_consistent) {
    const auto got = partial.reauthorize(request, entities);
    if (!got.ok() && !must_be_consistent) {
      ++seen_.inconsistent;
      return;
    }
    ++seen_.completions;
    const Response expected = authorize(request, policies_, entities);
    ASSERT_TRUE(got.ok()) << what() << got.error().text();
    seen_.errors += expected.errors.empty() ? 0u : 1u;
    std::string residuals;
    for (const ResidualPolicy& each : partial.policies()) residuals += to_text(each) + "\n";
    const std::string asked = fmt::format("{}{}{} {} {} {}\n", what(), residuals,
                                          request.principal.text(), request.action.text(),
                                          request.resource.text(), to_text(Value(request.context)));
    ASSERT_EQ(testing::text_of(*got), testing::text_of(expected)) << asked;
    EXPECT_EQ(partial.decide(request, entities), expected.decision) << asked;
    EXPECT_EQ(partial.decision().value_or(expected.decision), expected.decision) << asked;
  }

  std::uint64_t seed_;
  testing::TypedCedarMaker maker_;
  Seen& seen_;
  Schema schema_;
  RequestEnvironment environment_;
  std::vector<Entity> all_;
  Request request_;
  PolicySet policies_;
  PartialRequest partial_{PartialUid::any(request_.principal.type()), request_.action,
                          PartialUid::any(request_.resource.type())};
  std::vector<PartialEntity> known_;
};

TEST(PartialAgrees, WithEveryCompletion) {
  const std::uint64_t first = testing::number_from_environment("WARD_CEDAR_SEED", 20'260'101);
  const std::uint64_t cases = testing::number_from_environment("WARD_CEDAR_CASES", 20'000);
  Seen seen;
  for (std::uint64_t seed = first; seen.completions < cases && !HasFailure(); ++seed) {
    Case(seed, seen).run();
  }
  fmt::print(
      "from seed {}: {} completions ({} more inconsistent), {} with errors; {} of {} policies "
      "valid; "
      "{} satisfied, {} not, {} erring, {} residual; {} certain to allow, {} to deny, {} open\n",
      first, seen.completions, seen.inconsistent, seen.errors, seen.valid, seen.policies,
      seen.outcomes[0], seen.outcomes[1], seen.outcomes[2], seen.outcomes[3], seen.certain_allows,
      seen.certain_denies, seen.uncertain);
  // The cases mean something only if all that can happen does.
  EXPECT_GT(seen.completions, 2 * seen.inconsistent);
  EXPECT_GT(seen.valid, seen.policies / 4);
  EXPECT_GT(seen.errors, seen.completions / 20);
  for (const std::size_t each : seen.outcomes) EXPECT_GT(each, 0u);
  EXPECT_LT(seen.invalid, seen.outcomes[3] / 50);
  EXPECT_GT(seen.certain_allows, 0u);
  EXPECT_GT(seen.uncertain, 0u);
}

}  // namespace
}  // namespace ward::cedar
