#include "evidence/log.h"

#include <algorithm>
#include <optional>

#include "evidence/pruning.h"
#include "evidence/record_scan.h"

namespace ward::evidence {
namespace {

// How long the disk thread sleeps when neither a checkpoint nor a repair is due.
constexpr std::chrono::milliseconds kIdle{1000};

}  // namespace

void EvidenceLog::Batch::clear() {
  group.clear();
  waiters.clear();
  provers.clear();
  values.clear();
  checkpoints.clear();
}

Result<std::unique_ptr<EvidenceLog>> EvidenceLog::open(EvidenceLogOptions options,
                                                       os::FileSystem& files, const Clock& clock,
                                                       ward::Log log) {
  if (options.queue_bytes_max > kWalGroupBytesMax) {
    return invalid_argument("a queue of at most {} bytes, got {}", kWalGroupBytesMax,
                            options.queue_bytes_max);
  }
  WARD_TRY(LogWriter writer, LogWriter::open(options.writer, files, clock));
  if (writer.cut_bytes() > 0) {
    log.part("evidence").warn("cut {} bytes of a group that a crash tore", writer.cut_bytes());
  }
  std::optional<SealedValues> values;
  if (!options.values_directory.empty()) {
    WARD_TRY(values, SealedValues::open(options.values_directory, files));
  }
  return std::unique_ptr<EvidenceLog>(new EvidenceLog(
      std::move(options), std::move(writer), std::move(values), files, clock, std::move(log)));
}

EvidenceLog::EvidenceLog(EvidenceLogOptions options, LogWriter writer,
                         std::optional<SealedValues> values, os::FileSystem& files,
                         const Clock& clock, ward::Log log)
    : options_(std::move(options)),
      origin_(writer.origin()),
      files_(&files),
      clock_(&clock),
      log_(log.part("evidence")),
      writer_(std::move(writer)),
      values_(std::move(values)),
      last_revision_(writer_.last_revision()),
      last_checkpoint_(writer_.last_checkpoint()),
      prune_below_(options_.prune_below),
      thread_([this](std::stop_token stop) { run(stop); }) {}

EvidenceLog::~EvidenceLog() {
  thread_.request_stop();
  thread_.join();
}

Result<void> EvidenceLog::append(const Record& record, Durable durable,
                                 std::vector<OpenedValue> values) {
  WARD_TRY(const Bytes bytes, encode_record(record));
  return append_encoded(bytes, record.revision, std::move(durable), std::move(values));
}

void EvidenceLog::count_lost(const Error& error, std::uint64_t count) {
  lost_ += count;
  lost_reason_ = error.message();
}

Error EvidenceLog::refuse(Error error) {
  count_lost(error, 1);
  return error;
}

Result<void> EvidenceLog::append_encoded(ByteView record, std::uint64_t revision, Durable durable,
                                         std::vector<OpenedValue> values) {
  return enqueue(record, revision, [&](Batch& queue, std::size_t number) {
    if (durable) queue.waiters.push_back({number, std::move(durable)});
    if (!values.empty()) queue.values.push_back({number, std::move(values)});
  });
}

Result<void> EvidenceLog::append_proved(ByteView record, std::uint64_t revision, Proved proved) {
  return enqueue(record, revision, [&](Batch& queue, std::size_t number) {
    queue.provers.push_back({number, std::move(proved)});
  });
}

// `attach` is told the record's number in the queue, under mutex_.
template <typename Attach>
Result<void> EvidenceLog::enqueue(ByteView record, std::uint64_t revision, Attach attach) {
  if (record.size() > kRecordBytesMax)
    return invalid_argument("a record of {} bytes", record.size());
  bool wakes = false;
  {
    const std::lock_guard guard(mutex_);
    if (state_ == LogState::kFailed) {
      return refuse({ErrorCode::kUnavailable, "evidence cannot be written"});
    }
    if (queue_.group.count() == options_.queue_records_max ||
        queue_.group.bytes() + record.size() > options_.queue_bytes_max) {
      return refuse({ErrorCode::kResourceExhausted, "the evidence queue is full"});
    }
    if (revision < last_revision_) {
      return make_error(ErrorCode::kAborted,
                        "evidence is at revision {}, the record at {}: decide again",
                        last_revision_, revision);
    }
    last_revision_ = revision;
    const bool is_first = queue_.is_empty(), was_urgent = is_urgent();
    attach(queue_, queue_.group.count());
    queue_.group.add(record, revision);
    wakes = is_first || (!was_urgent && is_urgent());
  }
  // The disk thread waits only while the queue is empty, or lingers until it is urgent.
  if (wakes) wake_.notify_one();
  return {};
}

void EvidenceLog::request_checkpoint(Signed done) {
  {
    const std::lock_guard guard(mutex_);
    queue_.checkpoints.push_back(std::move(done));
  }
  wake_.notify_one();
}

void EvidenceLog::allow_pruning(std::uint64_t below) {
  const std::lock_guard guard(mutex_);
  prune_below_ = below;
}

LogState EvidenceLog::state() const {
  const std::lock_guard guard(mutex_);
  return state_;
}

std::string EvidenceLog::last_checkpoint() const {
  const std::lock_guard guard(mutex_);
  return last_checkpoint_;
}

bool EvidenceLog::is_urgent() const {
  constexpr std::size_t kPart = 4;  // of the queue's bounds, long before appends are refused
  return options_.linger.count() == 0 || !queue_.waiters.empty() || !queue_.provers.empty() ||
         !queue_.checkpoints.empty() || queue_.group.bytes() > options_.queue_bytes_max / kPart ||
         queue_.group.count() > options_.queue_records_max / kPart;
}

std::chrono::milliseconds EvidenceLog::rest() const {
  if (state_ == LogState::kFailed) return options_.retry_interval;
  const auto interval =
      options_.checkpoint_interval.count() > 0 ? options_.checkpoint_interval : kIdle;
  return writer_.has_unpublished() ? std::min(interval, kPublishDelay) : interval;
}

// Takes what is queued into `batch` (which is empty); false when nothing came and the log is to
// end.
bool EvidenceLog::wait_for_work(std::stop_token stop, Batch& batch) {
  std::unique_lock lock(mutex_);
  const auto has_work = [this] { return !queue_.is_empty(); };
  wake_.wait_for(lock, stop, rest(), has_work);
  if (has_work() && !is_urgent()) {
    wake_.wait_for(lock, stop, options_.linger, [this] { return is_urgent(); });
  }
  std::swap(batch, queue_);
  return !batch.is_empty() || !stop.stop_requested();
}

void EvidenceLog::run(std::stop_token stop) {
  Batch batch;
  MonotonicTime signed_at = clock_->monotonic();
  MonotonicTime proved_at = signed_at;
  std::optional<MonotonicTime> pruned_at;  // none: look at once, since a start may be long after
  while (wait_for_work(stop, batch)) {
    if (writer_.is_broken()) try_repair();
    const bool had_unpublished = writer_.has_unpublished();
    if (batch.group.count() > 0) write(batch);
    if (!had_unpublished) proved_at = clock_->monotonic();
    const auto since = [this](MonotonicTime time) { return clock_->monotonic() - time; };
    const bool is_due = (options_.checkpoint_interval.count() > 0 &&
                         since(signed_at) >= options_.checkpoint_interval) ||
                        (writer_.has_unpublished() && since(proved_at) >= kPublishDelay);
    if (is_due || !batch.checkpoints.empty()) {
      sign(batch);
      signed_at = clock_->monotonic();
    }
    batch.clear();
    if (options_.retention.is_set() && !writer_.is_broken() &&
        (!pruned_at || clock_->monotonic() - *pruned_at >= options_.prune_interval)) {
      prune();
      pruned_at = clock_->monotonic();
    }
  }
  if (writer_.is_broken()) return;
  sign(batch);
  // All is durable. With an empty write-ahead file the next start reads no more than one bundle.
  if (auto begun = writer_.repair(); !begun.ok())
    log_.warn("not closed cleanly: {}", begun.error().text());
}

void EvidenceLog::write(Batch& batch) {
  Result<std::uint64_t> first = Error(ErrorCode::kUnavailable, "evidence cannot be written");
  if (!writer_.is_broken()) {
    auto gap = write_gap();
    if (!gap.ok()) {
      first = gap.error();
    } else {
      first =
          batch.provers.empty() ? writer_.commit(batch.group) : writer_.commit_signed(batch.group);
    }
    if (!first.ok() || writer_.is_broken())
      fail(first.ok() ? Error(ErrorCode::kUnavailable, "repair failed") : first.error());
  }
  if (!first.ok()) {
    const std::lock_guard guard(mutex_);
    count_lost(first.error(), batch.group.count());
  }
  if (first.ok()) keep_values(batch, *first);
  tell(batch, first);
}

void EvidenceLog::tell(Batch& batch, const Result<std::uint64_t>& first) {
  if (!first.ok()) {
    const Error error(ErrorCode::kUnavailable, first.error().message());
    for (Waiter& waiter : batch.waiters) waiter.durable(error);
    for (Prover& prover : batch.provers) prover.proved(error);
    return;
  }
  for (Waiter& waiter : batch.waiters) waiter.durable(*first + waiter.record);
  for (Prover& prover : batch.provers) prover.proved(writer_.prove(*first + prover.record));
}

void EvidenceLog::keep_values(Batch& batch, std::uint64_t first) {
  if (!values_ || batch.values.empty()) return;
  for (RecordValues& record : batch.values) record.index += first;
  const auto kept = values_->keep(batch.values);
  if (!kept.ok()) log_.error("sealed values are not kept: {}", kept.error().text());
}

void EvidenceLog::sign(Batch& batch) {
  auto note =
      writer_.is_broken()
          ? Result<std::string>(Error(ErrorCode::kUnavailable, "evidence cannot be written"))
          : writer_.publish();
  if (note.ok()) {
    const std::lock_guard guard(mutex_);
    last_checkpoint_ = *note;
  } else {
    log_.warn("no checkpoint: {}", note.error().text());
  }
  for (Signed& done : batch.checkpoints) done(note);
}

void EvidenceLog::prune() {
  std::uint64_t limit = 0;
  {
    const std::lock_guard guard(mutex_);
    limit = prune_below_;
  }
  const auto allowed = prunable(*files_, writer_.directory(), options_.retention, writer_.minimum(),
                                writer_.size(), clock_->now());
  if (!allowed.ok()) return log_.warn("nothing is pruned: {}", allowed.error().text());
  const std::uint64_t target = std::min(*allowed, limit / kTileWidth * kTileWidth);
  if (target <= writer_.minimum()) return;
  const auto pruned = prune_to(target);
  if (!pruned.ok()) return log_.warn("pruning to {} failed: {}", target, pruned.error().text());
  log_.info("pruned: the log begins at {}", target);
}

// What is to go is said in the log itself, durable, before it goes.
Result<void> EvidenceLog::prune_to(std::uint64_t minimum) {
  Record record;
  record.time = clock_->now();
  record.revision = writer_.last_revision();
  record.body = Command{.actor = origin_,
                        .name = "prune",
                        .object = fmt::format("records below {}", minimum),
                        .accepted = true,
                        .fact_revision = 0,
                        .sealed = {}};
  WARD_TRY(const Bytes bytes, encode_record(record));
  RecordGroup group;
  group.add(bytes, record.revision);
  const auto committed = writer_.commit(group);
  auto pruned = committed.ok() ? writer_.prune(minimum) : Result<void>(committed.error());
  if (pruned.ok() && values_) pruned = values_->erase_below(minimum);
  if (writer_.is_broken()) fail(pruned.ok() ? Error(ErrorCode::kUnavailable, "") : pruned.error());
  return pruned;
}

void EvidenceLog::fail(const Error& error) {
  log_.error("evidence cannot be written, privileged answers are denied: {}", error.text());
  const std::lock_guard guard(mutex_);
  state_ = LogState::kFailed;
}

void EvidenceLog::try_repair() {
  auto repaired = writer_.repair();
  if (repaired.ok()) repaired = write_gap();
  if (!repaired.ok()) {
    log_.debug("still failing: {}", repaired.error().text());
    return;
  }
  log_.info("evidence is written again");
  const std::lock_guard guard(mutex_);
  state_ = LogState::kWritable;
}

// A record of what could not be kept, if anything could not.
Result<void> EvidenceLog::write_gap() {
  Record record;
  std::uint64_t count = 0;
  {
    const std::lock_guard guard(mutex_);
    if (lost_ == 0) return {};
    count = lost_;
    record.body = Gap{lost_reason_, count};
  }
  record.time = clock_->now();
  record.revision = writer_.last_revision();
  WARD_TRY(const Bytes bytes, encode_record(record));
  RecordGroup group;
  group.add(bytes, record.revision);
  WARD_RETURN_IF_ERROR(writer_.commit(group));
  const std::lock_guard guard(mutex_);
  lost_ -= count;  // what was lost in the meantime comes in the next
  return {};
}

}  // namespace ward::evidence
