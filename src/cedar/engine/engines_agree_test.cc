// The shipped engine against the reference on policies, entities and requests made at random.
//
//   WARD_CEDAR_CASES=1000000 WARD_CEDAR_SEED=7 ward_cedar_test --gtest_filter='EnginesAgree.*'
#include <gtest/gtest.h>

#include "tests/support/cedar_engines.h"
#include "tests/support/cedar_maker.h"
#include "tests/support/sanitized.h"

namespace ward::cedar {
namespace {

std::string text_of(const PolicySet& policies) {
  std::string out;
  for (const auto& [id, policy] : policies.policies()) {
    out += fmt::format("{}: {}", id, policy.text());
    if (policy.slots().principal) out += " ?principal=" + policy.slots().principal->text();
    if (policy.slots().resource) out += " ?resource=" + policy.slots().resource->text();
    out += '\n';
  }
  return out;
}

struct Seen {
  std::size_t cases = 0;
  std::size_t allows = 0;
  std::size_t forbids = 0;
  std::size_t errors = 0;
};

// The response of the index is also that of looking at every policy, which the reference does.
void check_one(std::uint64_t seed, Seen& seen) {
  testing::CedarMaker maker(seed);
  const Entities entities = maker.entities();
  const PolicySet policies = maker.policies();
  const auto compiled = CompiledPolicies::compile(policies);
  for (int i = 0; i < 4; ++i) {
    const Request request = maker.request();
    const Response expected = authorize(request, policies, entities);
    ++seen.cases;
    seen.errors += expected.errors.empty() ? 0u : 1u;
    seen.allows += expected.decision == Decision::kAllow ? 1u : 0u;
    seen.forbids += expected.decision == Decision::kDeny && !expected.reasons.empty() ? 1u : 0u;
    const std::string what = testing::difference(expected, request, *compiled, entities);
    ASSERT_EQ(what, "") << "seed " << seed << ", request " << i << ": " << request.principal.text()
                        << " " << request.action.text() << " " << request.resource.text() << " "
                        << to_text(Value(request.context)) << "\n"
                        << text_of(policies);
  }
}

TEST(EnginesAgree, OnWhateverIsAsked) {
  const std::uint64_t first = testing::number_from_environment("WARD_CEDAR_SEED", 20'260'101);
  const std::uint64_t cases = testing::number_from_environment(
      "WARD_CEDAR_CASES", testing::kIsSanitized ? 40'000 : 200'000);
  Seen seen;
  for (std::uint64_t seed = first; seen.cases < cases && !::testing::Test::HasFailure(); ++seed) {
    check_one(seed, seen);
  }
  fmt::print("from seed {}: {} requests, {} allowed, {} forbidden, {} with errors\n", first,
             seen.cases, seen.allows, seen.forbids, seen.errors);
  // The cases mean something only if all that can happen does.
  EXPECT_GT(seen.allows, seen.cases / 10);
  EXPECT_GT(seen.forbids, seen.cases / 20);
  EXPECT_GT(seen.errors, seen.cases / 10);
}

}  // namespace
}  // namespace ward::cedar
