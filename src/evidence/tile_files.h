// Where the tiles of one log lie on disk: writes them as a TileBuilder fills them, reads them back.
//
// Tiles are written lazily: until sync() a crash may lose them, so whoever writes keeps what they
// are made of. One thread writes; readers of other processes never see a part of a file.
#pragma once

#include <set>
#include <string>

#include "evidence/tile_builder.h"
#include "os/file_system.h"

namespace ward::evidence {

inline constexpr mode_t kLogFileMode = 0640;
inline constexpr mode_t kLogDirectoryMode = 0750;

class TileFiles {
 public:
  TileFiles(os::FileSystem& files, std::string directory)
      : files_(&files), directory_(std::move(directory)) {}

  // What filled goes out, and the partial tiles it replaces are removed. What could not be written
  // stays in `tree`.
  Result<void> write_full(TileBuilder& tree);
  // The right edge, for a checkpoint of this size.
  Result<void> write_partial(const TileBuilder& tree);
  Result<void> sync() { return files_->sync_all(directory_); }
  // Removes every partial tile at the right edge of a tree of `size`: after a crash they may be
  // torn.
  Result<void> remove_partial(std::uint64_t size);

 private:
  Result<void> write(const TileBuilder::Tile& tile);
  Result<void> make_directories(const std::string& path);
  Result<void> remove_partial_of(const TileName& full);

  os::FileSystem* files_;
  std::string directory_;
  std::set<std::string> made_;  // directories known to be there; bounded, see make_directories()
};

// The bytes of a tile or bundle: of its own file, or cut from the full one that replaced it.
Result<Bytes> read_tile_bytes(const os::FileSystem& files, const std::string& directory,
                              const TileName& name);
// The first `width` entries of a bundle that may hold more.
Result<ByteView> first_entries(ByteView bundle, std::uint32_t width);

}  // namespace ward::evidence
