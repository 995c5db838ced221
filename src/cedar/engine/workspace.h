// What a thread keeps from one decision to the next, so that deciding allocates nothing once it has
// grown to what the requests need.
#pragma once

#include <cstdint>
#include <vector>

#include "cedar/engine/arena.h"
#include "cedar/engine/compiled_policies.h"

namespace ward::cedar {

// One thread, any number of policy sets and stores. An Answer borrows from the workspace until the
// next decision with it.
class Workspace {
 public:
  Workspace() = default;
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

 private:
  template <typename Store>
  friend class Machine;

  // What a shared program came to, and in which decision.
  struct Memo {
    std::uint64_t decision = 0;
    std::uint8_t outcome = 0;
  };

  engine::Scope scope_;
  engine::Arena arena_;
  std::vector<PolicyIndex> permits_;
  std::vector<PolicyIndex> forbids_;
  std::vector<PolicyIndex> errors_;
  std::vector<Memo> memos_;
  std::vector<std::uint64_t> bits_;  // for sorting
  std::uint64_t decision_ = 0;       // counts; no memo is of decision 0
};

}  // namespace ward::cedar
