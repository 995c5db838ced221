#include "server/recorder.h"

#include <memory>
#include <utility>

namespace ward::server {

Recorder::Recorder(evidence::EvidenceLog& evidence, const ControlPlane& plane, net::Loop& loop,
                   Log log)
    : evidence_(evidence), plane_(plane), loop_(loop), log_(log.part("evidence")) {}

Recorder::~Recorder() = default;

evidence::Record Recorder::make(evidence::RecordBody body) const {
  return {.time = plane_.now(),
          .revision = plane_.world().revision(),
          .journal_root8 = plane_.root8(),
          .body = std::move(body)};
}

void Recorder::record(evidence::RecordBody body, Durable durable,
                      std::vector<evidence::OpenedValue> values) {
  waiting_.push_back({make(std::move(body)), std::move(durable), std::move(values)});
  if (waiting_.size() > 1) return;
  loop_.post([this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) flush();
  });
}

// The outcomes of what was recorded together. The disk's thread fills it in order, then the loop
// reads it.
struct Recorder::Group {
  struct One {
    Durable durable;
    Result<void> outcome;
  };
  std::vector<One> all;

  void tell() {
    for (One& one : all) one.durable(std::move(one.outcome));
  }
};

void Recorder::flush() {
  if (waiting_.empty()) return;
  auto group = std::make_shared<Group>();
  auto waiting = std::exchange(waiting_, {});
  group->all.reserve(waiting.size());
  for (Waiting& one : waiting) group->all.push_back({std::move(one.durable), {}});
  // Whoever lets go of it last posts the group: every outcome is known by then.
  std::shared_ptr<void> last(
      nullptr, [&loop = loop_, group](void*) { loop.post([group] { group->tell(); }); });
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    Result<void>& outcome = group->all[i].outcome;
    const auto queued = evidence_.append(
        waiting[i].record,
        [&outcome, last](Result<std::uint64_t> index) mutable {
          if (!index.ok()) outcome = index.error();
          last.reset();
        },
        std::move(waiting[i].values));
    if (queued.ok()) continue;
    log_.error("refused: {}", queued.error().message());
    outcome = queued;
  }
}

Result<void> Recorder::check_writable() const {
  if (evidence_.state() == evidence::LogState::kWritable) return {};
  return make_error(ErrorCode::kUnavailable, "evidence cannot be written");
}

Result<void> Recorder::note(evidence::RecordBody body, std::vector<evidence::OpenedValue> values) {
  flush();  // the log takes no older revision after a newer one
  auto queued = evidence_.append(make(std::move(body)), {}, std::move(values));
  if (!queued.ok()) log_.error("refused: {}", queued.error().message());
  return queued;
}

}  // namespace ward::server
