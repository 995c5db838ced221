// Who answers questions: what enforcement points hold, on a server and on an agent alike.
//
// Answers come later: an agent may first have to ask the server for names, and a privileged answer
// leaves only after its evidence is durable. Loop thread.
#pragma once

#include <functional>
#include <vector>

#include "decide/decision.h"
#include "decide/question.h"

namespace ward::decide {

class Judge {
 public:
  using Answer = std::move_only_function<void(Decision)>;

  virtual ~Judge() = default;

  // Calls `answer` once, on the loop's thread, now or later; never drops it.
  virtual void judge(Question question, Answer answer) = 0;
};

}  // namespace ward::decide
