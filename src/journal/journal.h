// The journal: the ordered, durable list of facts, and the only source of truth.
//
// Fact r (from 1, without gaps) is at revision r. Its bytes are kept as they came; with its leaf
// hash (RFC 6962 2.1) the journal is a Merkle log whose tree size is the revision. Appending names
// the revision that it expects, so a command that was checked against a world is appended only when
// that is still the newest.
//
// Any thread may call. Callbacks come from the journal's own thread, one at a time: they must not
// block, nor wait for another call to this journal.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"

namespace ward::journal {

inline constexpr std::size_t kAppendFactsMax = 10'000;    // facts of one append
inline constexpr std::size_t kAppendBytesMax = 32 << 20;  // bytes of one append
inline constexpr std::size_t kQueueBytesMax = 256 << 20;  // bytes that wait for the disk
inline constexpr std::size_t kSnapshotChunkBytesMax = 32 << 20;

using LeafHash = crypto::Sha256Digest;

// SHA-256(0x00 || fact).
LeafHash leaf_hash(ByteView fact);

struct Entry {
  std::uint64_t revision = 0;
  Bytes fact;
  LeafHash leaf{};
};

// A read ends at whichever comes first, but never before its first entry.
struct ReadBounds {
  std::size_t entries_max = 1000;
  std::size_t bytes_max = 4 << 20;
};

using ByteSink = std::function<Result<void>(ByteView)>;

// Runs what it is given, now or later, in the order given; for example by posting to a control
// thread.
using Executor = std::function<void(std::move_only_function<void()>)>;

// Runs at once, on the journal's thread.
void run_inline(std::move_only_function<void()> work);

// Hears of facts from some revision on: what is there first, then what comes. A follower that is
// slow falls behind and is read to from the disk; nothing is queued for it but one batch.
struct Follower {
  std::function<void(std::span<const Entry>)> entries;  // contiguous, in order
  std::function<void(const Error&)> failed;             // reading failed; nothing more comes
};

// When this is gone no callback runs or will run, save one that it is destroyed in.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

class Journal {
 public:
  // The revision of the last of the facts, which are durable now.
  using Appended = std::move_only_function<void(Result<std::uint64_t>)>;

  // Waits for what was queued and its callbacks.
  virtual ~Journal() = default;

  // All of the facts or none. `done` is called once, in the order of appends, before followers hear
  // of the facts. Errors: kAborted when the newest revision is not `expected` (nothing was
  // appended; head() tells); kInvalidArgument or kResourceExhausted for no facts or too many, and
  // when the queue is full; kResourceExhausted when the disk is (try again when there is room);
  // kUnavailable when the journal closed after an error of the disk: nothing more can be appended
  // until it is opened anew. After any error none of the facts is acknowledged.
  virtual void append(std::uint64_t expected, std::vector<Bytes> facts, Appended done) = 0;

  // The newest durable revision, 0 when there is none.
  virtual std::uint64_t head() const = 0;

  // The facts after a revision; none at the head. Error kDataLoss when a stored fact does not have
  // its leaf hash.
  virtual Result<std::vector<Entry>> read(std::uint64_t after, ReadBounds bounds) const = 0;

  // The leaf hashes after a revision, at most `count_max`.
  virtual Result<std::vector<LeafHash>> leaves(std::uint64_t after,
                                               std::size_t count_max) const = 0;

  // Error kOutOfRange when `after` is past the head.
  virtual Result<std::unique_ptr<Subscription>> follow(std::uint64_t after, Executor executor,
                                                       Follower follower) = 0;

  // Keeps bytes that stand for all facts up to `revision`, and lets go of older ones once these are
  // durable. `write` pushes them into the sink it is given, in chunks of at most
  // kSnapshotChunkBytesMax. Blocks, appends go on meanwhile; not from a callback. One at a time:
  // kFailedPrecondition while another runs.
  virtual Result<void> put_snapshot(std::uint64_t revision,
                                    const std::function<Result<void>(const ByteSink&)>& write) = 0;

  // The revision of the newest whole snapshot.
  virtual Result<std::optional<std::uint64_t>> newest_snapshot() const = 0;
  virtual Result<void> read_snapshot(std::uint64_t revision, const ByteSink& sink) const = 0;
};

}  // namespace ward::journal
