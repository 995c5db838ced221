// The static form of a log (C2SP tlog-tiles): names of tiles and entry bundles, what a tree of some
// size has of them, and what is in them.
//
//   tile/<L>/<N>[.p/<W>]         hashes; tile N of level L has those of 256 subtrees of 256^L
//   leaves each tile/entries/<N>[.p/<W>]     up to 256 entries, each after its length in a
//   big-endian uint16
//
// A full tile or bundle is 256 wide and never changes; the right edge of a tree of size s has, at
// level L, a partial one of floor(s / 256^L) mod 256, if that is not 0. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/merkle_proof.h"

namespace ward::evidence {

inline constexpr std::uint32_t kTileWidth = 256;
inline constexpr unsigned kTileHeight = 8;  // 2^8 hashes
inline constexpr unsigned kTileLevelMax = 63;
inline constexpr std::size_t kTileBytes = kTileWidth * kHashBytes;
inline constexpr std::size_t kEntryBytesMax = 16 * 1024;  // the format allows 65,535
inline constexpr std::size_t kBundleBytesMax = kTileWidth * (2 + kEntryBytesMax);

struct TileName {
  bool is_entries = false;  // an entry bundle, which has no level
  unsigned level = 0;
  std::uint64_t index = 0;
  std::uint32_t width = kTileWidth;  // 1..256; below 256 is partial

  bool is_full() const { return width == kTileWidth; }
  TileName full() const { return {is_entries, level, index, kTileWidth}; }
  bool operator==(const TileName&) const = default;
};

// `tile/0/x001/x234/067.p/112`
std::string tile_path(const TileName& name);
// Exactly what tile_path() writes, and nothing else, is read.
Result<TileName> parse_tile_path(std::string_view path);

// The width that tile `index` of `level` has in a tree of `size`: 0 when it has none.
std::uint32_t tile_width(std::uint64_t size, unsigned level, std::uint64_t index);
// The levels that a tree of `size` has tiles at: 0 for the empty tree.
unsigned tile_levels(std::uint64_t size);
// The partial tiles, lowest level first, and the partial bundle before them, of a tree of `size`.
std::vector<TileName> partial_tiles(std::uint64_t size);

// The hashes of a tile; error unless there are `width` of them exactly.
Result<std::vector<Hash>> parse_tile(ByteView bytes, std::uint32_t width);
void append_tile_hash(Bytes& tile, const Hash& hash);

// Entries, each valid as long as `bytes` is. Error on a cut entry, an entry over kEntryBytesMax, or
// a count that is not `width`.
Result<std::vector<ByteView>> parse_bundle(ByteView bytes, std::uint32_t width);
void append_bundle_entry(Bytes& bundle, ByteView entry);  // at most kEntryBytesMax

// Hashes for proofs out of tiles of a tree of `size`; `read` gives a tile's parsed hashes (cached,
// if it likes).
using TileSource = std::function<Result<std::vector<Hash>>(const TileName& name)>;
SubtreeSource subtrees_of_tiles(std::uint64_t size, TileSource read);

}  // namespace ward::evidence
