#include "evidence/reader.h"

#include <algorithm>

#include "evidence/pruning.h"

namespace ward::evidence {
namespace {

Error pruned(std::uint64_t index, std::uint64_t minimum) {
  return make_error(ErrorCode::kOutOfRange,
                    "entry {} was pruned: by the log's retention policy it begins at {}", index,
                    minimum);
}

}  // namespace

Result<LogReader> LogReader::open(const os::FileSystem& files, std::string directory,
                                  std::span<const VerifierKey> keys) {
  LogReader reader(files, std::move(directory));
  WARD_TRY(const Bytes bytes,
           files.read_file(reader.directory_ + "/checkpoint", kCheckpointBytesMax));
  reader.note_ = as_text(bytes);
  WARD_TRY(SignedCheckpoint opened, open_checkpoint(reader.note_, keys).in(reader.directory_));
  reader.checkpoint_ = std::move(opened.checkpoint);
  WARD_TRY(reader.minimum_,
           read_minimum(files, reader.directory_, reader.checkpoint_.origin, keys));
  return reader;
}

Result<void> LogReader::read_entries(std::uint64_t first, std::uint64_t end,
                                     const Visitor& visit) const {
  if (end > size())
    return make_error(ErrorCode::kOutOfRange, "the log has {} entries, {} were asked", size(), end);
  if (first < minimum_ && first < end) return pruned(first, minimum_);
  for (std::uint64_t tile = first / kTileWidth; first < end; ++tile) {
    const TileName name{true, 0, tile, tile_width(size(), 0, tile)};
    WARD_TRY(const Bytes bytes, read_tile_bytes(*files_, directory_, name));
    WARD_TRY(const std::vector<ByteView> entries,
             parse_bundle(bytes, name.width).in(tile_path(name)));
    const std::uint64_t start = tile * kTileWidth;
    const std::uint64_t stop = std::min<std::uint64_t>(end, start + name.width);
    for (; first < stop; ++first) WARD_RETURN_IF_ERROR(visit(first, entries[first - start]));
  }
  return {};
}

Result<Bytes> LogReader::read_entry(std::uint64_t index) const {
  if (index == UINT64_MAX) return make_error(ErrorCode::kOutOfRange, "no entry {}", index);
  Bytes entry;
  WARD_RETURN_IF_ERROR(
      read_entries(index, index + 1, [&](std::uint64_t, ByteView bytes) -> Result<void> {
        entry = to_bytes(bytes);
        return {};
      }));
  return entry;
}

SubtreeSource LogReader::subtrees() const {
  return subtrees_of_tiles(size(), [this](const TileName& name) -> Result<std::vector<Hash>> {
    WARD_TRY(const Bytes bytes, read_tile_bytes(*files_, directory_, name));
    return parse_tile(bytes, name.width).in(tile_path(name));
  });
}

Result<TlogProof> LogReader::prove(std::uint64_t index) const {
  TlogProof proof;
  if (index < minimum_) return pruned(index, minimum_);
  proof.index = index;
  WARD_TRY(proof.hashes, prove_inclusion(index, size(), subtrees()));
  proof.checkpoint = note_;
  return proof;
}

}  // namespace ward::evidence
