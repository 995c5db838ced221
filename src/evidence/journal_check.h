// Whether the records of an evidence log name the journal that is given: each has the revision it
// was made at and the first 8 bytes of the journal's root there, so that two histories cannot both
// be served (docs/formats/evidence.md, "Journal").
//
// The roots are computed in one pass over the leaf hashes, since revisions in a log do not go down.
// PERF: a node hash a fact, and a root a revision that is named (log2 of it more at most). Memory:
// one read of leaves. One thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evidence/journal_log.h"
#include "evidence/record_scan.h"
#include "os/file_system.h"

namespace ward::evidence {

// Names in the directory that `ward evidence export` writes.
inline constexpr std::string_view kJournalCheckpointFile = "journal.checkpoint";
inline constexpr std::string_view kJournalLeavesFile = "journal.leaves";

// A journal as an outsider has it: a signed head, and the leaf hashes that are shown to give it.
// Facts are not in it.
class SignedJournal {
 public:
  // DIRECTORY/journal.checkpoint, signed by a key of `keys`, and DIRECTORY/journal.leaves: 32 bytes
  // a fact. kUnauthenticated for the signature, kDataLoss when the leaves are not those of the
  // head. `files` outlives it.
  static Result<SignedJournal> open(const os::FileSystem& files, const std::string& directory,
                                    std::span<const VerifierKey> keys);
  // Reads all leaves once. kDataLoss when they do not have the head's root.
  static Result<SignedJournal> make(Checkpoint checkpoint, LeafReader leaves);

  // kDataLoss unless the journal begins with that of `older`, a head seen before: else one of the
  // two is of a journal that was rolled back or changed.
  Result<void> check_extends(const TreeHead& older) const;

  const Checkpoint& checkpoint() const { return checkpoint_; }
  std::uint64_t revision() const { return checkpoint_.tree.size; }
  const LeafReader& leaves() const { return leaves_; }

 private:
  SignedJournal(Checkpoint checkpoint, LeafReader leaves, JournalLog log)
      : checkpoint_(std::move(checkpoint)), leaves_(std::move(leaves)), log_(std::move(log)) {}

  Checkpoint checkpoint_;
  LeafReader leaves_;
  JournalLog log_;
};

struct JournalCounts {
  std::uint64_t matched = 0;
  std::uint64_t without_root = 0;  // their writer did not know the root: 8 zero bytes
  std::uint64_t newer = 0;         // at revisions behind the head that is given: not compared
  bool operator==(const JournalCounts&) const = default;
};

// The records of one log, in order: as VerifyOptions::visit gives them. The journal outlives it.
class JournalCheck {
 public:
  explicit JournalCheck(const SignedJournal& journal) : journal_(&journal) {}

  // kDataLoss: the record names another root than the journal has; it says which record, the
  // revision and both. kInvalidArgument: a revision below that of the record before.
  Result<void> check(std::uint64_t index, const RecordHead& record);

  const JournalCounts& counts() const { return counts_; }

 private:
  Result<void> move_to(std::uint64_t revision);

  const SignedJournal* journal_;
  CompactRange range_;
  std::vector<Hash> leaves_;  // read ahead, from `first_` on
  std::uint64_t first_ = 0;
  std::optional<RootPrefix> root_;  // of range_
  JournalCounts counts_;
};

}  // namespace ward::evidence
