// A copy of another process's log, kept by whoever it ships to: only what is shown to extend the
// copy is taken.
//
// Shipping is by chunks. A chunk carries entries, and shows that the tree with them is a prefix of
// the sender's signed checkpoint, so each is verified when it comes and memory is that of one
// chunk. DIR is a log as verify.h and reader.h take it, without a write-ahead file: its checkpoint
// moves when all entries below it are there and durable. One thread.
#pragma once

#include <string>

#include "evidence/reader.h"
#include "evidence/tile_files.h"

namespace ward::evidence {

inline constexpr std::size_t kShipmentBytesMax = std::size_t{4} << 20;

struct Shipment {
  std::uint64_t first = 0;
  std::uint32_t count = 0;
  Bytes entries;           // as in a bundle
  Proof consistency;       // from the tree of first + count entries to the checkpoint's
  std::string checkpoint;  // the whole note
};

// The entries from `first` on, as many as `max_bytes` hold (one at least, if there is one), at most
// `max_count`.
// kOutOfRange when `first` is beyond the checkpoint.
Result<Shipment> export_since(const LogReader& log, std::uint64_t first,
                              std::size_t max_bytes = kShipmentBytesMax,
                              std::uint32_t max_count = UINT32_MAX);

class Mirror {
 public:
  // The copy in `directory`, made when absent, of the log of `key` (type 0x01, named as its
  // origin).
  static Result<Mirror> open(std::string directory, VerifierKey key, os::FileSystem& files);

  // Whether the copy now is as large as the shipment's checkpoint, which then is the copy's own,
  // durable. kUnauthenticated for the signature; kAborted when it does not begin at size();
  // kInvalidArgument when it does not extend the copy (keep it: it shows that the log misbehaved).
  // After an error of the disk, open the mirror anew.
  Result<bool> receive(const Shipment& shipment);

  std::uint64_t size() const { return tree_.size(); }  // what the next shipment begins at
  const TreeHead& complete() const {
    return complete_;
  }  // of the last checkpoint that the copy has whole
  const std::string& checkpoint_note() const {
    return note_;
  }  // of complete(); empty before the first

 private:
  Mirror(std::string directory, VerifierKey key, os::FileSystem& files);
  Result<void> restore();

  std::string directory_;
  VerifierKey key_;
  os::FileSystem* files_;
  TileFiles tiles_;
  TileBuilder tree_;
  TreeHead complete_;
  std::string note_;
};

}  // namespace ward::evidence
