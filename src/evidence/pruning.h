// Pruning (C2SP tlog-tiles, "Pruning"): entries and tiles of a log below a minimum index go; the
// tree, and every proof of what is at or above that index, stay.
//
//   ward-pruned/v1
//   origin <log origin>
//   minimum <index>
//   time <unix microseconds>
//
// A note with this text, signed by the log's key, lies in DIR/pruned before anything is removed:
// without it a log that lacks entries is damaged. The minimum is a multiple of 256. A bundle or
// tile goes when all that it covers lies below; what proofs above need lies in the others. Removal
// can be repeated, so a crash in it leaves at most files that nobody reads. One writer; any reader.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "evidence/note.h"
#include "evidence/tile.h"
#include "os/file_system.h"

namespace ward::evidence {

inline constexpr std::string_view kPrunedFile = "pruned";
inline constexpr std::size_t kPrunedBytesMax = 8192;

// How long entries are kept; what either allows goes. Absent: for ever.
struct RetentionPolicy {
  std::optional<std::uint64_t> records = {};     // the newest so many stay
  std::optional<std::chrono::seconds> age = {};  // what is younger stays
  bool is_set() const { return records || age; }
};

struct Pruning {
  std::string origin;
  std::uint64_t minimum = 0;
  WallTime time;
  bool operator==(const Pruning&) const = default;
};

Result<std::string> sign_pruning(const Pruning& pruning, const NoteSigner& signer);
// kUnauthenticated unless the key of `keys` that is named as the origin signed it.
Result<Pruning> open_pruning(std::string_view note, std::span<const VerifierKey> keys);

// The minimum index of the log in `directory`: 0 when it was never pruned.
Result<std::uint64_t> read_minimum(const os::FileSystem& files, const std::string& directory,
                                   const std::string& origin, std::span<const VerifierKey> keys);

// Whether all that the tile or bundle covers is below `minimum`.
bool is_below(const TileName& name, std::uint64_t minimum);

// The open tiles, from level 1 up, of the tree of the first `size` leaves (a multiple of 256), out
// of the files of a log of `log_size`.
Result<std::vector<std::vector<Hash>>> read_open_tiles(const os::FileSystem& files,
                                                       const std::string& directory,
                                                       std::uint64_t size, std::uint64_t log_size);

// Removes what is below `minimum` from where an earlier call stopped.
Result<void> remove_below(os::FileSystem& files, const std::string& directory,
                          std::uint64_t minimum);

// Up to which index the policy lets a log of `size` entries go at `now`, from its `minimum` on: a
// multiple of 256. Looks at a bounded number of bundles.
Result<std::uint64_t> prunable(const os::FileSystem& files, const std::string& directory,
                               const RetentionPolicy& policy, std::uint64_t minimum,
                               std::uint64_t size, WallTime now);

}  // namespace ward::evidence
