// Decisions on the node: decide::Judge on the agent's view.
//
// What a question rests on and the view does not hold (principal, its owner, resource, its owner
// and all that it is in) is asked of the server, for a bounded time; a question that then still
// lacks a name is denied, because a forbid might have hung on it. Privileged answers leave once
// their record is durable.
//
// Loop thread. Everything it is given outlives it.
#pragma once

#include <list>
#include <memory>

#include "agent/agent_view.h"
#include "agent/name_requests.h"
#include "agent/recorder.h"
#include "agent/server_link.h"
#include "base/random.h"
#include "decide/decider.h"
#include "decide/evidence_keeping.h"
#include "decide/judge.h"
#include "net/loop.h"

namespace ward::agent {

inline constexpr std::size_t kAncestorsMax = 256;  // of a resource, all levels together
inline constexpr int kAskRoundsMax = 16;           // names that only an answer tells of

struct AgentJudgeOptions {
  std::chrono::milliseconds ask_timeout{200};
  std::size_t waiting_max = 10'000;
  decide::SealingPolicy sealing = {};  // needs `random`
  Random* random = nullptr;
};

// The names that deciding the question rests on and that the view does not hold, as far as the view
// can tell; kResourceExhausted beyond kAncestorsMax. Counts as a use of those it holds.
Result<std::vector<world::Name>> missing_names(AgentView& view, const decide::Question& question);

class AgentJudge final : public decide::Judge {
 public:
  AgentJudge(AgentView& view, const ServerLink& link, NameRequests& names, Recorder& recorder,
             const decide::Decider& decider, net::Loop& loop, AgentJudgeOptions options);
  ~AgentJudge() override;

  void judge(decide::Question question, Answer answer) override;

 private:
  struct Waiting;
  using Place = std::list<Waiting>::iterator;

  void ask(Place place);
  void finish(Place place);
  void decide(const decide::Question& question, Answer answer, std::string_view lacking);

  AgentView& view_;
  const ServerLink& link_;
  NameRequests& names_;
  Recorder& recorder_;
  const decide::Decider& decider_;
  net::Loop& loop_;
  const AgentJudgeOptions options_;
  std::list<Waiting> waiting_;
};

}  // namespace ward::agent
