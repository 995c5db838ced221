// Writes the server's evidence: what happened, at the revision that holds now.
//
// What is recorded within one turn of the loop goes to the log at its end, as one group: one write,
// one fdatasync, one way back. No answer leaves later for it, since none leaves within the turn.
//
// Loop thread. Everything it is given outlives it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/log.h"
#include "evidence/log.h"
#include "evidence/record.h"
#include "net/loop.h"
#include "server/control_plane.h"

namespace ward::server {

class Recorder {
 public:
  // On the loop, later. The record is durable, or it is not in the log.
  using Durable = std::move_only_function<void(Result<void>)>;

  Recorder(evidence::EvidenceLog& evidence, const ControlPlane& plane, net::Loop& loop, Log log);
  // What is not with the log yet is not recorded, and its `durable` does not run.
  ~Recorder();

  // For what may happen only once it is recorded.
  void record(evidence::RecordBody body, Durable durable,
              std::vector<evidence::OpenedValue> values = {});

  // For what need not wait; an error says that it cannot be recorded at all, so it must not happen.
  Result<void> note(evidence::RecordBody body, std::vector<evidence::OpenedValue> values = {});

  // kUnavailable while records cannot be written: asked before facts are made that would be half of
  // something whose other half is a record.
  Result<void> check_writable() const;

  evidence::EvidenceLog& evidence() { return evidence_; }

 private:
  struct Waiting {
    evidence::Record record;
    Durable durable;
    std::vector<evidence::OpenedValue> values;
  };
  struct Group;

  evidence::Record make(evidence::RecordBody body) const;
  void flush();

  evidence::EvidenceLog& evidence_;
  const ControlPlane& plane_;
  net::Loop& loop_;
  Log log_;
  std::vector<Waiting> waiting_;  // for the end of the turn
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace ward::server
