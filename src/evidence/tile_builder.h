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

  const CompactRange& range() const { return range_; }
  std::uint64_t size() const { return range_.size(); }

  // Full tiles and bundles since the last call, in the order they filled.
  std::vector<Tile> take_full() { return std::exchange(full_, {}); }
  // Puts back, in front, what could not be written.
  void return_full(std::vector<Tile> tiles);
  bool has_full() const { return !full_.empty(); }

  // The right edge of the tree, as partial_tiles(size()) lists it.
  std::vector<Tile> partial() const;

  // For the header of a write-ahead file: the open tiles from level 1 up, and the open bundle's
  // entries and leaves.
  std::vector<std::vector<Hash>> upper_tiles() const;
  const Bytes& open_bundle() const { return bundle_; }
  const std::vector<Hash>& open_leaves() const { return tiles_.front(); }

 private:
  void push(unsigned level, const Hash& hash);

  CompactRange range_;
  std::vector<std::vector<Hash>> tiles_{
      1};  // the open tile of each level; INVARIANT: each narrower than 256
  Bytes bundle_;
  std::vector<Tile> full_;
};

}  // namespace ward::evidence
