#include "evidence/mirror.h"

#include <algorithm>

#include "evidence/pruning.h"

namespace ward::evidence {

Result<Shipment> export_since(const LogReader& log, std::uint64_t first, std::size_t max_bytes,
                              std::uint32_t max_count) {
  if (first > log.size()) {
    return make_error(ErrorCode::kOutOfRange, "the log has {} signed entries, {} were asked",
                      log.size(), first);
  }
  Shipment shipment{.first = first,
                    .count = 0,
                    .entries = {},
                    .consistency = {},
                    .checkpoint = log.checkpoint_note()};
  bool is_full = false;
  // A bundle at a time, so that a small limit does not read the whole log.
  for (std::uint64_t at = first; at < log.size() && !is_full;) {
    const std::uint64_t end = std::min(log.size(), (at / kTileWidth + 1) * kTileWidth);
    WARD_RETURN_IF_ERROR(
        log.read_entries(at, end, [&](std::uint64_t, ByteView entry) -> Result<void> {
          is_full = is_full || shipment.count == max_count ||
                    (shipment.count > 0 && shipment.entries.size() + 2 + entry.size() > max_bytes);
          if (is_full) return {};
          append_bundle_entry(shipment.entries, entry);
          ++shipment.count;
          return {};
        }));
    at = end;
  }
  WARD_TRY(shipment.consistency,
           prove_consistency(first + shipment.count, log.size(), log.subtrees()));
  return shipment;
}

Mirror::Mirror(std::string directory, VerifierKey key, os::FileSystem& files)
    : directory_(std::move(directory)),
      key_(std::move(key)),
      files_(&files),
      tiles_(files, directory_) {}

Result<Mirror> Mirror::open(std::string directory, VerifierKey key, os::FileSystem& files) {
  Mirror mirror(std::move(directory), std::move(key), files);
  WARD_RETURN_IF_ERROR(files.create_directory(mirror.directory_, kLogDirectoryMode));
  WARD_TRY(const auto status, files.status(mirror.directory_ + "/checkpoint"));
  if (status) WARD_RETURN_IF_ERROR(mirror.restore().in(mirror.directory_));
  return mirror;
}

// The tree of the last whole checkpoint; what came after it is shipped again.
Result<void> Mirror::restore() {
  WARD_TRY(const LogReader reader, LogReader::open(*files_, directory_, std::span(&key_, 1)));
  const std::uint64_t first = reader.size() - reader.size() % kTileWidth;
  WARD_TRY(auto open_tiles, read_open_tiles(*files_, directory_, first, reader.size()));
  WARD_TRY(tree_, TileBuilder::restore(first, std::move(open_tiles)));
  WARD_RETURN_IF_ERROR(
      reader.read_entries(first, reader.size(), [&](std::uint64_t, ByteView entry) -> Result<void> {
        tree_.append(entry, leaf_hash(entry));
        return {};
      }));
  if (tree_.range().head() != reader.checkpoint().tree) {
    return make_error(ErrorCode::kDataLoss, "the copy does not have the root of its checkpoint");
  }
  complete_ = reader.checkpoint().tree;
  note_ = reader.checkpoint_note();
  return {};
}

Result<bool> Mirror::receive(const Shipment& shipment) {
  if (shipment.entries.size() > kShipmentBytesMax + kEntryBytesMax) {
    return make_error(ErrorCode::kResourceExhausted, "a shipment has at most {} bytes",
                      kShipmentBytesMax);
  }
  WARD_TRY(const SignedCheckpoint opened,
           open_checkpoint(shipment.checkpoint, std::span(&key_, 1)));
  if (shipment.first != size()) {
    return make_error(ErrorCode::kAborted, "the copy has {} entries, the shipment begins at {}",
                      size(), shipment.first);
  }
  WARD_TRY(const std::vector<ByteView> entries, parse_bundle(shipment.entries, shipment.count));
  CompactRange range = tree_.range();
  std::vector<Hash> leaves;
  leaves.reserve(entries.size());
  for (const ByteView entry : entries) {
    leaves.push_back(leaf_hash(entry));
    range.append(leaves.back());
  }
  const TreeHead& head = opened.checkpoint.tree;
  WARD_RETURN_IF_ERROR(verify_consistency(range.head(), head, shipment.consistency));
  for (std::size_t i = 0; i < entries.size(); ++i) tree_.append(entries[i], leaves[i]);
  WARD_RETURN_IF_ERROR(tiles_.write_full(tree_));
  if (size() < head.size) return false;
  if (head == complete_ && !note_.empty()) return true;
  WARD_RETURN_IF_ERROR(tiles_.write_partial(tree_));
  WARD_RETURN_IF_ERROR(tiles_.sync());
  WARD_RETURN_IF_ERROR(
      files_->write_file(directory_ + "/checkpoint", as_bytes(shipment.checkpoint), kLogFileMode));
  complete_ = head;
  note_ = shipment.checkpoint;
  return true;
}

}  // namespace ward::evidence
