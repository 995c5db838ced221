#include "evidence/tile_files.h"

#include "evidence/wire.h"

namespace ward::evidence {
namespace {

constexpr std::size_t kKnownDirectoriesMax = 4096;
constexpr std::size_t kPartialsMax = 1024;  // 255 widths, and files of a writer that died

std::string path_in(const std::string& directory, const TileName& name) {
  return directory + "/" + tile_path(name);
}

std::size_t bytes_max(const TileName& name) {
  return name.is_entries ? kBundleBytesMax : kTileBytes;
}

// PERF: a buffer of the file's size; read_file() grows one by chunks, which for a tile of 8 KiB
// clears sixteen times as much memory.
Result<Bytes> read_sized(const os::FileSystem& files, const std::string& path, std::size_t max) {
  WARD_TRY(const auto status, files.status(path));
  if (!status) return make_error(ErrorCode::kNotFound, "no file `{}`", path);
  if (status->size > max) {
    return make_error(ErrorCode::kDataLoss, "`{}` has {} bytes, expected at most {}", path,
                      status->size, max);
  }
  return files.read_range(path, 0, static_cast<std::size_t>(status->size));
}

}  // namespace

Result<void> TileFiles::write_full(TileBuilder& tree) {
  std::vector<TileBuilder::Tile> tiles = tree.take_full();
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    auto written = write(tiles[i]);
    if (written.ok()) written = remove_partial_of(tiles[i].name);
    if (written.ok()) continue;
    tiles.erase(tiles.begin(), tiles.begin() + static_cast<std::ptrdiff_t>(i));
    tree.return_full(std::move(tiles));
    return written;
  }
  return {};
}

Result<void> TileFiles::write_partial(const TileBuilder& tree) {
  for (const TileBuilder::Tile& tile : tree.partial()) WARD_RETURN_IF_ERROR(write(tile));
  return {};
}

Result<void> TileFiles::remove_partial(std::uint64_t size) {
  for (const TileName& name : partial_tiles(size))
    WARD_RETURN_IF_ERROR(remove_partial_of(name.full()));
  return {};
}

Result<void> TileFiles::write(const TileBuilder::Tile& tile) {
  const std::string path = path_in(directory_, tile.name);
  WARD_RETURN_IF_ERROR(make_directories(os::parent_directory(path)));
  return files_->write_file_lazily(path, tile.bytes, kLogFileMode);
}

Result<void> TileFiles::make_directories(const std::string& path) {
  if (path.size() <= directory_.size() || made_.contains(path)) return {};
  WARD_RETURN_IF_ERROR(
      make_directories(os::parent_directory(path)));  // at most as deep as a tile's path
  WARD_RETURN_IF_ERROR(files_->create_directory(path, kLogDirectoryMode));
  if (made_.size() == kKnownDirectoriesMax) made_.clear();
  made_.insert(path);
  return {};
}

Result<void> TileFiles::remove_partial_of(const TileName& full) {
  const std::string directory = path_in(directory_, full) + ".p";
  WARD_TRY(const auto status, files_->status(directory));
  if (!status) return {};
  WARD_TRY(const std::vector<std::string> names, files_->list_directory(directory, kPartialsMax));
  for (const std::string& name : names)
    WARD_RETURN_IF_ERROR(files_->remove(directory + "/" + name));
  made_.erase(directory);
  return files_->remove(directory);
}

Result<ByteView> first_entries(ByteView bundle, std::uint32_t width) {
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < width; ++i) {
    if (bundle.size() - at < 2)
      return make_error(ErrorCode::kDataLoss, "a bundle has fewer than {} entries", width);
    const std::size_t next = at + 2 + load_be<std::uint16_t>(bundle.subspan(at));
    if (next > bundle.size())
      return make_error(ErrorCode::kDataLoss, "an entry of a bundle is cut");
    at = next;
  }
  return bundle.first(at);
}

Result<Bytes> read_tile_bytes(const os::FileSystem& files, const std::string& directory,
                              const TileName& name) {
  auto own = read_sized(files, path_in(directory, name), bytes_max(name));
  if (own.ok() || name.is_full() || own.error().code() != ErrorCode::kNotFound) return own;
  // tlog-tiles, "Partial Tiles": one may be gone once the full tile is there.
  WARD_TRY(Bytes full, read_sized(files, path_in(directory, name.full()), bytes_max(name)));
  if (!name.is_entries) {
    full.resize(std::min(full.size(), name.width * kHashBytes));
    return full;
  }
  WARD_TRY(const ByteView first, first_entries(full, name.width));
  full.resize(first.size());
  return full;
}

}  // namespace ward::evidence
