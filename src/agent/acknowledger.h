// Tells the server that a revocation has taken effect here, so that it can be shown: a record in
// the node's evidence log, durable, under a signed checkpoint, with the proof that it is in it.
//
// It is told of a change last of all: what was revoked has been dropped by then. Loop thread.
// Everything it is given outlives it.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>

#include "agent/agent_view.h"
#include "agent/recorder.h"
#include "agent/server_link.h"
#include "base/log.h"

namespace ward::agent {

inline constexpr std::size_t kAcknowledgementsKept = 64;  // to be sent again on a new stream
inline constexpr std::chrono::milliseconds kAcknowledgeRetry{500};  // when evidence fails

class Acknowledger {
 public:
  Acknowledger(AgentView& view, ServerLink& link, Recorder& recorder, net::Loop& loop, Log log);
  ~Acknowledger();

  void on_change(const ViewChange& change);

 private:
  // Says in the log that facts were folded: a state that was kept before them is old (log_tail.h).
  void note_folded(std::uint64_t revision);
  void append();
  void send(std::uint64_t revision, const Recorder::Proved& proved);
  void retry(std::vector<std::string> subjects, const Error& error);

  AgentView& view_;
  ServerLink& link_;
  Recorder& recorder_;
  net::Loop& loop_;
  Log log_;
  std::set<std::string> subjects_;  // to be acknowledged
  std::deque<std::unique_ptr<ward::node::v1::Acknowledge>> sent_;
  net::Timer retry_;
};

}  // namespace ward::agent
