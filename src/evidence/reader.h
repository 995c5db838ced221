// Reads a log from its files alone: entries, hashes, proofs up to its last signed checkpoint.
//
// Nothing that is read is trusted but the checkpoint's signature: read_entries() does not check
// hashes (verify.h does), and a proof that was made of damaged tiles does not verify. One thread an
// object; a writer may be at work meanwhile.
#pragma once

#include <list>
#include <string>

#include "evidence/tile_files.h"
#include "evidence/tlog_proof.h"

namespace ward::evidence {

class LogReader {
 public:
  // Error unless a key in `keys` named as the log's origin signed DIR/checkpoint.
  static Result<LogReader> open(const os::FileSystem& files, std::string directory,
                                std::span<const VerifierKey> keys);

  const Checkpoint& checkpoint() const { return checkpoint_; }
  const std::string& checkpoint_note() const { return note_; }
  std::uint64_t size() const { return checkpoint_.tree.size; }
  std::uint64_t minimum() const { return minimum_; }  // entries below it were pruned

  // Calls `visit` for each entry of [first, end), minimum() <= first, end <= size(), until it
  // returns an error, which is passed on. The bytes are valid during the call.
  using Visitor = std::function<Result<void>(std::uint64_t index, ByteView entry)>;
  Result<void> read_entries(std::uint64_t first, std::uint64_t end, const Visitor& visit) const;
  Result<Bytes> read_entry(std::uint64_t index) const;

  // Hashes of the tree of size(); valid as long as the reader.
  SubtreeSource subtrees() const;
  Result<TlogProof> prove(std::uint64_t index) const;

 private:
  LogReader(const os::FileSystem& files, std::string directory)
      : files_(&files), directory_(std::move(directory)) {}

  const os::FileSystem* files_;
  std::string directory_;
  Checkpoint checkpoint_;
  std::string note_;
  std::uint64_t minimum_ = 0;
};

}  // namespace ward::evidence
