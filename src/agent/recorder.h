// Writes the agent's evidence: what happened, at the revision of the view that it happened at.
//
// Loop thread. Everything it is given outlives it.
#pragma once

#include <functional>
#include <memory>

#include "agent/agent_view.h"
#include "evidence/log.h"
#include "evidence/record.h"
#include "net/loop.h"

namespace ward::agent {

class Recorder {
 public:
  // On the loop, later: the record's index once it is durable; else it is not in the log.
  using Durable = std::move_only_function<void(Result<std::uint64_t>)>;

  Recorder(evidence::EvidenceLog& evidence, const AgentView& view, net::Loop& loop)
      : evidence_(evidence), view_(view), loop_(loop) {}

  // For what may happen only once it is recorded. An error says why it cannot be: then `durable` is
  // not called.
  Result<void> record(evidence::RecordBody body, Durable durable,
                      std::vector<evidence::OpenedValue> values = {});
  // A record with its proof to a signed head of the log.
  struct Proved {
    Bytes record;
    evidence::TlogProof proof;
  };
  // `done` on the loop, later: durable and signed. After an error the record may be in the log all
  // the same, so `done` may record it anew.
  Result<void> prove(evidence::RecordBody body, std::move_only_function<void(Result<Proved>)> done);
  // For what need not wait; an error says that it must not happen.
  Result<void> note(evidence::RecordBody body, std::vector<evidence::OpenedValue> values = {});

  evidence::EvidenceLog& evidence() { return evidence_; }

 private:
  Result<Bytes> encode(evidence::RecordBody body) const;

  evidence::EvidenceLog& evidence_;
  const AgentView& view_;
  net::Loop& loop_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace ward::agent
