// The server's decide::Judge: the newest world at hand, every decision in evidence.
#pragma once

#include "base/random.h"
#include "decide/evidence_keeping.h"
#include "decide/judge.h"
#include "server/recorder.h"

namespace ward::server {

// Loop thread. Plane and recorder outlive it.
class ServerJudge final : public decide::Judge {
 public:
  ServerJudge(const ControlPlane& plane, Recorder& recorder, decide::DeciderOptions options,
              decide::SealingPolicy sealing, Random& random)
      : plane_(plane),
        recorder_(recorder),
        decider_(plane.clock(), options),
        sealing_(sealing),
        random_(random) {}

  void judge(decide::Question question, Answer answer) override;

  const decide::Decider& decider() const { return decider_; }

 private:
  const ControlPlane& plane_;
  Recorder& recorder_;
  decide::Decider decider_;
  decide::SealingPolicy sealing_;
  Random& random_;
};

}  // namespace ward::server
