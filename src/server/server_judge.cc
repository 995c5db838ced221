#include "server/server_judge.h"

#include <utility>

namespace ward::server {
namespace {

evidence::Decision record_of(const decide::Question& question, const decide::Decision& decision) {
  evidence::Decision record;
  record.principal = question.principal;
  record.action = question.action;
  record.resource = world::resource_name(question.resource.type, question.resource.id);
  record.allowed = decision.allow;
  record.reasons = decision.policies;
  if (record.reasons.empty()) record.reasons.emplace_back(decide::cause_name(decision.cause));
  record.errors = decision.errors;
  if (question.credential) record.credential = question.credential->id;
  record.session = question.session;
  record.took_ns = static_cast<std::uint64_t>(decision.took.count());
  return record;
}

decide::Decision without_evidence(decide::Decision decision) {
  decision.allow = false;
  decision.cause = decide::Cause::kNoEvidence;
  decision.policies.clear();
  decision.reasons = {"the decision could not be recorded"};
  return decision;
}

}  // namespace

void ServerJudge::judge(decide::Question question, Answer answer) {
  decide::Decision decision = decider_.decide(plane_.ground(), question);
  evidence::Decision record = record_of(question, decision);
  if (!decision.privileged) {
    const auto noted = recorder_.note(std::move(record));
    return answer(noted.ok() ? std::move(decision) : without_evidence(std::move(decision)));
  }
  recorder_.record(std::move(record), [decision = std::move(decision),
                                       answer = std::move(answer)](Result<void> durable) mutable {
    answer(durable.ok() ? std::move(decision) : without_evidence(std::move(decision)));
  });
}

}  // namespace ward::server
