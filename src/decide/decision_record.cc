#include "decide/decision_record.h"

namespace ward::decide {

evidence::Decision record_of(const Question& question, const Decision& decision) {
  evidence::Decision record;
  record.principal = question.principal;
  record.action = question.action;
  record.resource = world::resource_name(question.resource.type, question.resource.id);
  record.allowed = decision.allow;
  record.reasons = decision.policies;
  if (record.reasons.empty()) record.reasons.emplace_back(cause_name(decision.cause));
  record.errors = decision.errors;
  if (question.credential) record.credential = question.credential->id;
  record.session = question.session;
  record.enforcement_point = question.enforcement_point;
  record.caller = question.caller;
  record.took_ns = static_cast<std::uint64_t>(decision.took.count());
  return record;
}

Decision without_evidence(Decision decision) {
  decision.allow = false;
  decision.cause = Cause::kNoEvidence;
  decision.policies.clear();
  decision.reasons = {"the decision could not be recorded"};
  return decision;
}

}  // namespace ward::decide
