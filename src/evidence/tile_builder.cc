#include "evidence/tile_builder.h"

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

Result<TileBuilder> TileBuilder::restore(std::uint64_t first,
                                         std::vector<std::vector<Hash>> tiles) {
  WARD_CHECK(first % kTileWidth == 0);
  TileBuilder builder;
  builder.tiles_.insert(builder.tiles_.end(), tiles.begin(), tiles.end());
  const auto& open = builder.tiles_;
  const SubtreeSource source =
      subtrees_of_tiles(first, [&](const TileName& name) -> Result<std::vector<Hash>> {
        if (name.level >= open.size() || open[name.level].size() != name.width) {
          return make_error(ErrorCode::kDataLoss, "no open tile of level {}", name.level);
        }
        return open[name.level];
      });
  WARD_TRY(builder.range_, range_at(first, source));
  return builder;
}

void TileBuilder::push(unsigned level, const Hash& hash) {
  if (tiles_.size() <= level) tiles_.emplace_back();
  tiles_[level].push_back(hash);
  if (tiles_[level].size() < kTileWidth) return;
  const std::uint64_t index = (range_.size() >> ((level + 1) * kTileHeight)) - 1;
  full_.push_back({{false, level, index, kTileWidth}, tile_bytes(tiles_[level])});
  const Hash root = complete_root(tiles_[level]);
  tiles_[level].clear();
  push(level + 1, root);  // at most eight levels deep
}

void TileBuilder::append(ByteView entry, const Hash& leaf) {
  range_.append(leaf);
  append_bundle_entry(bundle_, entry);
  if (range_.size() % kTileWidth == 0) {
    full_.push_back(
        {{true, 0, range_.size() / kTileWidth - 1, kTileWidth}, std::exchange(bundle_, {})});
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
    tiles.push_back({name, name.is_entries ? bundle_ : tile_bytes(tiles_[name.level])});
  }
  return tiles;
}

std::vector<std::vector<Hash>> TileBuilder::upper_tiles() const {
  return {tiles_.begin() + 1, tiles_.end()};
}

}  // namespace ward::evidence
