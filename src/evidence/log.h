// The evidence log of a process: many threads append, one thread owns the disk.
//
// append() puts a record's bytes on a bounded queue and returns; the disk thread writes all that
// has gathered as one group (write, fdatasync) and then calls back. A privileged answer leaves in
// that callback, so its evidence is durable before it. When the disk fails the log is kFailed:
// appends are refused (the caller denies) and counted; the disk thread tries again, and once it can
// write, the first record is a gap with that count.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "evidence/log_writer.h"
#include "evidence/record.h"
#include "evidence/sealed_values.h"

namespace ward::evidence {

struct EvidenceLogOptions {
  LogWriterOptions writer;
  std::chrono::milliseconds checkpoint_interval{
      1000};  // the longest that a durable record stays unsigned; 0: on demand
  // How long a record that nobody waits for may lie in memory, so that a busy process writes
  // groups. One that somebody waits for takes all before it along, at once. 0: no record lies.
  std::chrono::milliseconds linger{0};
  RetentionPolicy retention = {};
  std::chrono::milliseconds prune_interval{60'000};  // between looks for what may go
  // Nothing from here on goes until allow_pruning(); of who ships its log, what was cosigned.
  std::uint64_t prune_below = UINT64_MAX;
  std::chrono::milliseconds retry_interval{500};  // between attempts to repair a failed log
  // Where sealed values of records are kept (sealed_values.h); empty: values are let go.
  std::string values_directory = {};
  std::size_t queue_bytes_max = std::size_t{8} << 20;
  std::size_t queue_records_max = 65'536;
};

// From a head that was signed with a group to its publication: whoever waits for the proof is not
// to wait for more files, nor to share the disk with them.
inline constexpr std::chrono::milliseconds kPublishDelay{50};

enum class LogState : std::uint8_t { kWritable, kFailed };

class EvidenceLog {
 public:
  // Called on the disk thread, never under a lock; may append, must not block. The index, once the
  // record is durable; else kUnavailable: it is not in the log (kept back by a failure, it may be
  // after a crash).
  using Durable = std::move_only_function<void(Result<std::uint64_t>)>;
  using Signed = std::move_only_function<void(Result<std::string>)>;
  using Proved = std::move_only_function<void(Result<TlogProof>)>;

  static Result<std::unique_ptr<EvidenceLog>> open(EvidenceLogOptions options,
                                                   os::FileSystem& files, const Clock& clock,
                                                   ward::Log log);

  // Writes what is queued, signs a last checkpoint, ends the disk thread.
  ~EvidenceLog();
  EvidenceLog(const EvidenceLog&) = delete;
  EvidenceLog& operator=(const EvidenceLog&) = delete;

  // Any thread. On error `durable` is not called and the record is not kept: kResourceExhausted
  // when the queue is full, kUnavailable when the log has failed (both are counted for the gap
  // record); kAborted when the revision is below that of a record appended before: the world moved
  // on, decide again.
  // `values`: those that the record seals; they are kept beside the log, durable before `durable`
  // is called. When they cannot be kept the record stands: losing a value loses no evidence.
  Result<void> append(const Record& record, Durable durable = {},
                      std::vector<OpenedValue> values = {});
  // The same with the bytes of encode_record() and the revision in them.
  Result<void> append_encoded(ByteView record, std::uint64_t revision, Durable durable = {},
                              std::vector<OpenedValue> values = {});

  // The same, with the record's proof to a signed head that is durable with it, by the one write of
  // its group. `checkpoint` has that head kPublishDelay later at the latest.
  Result<void> append_proved(ByteView record, std::uint64_t revision, Proved proved);

  // Any thread. A signed checkpoint that covers every record appended before the call.
  void request_checkpoint(Signed done);

  // Any thread. What is below may go: a copy of it is elsewhere.
  void allow_pruning(std::uint64_t below);

  LogState state() const;
  std::string last_checkpoint() const;  // the whole note
  const std::string& origin() const { return origin_; }

 private:
  struct Waiter {
    std::size_t record;  // number within the group
    Durable durable;
  };
  struct Prover {
    std::size_t record;
    Proved proved;
  };
  struct Batch {
    RecordGroup group;
    std::vector<Waiter> waiters;
    std::vector<Prover> provers;
    std::vector<RecordValues> values;  // by number within the group
    std::vector<Signed> checkpoints;
    bool is_empty() const { return group.count() == 0 && checkpoints.empty(); }
    void clear();
  };

  EvidenceLog(EvidenceLogOptions options, LogWriter writer, std::optional<SealedValues> values,
              os::FileSystem& files, const Clock& clock, ward::Log log);

  template <typename Attach>
  Result<void> enqueue(ByteView record, std::uint64_t revision, Attach attach);

  void run(std::stop_token stop);
  std::chrono::milliseconds rest() const;  // under mutex_: until something is due
  bool wait_for_work(std::stop_token stop, Batch& batch);
  bool is_urgent() const;  // under mutex_: the queue is to be written without lingering
  void write(Batch& batch);
  void keep_values(Batch& batch, std::uint64_t first);
  void tell(Batch& batch, const Result<std::uint64_t>& first);
  void sign(Batch& batch);
  void try_repair();
  void prune();
  Result<void> prune_to(std::uint64_t minimum);
  Result<void> write_gap();
  void fail(const Error& error);
  void count_lost(const Error& error, std::uint64_t count);  // under mutex_
  Error refuse(Error error);                                 // under mutex_

  EvidenceLogOptions options_;
  std::string origin_;
  os::FileSystem* files_;
  const Clock* clock_;
  ward::Log log_;
  LogWriter writer_;                    // the disk thread's alone, once it runs
  std::optional<SealedValues> values_;  // so is this

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  // Guarded by mutex_:
  Batch queue_;
  std::uint64_t last_revision_ = 0;  // of the last record that was queued
  std::uint64_t lost_ = 0;           // records refused or dropped since the last gap record
  std::string lost_reason_;
  LogState state_ = LogState::kWritable;
  std::string last_checkpoint_;
  std::uint64_t prune_below_ = UINT64_MAX;

  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace ward::evidence
