// A policy set made ready to decide by: compiled once, shared, never changed.
//
// Scopes are indexed and conditions compiled; a link costs its place in the index and shares the
// code of its template. The policy set stays inside, for whoever asks what a policy says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "cedar/authorize/policy_set.h"
#include "cedar/engine/program.h"
#include "cedar/engine/scope_index.h"

namespace ward::cedar {

// The place of a policy in the order of the ids.
using PolicyIndex = std::uint32_t;

// Immutable; any thread.
class CompiledPolicies {
 public:
  // Cannot fail: what errs does so when it is evaluated. At most 2^32 - 1 policies.
  static std::shared_ptr<const CompiledPolicies> compile(PolicySet policies);

  CompiledPolicies(const CompiledPolicies&) = delete;
  CompiledPolicies& operator=(const CompiledPolicies&) = delete;

  const PolicySet& set() const { return set_; }
  std::size_t size() const { return policies_.size(); }
  const Policy& policy(PolicyIndex index) const { return *policies_[index]; }

  // For the engine alone.
  struct Program {
    engine::NodeId root = 0;
    std::uint32_t memo = engine::kNone;  // of programs that several policies have
    bool is_deep = false;  // deeper than the parser makes them: the reference walks it
    bool is_true = false;  // whatever is asked: the policy has no condition that says otherwise
  };
  const engine::Code& code() const { return code_; }
  const engine::ScopeIndex& index() const { return index_; }
  const Program& program(std::uint32_t number) const { return programs_.data()[number]; }
  std::size_t memos() const { return memos_; }

 private:
  explicit CompiledPolicies(PolicySet policies) : set_(std::move(policies)) {}

  void compile();
  const bool* constant_truth(const Program& program) const;
  void share_programs();

  PolicySet set_;
  std::vector<const Policy*> policies_;
  engine::Code code_;
  engine::ScopeIndex index_;
  std::vector<Program> programs_;
  std::size_t memos_ = 0;
};

}  // namespace ward::cedar
