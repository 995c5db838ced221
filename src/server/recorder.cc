#include "server/recorder.h"

#include <memory>
#include <utility>

namespace ward::server {

Recorder::Recorder(evidence::EvidenceLog& evidence, const ControlPlane& plane, net::Loop& loop,
                   Log log)
    : evidence_(evidence), plane_(plane), loop_(loop), log_(log.part("evidence")) {}

evidence::Record Recorder::make(evidence::RecordBody body) const {
  return {.time = plane_.now(),
          .revision = plane_.world().revision(),
          .journal_root8 = plane_.root8(),
          .body = std::move(body)};
}

void Recorder::record(evidence::RecordBody body, Durable durable) {
  // Shared, because append() drops the callback it was given when it refuses.
  auto kept = std::make_shared<Durable>(std::move(durable));
  const auto queued =
      evidence_.append(make(std::move(body)), [this, kept](Result<std::uint64_t> index) {
        Result<void> outcome = index.ok() ? Result<void>() : Result<void>(index.error());
        loop_.post([kept, outcome = std::move(outcome)] { (*kept)(outcome); });
      });
  if (queued.ok()) return;
  log_.error("refused: {}", queued.error().message());
  loop_.post([kept, outcome = queued] { (*kept)(outcome); });
}

Result<void> Recorder::note(evidence::RecordBody body) {
  auto queued = evidence_.append(make(std::move(body)));
  if (!queued.ok()) log_.error("refused: {}", queued.error().message());
  return queued;
}

}  // namespace ward::server
