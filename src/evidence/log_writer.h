// One evidence log on disk, written by one thread: groups of records become durable, heads are
// signed, a crash or a full disk loses nothing that was acknowledged. EvidenceLog (log.h) puts a
// queue and a thread around it.
//
//   DIR/lock         held by the one writer
//   DIR/wal          write-ahead file (wal.h): what durable tiles may lack
//   DIR/checkpoint   the last signed head that was published
//   DIR/pruned       pruning.h: below which index entries are gone; absent when none are
//   DIR/tile/...     tile.h
//
// INVARIANT: every record of [minimum(), size()) is durable, in `wal` or in synced tiles; and
// minimum() <= wal's first entry <= size of the checkpoint <= size().
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "evidence/checkpoint.h"
#include "evidence/pruning.h"
#include "evidence/tile_files.h"
#include "evidence/tlog_proof.h"
#include "evidence/wal.h"
#include "os/file_system.h"

namespace ward::evidence {

struct LogWriterOptions {
  std::string directory;  // made when absent; its parent is there
  NoteSigner signer;      // type 0x01; its name is the origin of the log
  std::size_t wal_bytes_max = std::size_t{64}
                              << 20;  // then tiles are synced and the file begins anew
  // Heads of this log that others have seen (cosigned checkpoints): a log that does not extend them
  // was rolled back.
  std::vector<TreeHead> seen_elsewhere = {};
};

// Entries on their way to the log, in the form they have there.
class RecordGroup {
 public:
  RecordGroup() { clear(); }
  void add(ByteView record, std::uint64_t revision);  // record.size() <= kRecordBytesMax
  void clear();
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return buffer_.size(); }
  std::uint64_t last_revision() const { return last_revision_; }

 private:
  friend class LogWriter;
  Bytes buffer_;  // a group of the write-ahead file, its header not yet filled in
  std::size_t count_ = 0;
  std::uint64_t last_revision_ = 0;
};

class LogWriter {
 public:
  // A new log, or one that is there: a torn tail is cut, tiles are made again. kUnavailable when
  // another process writes it; kDataLoss when it is damaged, or does not extend its checkpoint or
  // `seen_elsewhere`.
  static Result<LogWriter> open(LogWriterOptions options, os::FileSystem& files,
                                const Clock& clock);

  // Durable on return; the index of the first record. The group's revisions do not go down and are
  // not below last_revision() (the caller checks). After an error nothing of the group is in the
  // log and is_broken() holds.
  Result<std::uint64_t> commit(RecordGroup& group);
  // The same with the new head signed: last_checkpoint(), which is durable with the group, in the
  // same write; `checkpoint` has it after the next publish().
  Result<std::uint64_t> commit_signed(RecordGroup& group);

  // Signs the head of the log, durable in `checkpoint` before it is returned. The same head is not
  // signed twice.
  Result<std::string> publish();
  // Is there a signed head that `checkpoint` does not have?
  bool has_unpublished() const { return !is_published_; }

  // That record `index` is in the tree of the last signed head. Reads tiles only for what is not at
  // the right edge.
  Result<TlogProof> prove(std::uint64_t index) const;

  // Begins the write-ahead file anew behind what is durable. To be called until it succeeds when
  // is_broken().
  Result<void> repair();

  // Lets the entries below `minimum` go, for good: a multiple of 256, at most size(). A crash in it
  // leaves a log that opens and verifies, from the old minimum or the new. After an error of the
  // disk it may be called again; when is_broken(), repair() first.
  Result<void> prune(std::uint64_t minimum);

  bool is_broken() const { return file_ == nullptr; }
  std::uint64_t size() const { return tree_.size(); }
  TreeHead head() const { return tree_.range().head(); }
  std::uint64_t minimum() const { return minimum_; }
  const std::string& directory() const { return options_.directory; }
  std::uint64_t last_revision() const { return last_revision_; }
  const std::string& origin() const { return options_.signer.name(); }
  const std::string& last_checkpoint() const { return checkpoint_note_; }
  std::uint64_t cut_bytes() const { return cut_bytes_; }  // of a torn tail, when it was opened

 private:
  LogWriter(LogWriterOptions options, os::FileSystem& files, const Clock& clock);

  Result<void> create();
  Result<void> recover();
  Result<void> load_checkpoint();
  Result<void> replay(const WalContent& wal);
  Result<void> take_signed(std::string_view checkpoint);
  Result<void> check_head_at(const TreeHead& expected) const;
  SubtreeSource subtrees() const;
  struct SignedHead {
    Checkpoint checkpoint;
    std::string note;
  };
  Result<SignedHead> sign_after(std::span<const Hash> leaves) const;
  Result<std::uint64_t> commit(RecordGroup& group, bool is_signed);
  Result<void> begin_wal();
  std::string path(std::string_view name) const;

  LogWriterOptions options_;
  os::FileSystem* files_;
  const Clock* clock_;
  std::unique_ptr<os::FileLock> lock_;
  std::unique_ptr<os::AppendFile> file_;  // nullptr: broken
  TileFiles tiles_;
  TileBuilder tree_;
  std::uint64_t minimum_ = 0;
  std::uint64_t last_revision_ = 0;
  Checkpoint signed_;
  std::string checkpoint_note_;
  bool is_published_ = true;  // `checkpoint` has it
  std::uint64_t cut_bytes_ = 0;
};

}  // namespace ward::evidence
