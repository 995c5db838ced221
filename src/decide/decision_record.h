// What evidence keeps of a decision, and what becomes of a decision that it cannot keep: the same
// for every judge.
#pragma once

#include "decide/decision.h"
#include "decide/question.h"
#include "evidence/record.h"

namespace ward::decide {

evidence::Decision record_of(const Question& question, const Decision& decision);

// The deny that takes the place of a decision whose record could not be written.
Decision without_evidence(Decision decision);

}  // namespace ward::decide
