#include "server/server_judge.h"

#include <utility>

#include "decide/decision_record.h"

namespace ward::server {

void ServerJudge::judge(decide::Question question, Answer answer) {
  decide::Decision decision = decider_.decide(plane_.ground(), question);
  evidence::Decision record = decide::record_of(question, decision);
  auto values = decide::seal(record, question, sealing_, random_);
  if (!decision.privileged) {
    const auto noted = recorder_.note(std::move(record), std::move(values));
    return answer(noted.ok() ? std::move(decision) : decide::without_evidence(std::move(decision)));
  }
  recorder_.record(
      std::move(record),
      [decision = std::move(decision), answer = std::move(answer)](Result<void> durable) mutable {
        answer(durable.ok() ? std::move(decision) : decide::without_evidence(std::move(decision)));
      },
      std::move(values));
}

}  // namespace ward::server
