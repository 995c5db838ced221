// A growing tree and the tiles and bundles it fills: pure, the files are written by TileFiles.
//
// Memory: an open bundle, one open tile a level, and what filled since take_full() was last called.
// One thread.
#pragma once

#include <utility>
#include <vector>

#include "evidence/tile.h"

namespace ward::evidence {

class TileBuilder {
 public:
  struct Tile {
    TileName name;
    Bytes bytes;
  };

  TileBuilder() = default;

  // A tree of `first` leaves (a multiple of 256) whose open tiles from level 1 up are `tiles`.
  static Result<TileBuilder> restore(std::uint64_t first, std::vector<std::vector<Hash>> tiles);

  void append(ByteView entry, const Hash& leaf);

  CompactRange range() const;  // put together from the open tiles
  std::uint64_t size() const { return size_; }

  // Full tiles and bundles since the last call, in the order they filled.
  std::vector<Tile> take_full() { return std::exchange(full_, {}); }
  // Puts back, in front, what could not be written.
  void return_full(std::vector<Tile> tiles);
  bool has_full() const { return !full_.empty(); }

  // The right edge of the tree, as partial_tiles(size()) lists it.
  std::vector<Tile> partial() const;

  // The hashes of a tile at the right edge; nullptr when it is none. Valid until the next append.
  const std::vector<Hash>* open_tile(const TileName& name) const;

  // For the header of a write-ahead file: the open tiles from level 1 up, and the open bundle's
  // entries and leaves.
  std::vector<std::vector<Hash>> upper_tiles() const;
  const Bytes& open_bundle() const { return bundle_; }
  const std::vector<Hash>& open_leaves() const { return levels_.front().hashes; }

 private:
  // The open tile of a level. PERF: its own right edge gives its root when it fills, so that a leaf
  // costs one node hash.
  struct Level {
    std::vector<Hash> hashes;  // INVARIANT: fewer than 256
    CompactRange range;        // of these hashes
    void add(const Hash& hash);
  };

  void push(unsigned level, const Hash& hash);

  std::uint64_t size_ = 0;
  std::vector<Level> levels_{1};
  Bytes bundle_;
  std::vector<Tile> full_;
};

}  // namespace ward::evidence
