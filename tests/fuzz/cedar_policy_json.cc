// A policy set that is read is written as the same JSON every time, its policies print as text that
// parses to them, and single policies go the same way.
#include <cstdlib>

#include "base/bytes.h"
#include "cedar/policy_json/policy_set_json.h"
#include "cedar/syntax/parser.h"
#include "cedar/syntax/printer.h"

namespace {

using namespace ward;

void check(const cedar::PolicyTree& tree) {
  const auto parsed = cedar::parse_policy_trees(cedar::to_text(tree));
  if (!parsed.ok() || parsed->size() != 1) std::abort();
  if (!cedar::same_policy(*parsed->front(), tree)) std::abort();
  const auto json = cedar::policy_to_json(tree);
  if (!json.ok()) return;  // too deep: chains may be longer than JSON lets them be
  const auto again = cedar::policy_from_json(*json);
  if (!again.ok() || !cedar::same_policy(**again, tree)) std::abort();
  const auto json_again = cedar::policy_to_json(**again);
  if (!json_again.ok() || !(*json_again == *json)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  if (const auto tree = cedar::parse_policy_json(text, "fuzz"); tree.ok()) check(**tree);
  const auto policies = cedar::parse_policy_set_json(text, "fuzz");
  if (!policies.ok()) return 0;
  for (const auto& [id, policy] : policies->policies()) check(policy.tree());
  for (const auto& [id, each] : policies->templates()) check(*each.tree);
  const auto json = cedar::policy_set_to_json(*policies);
  if (!json.ok()) return 0;
  const auto again = cedar::policy_set_from_json(*json);
  if (!again.ok() || again->size() != policies->size()) std::abort();
  const auto json_again = cedar::policy_set_to_json(*again);
  if (!json_again.ok() || !(*json_again == *json)) std::abort();
  return 0;
}
