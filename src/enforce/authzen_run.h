// The questions of one AuthZEN request, asked. Private to the room.
#pragma once

#include <functional>
#include <string>

#include "decide/judge.h"
#include "enforce/authzen_message.h"

namespace ward::enforce {

// Asks what the semantic asks for and calls `done` once with the body of the answer, on the loop's
// thread, now or later. execute_all asks everything at once, so that privileged answers wait for
// one write of evidence together; the others ask in turn and leave out what comes after the item
// that decides. `judge` outlives it.
void run_evaluations(AuthzenRequest request, decide::Judge& judge,
                     std::move_only_function<void(std::string)> done);

}  // namespace ward::enforce
