#include "cedar/engine/compiled_policies.h"

#include <algorithm>
#include <unordered_map>

#include "cedar/engine/compiler.h"

namespace ward::cedar {

using engine::Op;

std::shared_ptr<const CompiledPolicies> CompiledPolicies::compile(PolicySet policies) {
  const std::shared_ptr<CompiledPolicies> made(new CompiledPolicies(std::move(policies)));
  made->compile();
  return made;
}

void CompiledPolicies::compile() {
  WARD_CHECK(set_.size() < engine::kNone);
  engine::Compiler compiler(code_);
  std::unordered_map<const PolicyTree*, std::uint32_t> by_tree;
  std::unordered_map<engine::NodeId, std::uint32_t> by_root;
  const auto program_of = [&](const PolicyTree& tree) {
    const auto [it, is_new] = by_tree.try_emplace(&tree, 0);
    if (!is_new) return it->second;
    Program program;
    program.is_deep = std::ranges::any_of(tree.conditions, [](const Condition& condition) {
      return condition.body->depth > kExprDepthMax;
    });
    const auto next = static_cast<std::uint32_t>(programs_.size());
    if (!program.is_deep) {
      program.root = compiler.compile(tree.conditions);
      const auto same = by_root.try_emplace(program.root, next);
      if (!same.second) return it->second = same.first->second;
    }
    const bool* truth = constant_truth(program);
    program.is_true = truth != nullptr && *truth;
    programs_.push_back(program);
    return it->second = next;
  };
  policies_.reserve(set_.size());
  for (const auto& [id, policy] : set_.policies()) {
    const std::uint32_t number = program_of(policy.tree());
    policies_.push_back(&policy);
    const bool* truth = constant_truth(programs_[number]);
    index_.add(policy.tree(), policy.slots(), number, truth == nullptr || *truth);
  }
  compiler.finish();
  index_.finish();
  share_programs();
}

// What it comes to whatever is asked; nullptr when that depends, or is an error.
const bool* CompiledPolicies::constant_truth(const Program& program) const {
  if (program.is_deep) return nullptr;
  const engine::Node& root = code_.nodes[program.root];
  return root.op == Op::kConstant ? code_.constants[root.x].if_bool() : nullptr;
}

// What several policies have is evaluated once a request.
void CompiledPolicies::share_programs() {
  std::vector<std::uint32_t> uses(programs_.size());
  for (const engine::Rule& rule : index_.rules()) ++uses[rule.program];
  for (std::size_t i = 0; i < programs_.size(); ++i) {
    Program& program = programs_[i];
    if (uses[i] < 2 || program.is_deep || code_.nodes[program.root].op == Op::kConstant) continue;
    program.memo = static_cast<std::uint32_t>(memos_++);
  }
}

}  // namespace ward::cedar
