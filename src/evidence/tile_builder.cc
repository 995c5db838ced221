#include "evidence/tile_builder.h"

#include <algorithm>
#include <iterator>

namespace ward::evidence {
namespace {

Bytes tile_bytes(const std::vector<Hash>& hashes) {
  Bytes bytes;
  bytes.reserve(hashes.size() * kHashBytes);
  for (const Hash& hash : hashes) append_tile_hash(bytes, hash);
  return bytes;
}

}  // namespace

void TileBuilder::Level::add(const Hash& hash) {
  hashes.push_back(hash);
  range.append(hash);
}

Result<TileBuilder> TileBuilder::restore(std::uint64_t first,
                                         std::vector<std::vector<Hash>> tiles) {
  WARD_CHECK(first % kTileWidth == 0);
  TileBuilder builder;
  builder.size_ = first;
  for (const std::vector<Hash>& tile : tiles) {
    builder.levels_.emplace_back();
    for (const Hash& hash : tile) builder.levels_.back().add(hash);
  }
  for (unsigned level = 1;
       level < std::max<std::size_t>(tile_levels(first), builder.levels_.size()); ++level) {
    const std::uint64_t width = (first >> (level * kTileHeight)) % kTileWidth;
    if (level >= builder.levels_.size() || builder.levels_[level].hashes.size() != width) {
      return make_error(ErrorCode::kDataLoss, "the open tile of level {} does not have {} hashes",
                        level, width);
    }
  }
  return builder;
}

// A tree's complete subtrees are those of its open tiles, the highest level first.
CompactRange TileBuilder::range() const {
  std::vector<Hash> hashes;
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    hashes.insert(hashes.end(), level->range.hashes().begin(), level->range.hashes().end());
  }
  auto range = CompactRange::restore(size_, hashes);
  WARD_CHECK(range.ok());
  return std::move(*range);
}

void TileBuilder::push(unsigned level, const Hash& hash) {
  if (levels_.size() <= level) levels_.emplace_back();
  levels_[level].add(hash);
  if (levels_[level].hashes.size() < kTileWidth) return;
  const std::uint64_t index = (size_ >> ((level + 1) * kTileHeight)) - 1;
  full_.push_back({{false, level, index, kTileWidth}, tile_bytes(levels_[level].hashes)});
  const Hash root = levels_[level].range.root();
  levels_[level].hashes.clear();
  levels_[level].range = {};
  push(level + 1, root);  // at most eight levels deep
}

void TileBuilder::append(ByteView entry, const Hash& leaf) {
  ++size_;
  append_bundle_entry(bundle_, entry);
  if (size_ % kTileWidth == 0) {
    // PERF: a bundle that need not grow is not copied six times over; the next is about as large.
    const std::size_t expected = bundle_.size() + bundle_.size() / 8;
    full_.push_back({{true, 0, size_ / kTileWidth - 1, kTileWidth}, std::exchange(bundle_, {})});
    bundle_.reserve(expected);
  }
  push(0, leaf);
}

void TileBuilder::return_full(std::vector<Tile> tiles) {
  tiles.insert(tiles.end(), std::make_move_iterator(full_.begin()),
               std::make_move_iterator(full_.end()));
  full_ = std::move(tiles);
}

std::vector<TileBuilder::Tile> TileBuilder::partial() const {
  std::vector<Tile> tiles;
  for (const TileName& name : partial_tiles(size())) {
    tiles.push_back({name, name.is_entries ? bundle_ : tile_bytes(levels_[name.level].hashes)});
  }
  return tiles;
}

const std::vector<Hash>* TileBuilder::open_tile(const TileName& name) const {
  const bool is_open = !name.is_entries && name.level < levels_.size() &&
                       name.index == size_ >> ((name.level + 1) * kTileHeight);
  return is_open ? &levels_[name.level].hashes : nullptr;
}

std::vector<std::vector<Hash>> TileBuilder::upper_tiles() const {
  std::vector<std::vector<Hash>> tiles;
  for (std::size_t level = 1; level < levels_.size(); ++level)
    tiles.push_back(levels_[level].hashes);
  return tiles;
}

}  // namespace ward::evidence
