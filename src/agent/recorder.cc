#include "agent/recorder.h"

#include <utility>

namespace ward::agent {

Result<Bytes> Recorder::encode(evidence::RecordBody body) const {
  // Before there is a view there is no revision that a record could stand at.
  if (!view_.has_base()) return Error(ErrorCode::kUnavailable, "the node has no view yet");
  return evidence::encode_record({.time = loop_.clock().now(),
                                  .revision = view_.revision(),
                                  .journal_root8 = view_.journal_root8(),
                                  .body = std::move(body)});
}

Result<void> Recorder::record(evidence::RecordBody body, Durable durable,
                              std::vector<evidence::OpenedValue> values) {
  WARD_TRY(const Bytes bytes, encode(std::move(body)));
  return evidence_.append_encoded(
      bytes, view_.revision(),
      [&loop = loop_, alive = std::weak_ptr(alive_),
       durable = std::move(durable)](Result<std::uint64_t> index) mutable {
        loop.post([alive, durable = std::move(durable), index = std::move(index)]() mutable {
          if (!alive.expired()) durable(std::move(index));
        });
      },
      std::move(values));
}

Result<void> Recorder::prove(evidence::RecordBody body,
                             std::move_only_function<void(Result<Proved>)> done) {
  WARD_TRY(Bytes bytes, encode(std::move(body)));
  const Bytes record = bytes;
  return evidence_.append_proved(
      record, view_.revision(),
      [&loop = loop_, alive = std::weak_ptr(alive_), done = std::move(done),
       bytes = std::move(bytes)](Result<evidence::TlogProof> proof) mutable {
        loop.post([alive, done = std::move(done), bytes = std::move(bytes),
                   proof = std::move(proof)]() mutable {
          if (alive.expired()) return;
          if (!proof.ok()) return done(proof.error());
          done(Proved{std::move(bytes), *std::move(proof)});
        });
      });
}

Result<void> Recorder::note(evidence::RecordBody body, std::vector<evidence::OpenedValue> values) {
  WARD_TRY(const Bytes bytes, encode(std::move(body)));
  return evidence_.append_encoded(bytes, view_.revision(), {}, std::move(values));
}

}  // namespace ward::agent
