// Policies and a context, divided by a line `---`: any of them is decided, the decision follows
// from reasons and effects, policies that were printed and read again decide the same, and so does
// the shipped engine.
#include <algorithm>
#include <cstdlib>

#include "base/bytes.h"
#include "cedar/authorize/authorizer.h"
#include "cedar/entity/entities.h"
#include "cedar/entity/value_json.h"
#include "cedar/syntax/printer.h"
#include "tests/support/cedar_engines.h"

namespace {

using namespace ward;

const cedar::Entities& world() {
  static const cedar::Entities entities = *cedar::Entities::from_json(R"([
    {"uid": {"type": "A", "id": "a"}, "parents": [{"type": "B", "id": "b"}],
     "attrs": {"x": 1, "r": {"a": {"b": true}}, "u": {"__entity": {"type": "A", "id": "a"}}},
     "tags": {"t": "x"}},
    {"uid": {"type": "B", "id": "b"}, "parents": [], "attrs": {"s": [1, "1", true]}}])");
  return entities;
}

void check(const cedar::Response& response, const cedar::PolicySet& policies) {
  for (const std::string& id : response.reasons) {
    const cedar::Policy* policy = policies.find(id);
    if (policy == nullptr) std::abort();
    const bool permits = policy->effect() == cedar::Effect::kPermit;
    if (permits != (response.decision == cedar::Decision::kAllow)) std::abort();
    const auto errs = [&](const cedar::PolicyError& error) { return error.policy_id == id; };
    if (std::ranges::any_of(response.errors, errs)) std::abort();
  }
  if (response.decision == cedar::Decision::kAllow && response.reasons.empty()) std::abort();
  for (const cedar::PolicyError& error : response.errors) {
    const cedar::PolicyTree& tree = policies.find(error.policy_id)->tree();
    if (error.error.span.begin < tree.span.begin || error.error.span.end > tree.span.end)
      std::abort();
  }
}

cedar::PolicySet reprinted(const cedar::PolicySet& policies) {
  cedar::PolicySet out;
  for (const auto& [id, policy] : policies.policies()) {
    const auto trees = cedar::parse_policy_trees(cedar::to_text(policy.tree()));
    if (!trees.ok() || !out.add(id, trees->front()).ok()) std::abort();
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = as_text({data, size});
  std::string_view context_text = "{}";
  if (const std::size_t line = text.find("\n---\n"); line != std::string_view::npos) {
    context_text = text.substr(line + 5);
    text = text.substr(0, line);
  }
  const auto policies = cedar::parse_policies(text);
  const auto context = cedar::parse_context(context_text);
  if (!policies.ok() || !context.ok()) return 0;
  const cedar::Request request{*cedar::EntityUid::of("A", "a"),
                               *cedar::EntityUid::of("Action", "a"),
                               *cedar::EntityUid::of("C", "absent"), *context};
  const cedar::Response response = cedar::authorize(request, *policies, world());
  check(response, *policies);
  const auto compiled = cedar::CompiledPolicies::compile(*policies);
  if (!ward::testing::difference(response, request, *compiled, world()).empty()) std::abort();
  const cedar::Response again = cedar::authorize(request, reprinted(*policies), world());
  if (again.decision != response.decision || again.reasons != response.reasons) std::abort();
  if (again.errors.size() != response.errors.size()) std::abort();
  return 0;
}
