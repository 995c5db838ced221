#include "evidence/verify.h"

#include <algorithm>

#include "evidence/pruning.h"
#include "evidence/tile_files.h"
#include "evidence/wal.h"

namespace ward::evidence {
namespace {

constexpr std::size_t kDirectoryNamesMax = 2048;  // 1000 groups, their `.p`, and some
constexpr std::size_t kDepthMax = 12;             // of a tile's path

template <typename... Args>
Error damage(fmt::format_string<Args...> format, Args&&... args) {
  return {ErrorCode::kDataLoss, fmt::format(format, std::forward<Args>(args)...)};
}

class Verification {
 public:
  Verification(const os::FileSystem& files, const std::string& directory,
               const VerifyOptions& options)
      : files_(files), directory_(directory), options_(options), seen_(options.seen_elsewhere) {}

  Result<VerifiedLog> run(std::span<const VerifierKey> keys) {
    keys_ = keys;
    // Before the checkpoint: a log that is written meanwhile then reaches at least where this ends.
    WARD_TRY(wal_, read_wal());
    WARD_RETURN_IF_ERROR(open(keys));
    WARD_TRY(result_.minimum, read_minimum(files_, directory_, result_.checkpoint.origin, keys));
    WARD_RETURN_IF_ERROR(begin_at_minimum());
    for (std::uint64_t tile = result_.minimum / kTileWidth; tile * kTileWidth < size_; ++tile)
      WARD_RETURN_IF_ERROR(check_bundle(tile));
    // The right edge has the files of its exact size.
    for (const TileBuilder::Tile& tile : tree_.partial()) WARD_RETURN_IF_ERROR(check_tile(tile));
    if (tree_.range().head() != result_.checkpoint.tree) {
      return damage("the entries do not have the root that the checkpoint of size {} signs", size_);
    }
    WARD_RETURN_IF_ERROR(check_wal());
    if (next_seen_ < seen_.size()) return not_extended(seen_[next_seen_]);
    result_.unsigned_records = pending_.size();
    for (const TileBuilder::Tile& tile : tree_.partial()) {
      WARD_RETURN_IF_ERROR(check_partials(tile));
    }
    WARD_RETURN_IF_ERROR(check_names("", 0));
    return result_;
  }

 private:
  Result<void> open(std::span<const VerifierKey> keys) {
    WARD_TRY(const Bytes note, files_.read_file(directory_ + "/checkpoint", kCheckpointBytesMax));
    result_.checkpoint_note = as_text(note);
    WARD_TRY(const SignedCheckpoint opened,
             open_checkpoint(result_.checkpoint_note, keys).in("checkpoint"));
    // Signatures of unknown keys could be anything: a log's own file has those of known keys only.
    if (opened.signatures.size() != opened.note.signatures.size()) {
      return damage("the checkpoint has a signature of a key that was not given");
    }
    if (assemble(opened.note) != result_.checkpoint_note)
      return damage("the checkpoint is spelt otherwise");
    result_.checkpoint = opened.checkpoint;
    size_ = opened.checkpoint.tree.size;
    std::ranges::sort(seen_, {}, &TreeHead::size);
    return {};
  }

  // The tree of what was pruned, as the tiles above say: that it is the true one shows when the
  // root is compared.
  Result<void> begin_at_minimum() {
    if (result_.minimum > size_) return damage("entries were pruned that are not signed");
    if (result_.minimum > 0) {
      WARD_RETURN_IF_ERROR(note_head());  // of size 0
      WARD_TRY(auto tiles, read_open_tiles(files_, directory_, result_.minimum, size_));
      WARD_TRY(tree_, TileBuilder::restore(result_.minimum, std::move(tiles)));
    }
    if (next_seen_ < seen_.size() && seen_[next_seen_].size < result_.minimum) {
      return damage(
          "whether the log extends the head of size {} cannot be seen: entries below {} "
          "were pruned",
          seen_[next_seen_].size, result_.minimum);
    }
    return note_head();
  }

  static std::string assemble(const Note& note) {
    std::string lines;
    for (const NoteSignature& signature : note.signatures) lines += signature_line(signature);
    return assemble_note(note.text, lines);
  }

  Result<void> check_bundle(std::uint64_t tile) {
    const TileName name{true, 0, tile, tile_width(size_, 0, tile)};
    WARD_TRY(const Bytes bytes, read_own(name));
    WARD_TRY(const std::vector<ByteView> entries,
             parse_bundle(bytes, name.width).in(tile_path(name)));
    for (const ByteView entry : entries) {
      const std::uint64_t index = tree_.size();
      WARD_TRY(const RecordHead record, scan_record(entry).in(fmt::format("record {}", index)));
      if (record.revision < result_.last_revision) {
        return damage("record {} is at revision {}, the one before at {}", index, record.revision,
                      result_.last_revision);
      }
      result_.last_revision = record.revision;
      tree_.append(entry, leaf_hash(entry));
      WARD_RETURN_IF_ERROR(note_head());
      if (options_.visit) WARD_RETURN_IF_ERROR(options_.visit(index, record));
    }
    return check_full();
  }

  // The tiles that filled. Bundles are what the entries were read from.
  Result<void> check_full() {
    for (const TileBuilder::Tile& full : tree_.take_full()) {
      if (!full.name.is_entries) WARD_RETURN_IF_ERROR(check_tile(full));
      WARD_RETURN_IF_ERROR(check_partials(full));
    }
    return {};
  }

  Result<void> check_tile(const TileBuilder::Tile& tile) {
    WARD_TRY(const Bytes bytes, read_own(tile.name));
    if (bytes != tile.bytes)
      return damage("`{}` does not have the hashes of the entries", tile_path(tile.name));
    return {};
  }

  // The narrower tiles of earlier checkpoints are the start of this one. Of wider ones
  // check_names() says whether they may be there.
  Result<void> check_partials(const TileBuilder::Tile& tile) {
    const std::string directory = tile_path(tile.name.full()) + ".p";
    WARD_TRY(const auto names, list(directory_ + "/" + directory));
    for (const std::string& file : names) {
      if (os::final_path_of_temporary(file)) continue;
      WARD_TRY(const TileName name, parse_tile_path(directory + "/" + file));
      if (name.width > tile.name.width) continue;
      WARD_TRY(const Bytes partial, read_own(name));
      WARD_TRY(const ByteView expected, prefix_of(tile.bytes, name).in(directory + "/" + file));
      if (!std::ranges::equal(partial, expected))
        return damage("`{}/{}` is not the start of its tile", directory, file);
    }
    return {};
  }

  static Result<ByteView> prefix_of(ByteView bytes, const TileName& name) {
    if (name.is_entries) return first_entries(bytes, name.width);
    if (bytes.size() < name.width * kHashBytes) return damage("wider than the tree is");
    return bytes.first(name.width * kHashBytes);
  }

  Result<Bytes> read_own(const TileName& name) const {
    auto bytes = read_tile_bytes(files_, directory_, name);
    if (!bytes.ok()) return damage("`{}`: {}", tile_path(name), bytes.error().message());
    return bytes;
  }

  Result<void> note_head() {
    while (next_seen_ < seen_.size() && seen_[next_seen_].size == tree_.size()) {
      if (seen_[next_seen_].root != tree_.range().root()) return not_extended(seen_[next_seen_]);
      ++next_seen_;
    }
    return {};
  }

  Error not_extended(const TreeHead& head) const {
    return damage("the log of size {} does not extend the head of size {} that was seen elsewhere",
                  tree_.size(), head.size);
  }

  // Empty when there is no such directory: a writer may have removed it.
  Result<std::vector<std::string>> list(const std::string& directory) const {
    auto names = files_.list_directory(directory, kDirectoryNamesMax);
    if (names.ok() || names.error().code() != ErrorCode::kNotFound) return names;
    return std::vector<std::string>();
  }

  // Every name below the directory is one that a log of this size has.
  Result<void> check_names(const std::string& inside, std::size_t depth) {
    if (depth > kDepthMax) return damage("`{}` is deeper than a log's files", inside);
    const std::string directory = inside.empty() ? directory_ : directory_ + "/" + inside;
    WARD_TRY(const auto names, list(directory));
    for (const std::string& name : names) {
      const std::string path = inside.empty() ? name : inside + "/" + name;
      WARD_TRY(const auto status, files_.status(directory_ + "/" + path));
      if (!status) continue;  // a writer removed it
      if (status->kind == os::FileKind::kDirectory) {
        WARD_RETURN_IF_ERROR(check_names(path, depth + 1));
      } else {
        WARD_RETURN_IF_ERROR(check_name(path, *status));
      }
    }
    return {};
  }

  Result<void> check_name(const std::string& path, const os::FileStatus& status) {
    if (status.kind != os::FileKind::kRegular) return damage("`{}` is no regular file", path);
    if (path == "checkpoint" || path == "wal" || path == kPrunedFile) return {};
    if (path == "lock") {
      if (status.size > 0) return damage("`lock` is not empty");
      return {};
    }
    if (const auto final_path = os::final_path_of_temporary(path)) {
      ++result_.stale_files;
      return check_name(std::string(*final_path), status);
    }
    const auto name = parse_tile_path(path);
    if (!name.ok()) return damage("`{}` is no file of a log", path);
    if (is_below(name->full(), result_.minimum)) {
      ++result_.stale_files;
      return {};
    }
    // All tiles of the tree were compared above; anything wider is not of it.
    if (is_of(*name, tree_.size())) return {};
    if (!is_of(*name, size_by_now_)) {
      WARD_TRY(size_by_now_, size_by_now());
    }
    if (!is_of(*name, size_by_now_)) {
      return damage("`{}` is wider than the tree of size {}", path, size_by_now_);
    }
    ++result_.newer_files;
    return {};
  }

  static bool is_of(const TileName& name, std::uint64_t size) {
    return name.width <= tile_width(size, name.level, name.index);
  }

  // Of a log that is written meanwhile: records are in `wal` before tiles have them, and tiles
  // before `checkpoint` does.
  Result<std::uint64_t> size_by_now() {
    WARD_TRY(const std::optional<Bytes> bytes, read_wal());
    WARD_TRY(const Bytes note, files_.read_file(directory_ + "/checkpoint", kCheckpointBytesMax));
    WARD_TRY(const SignedCheckpoint opened, open_checkpoint(as_text(note), keys_).in("checkpoint"));
    std::uint64_t size = std::max(tree_.size(), opened.checkpoint.tree.size);
    if (!bytes) return size;
    WARD_TRY(const WalContent wal, parse_wal(*bytes));
    for (const WalGroup& group : wal.groups)
      size = std::max(size, group.first_index + group.entries.size());
    return size;
  }

  Result<std::optional<Bytes>> read_wal() const {
    auto bytes = files_.read_file(directory_ + "/wal", kWalBytesMax);
    if (bytes.ok()) return std::optional<Bytes>(std::move(*bytes));
    if (bytes.error().code() == ErrorCode::kNotFound) return std::optional<Bytes>();
    return bytes.error();
  }

  // What the write-ahead file repeats is what the tiles have; what it has beyond extends the tree.
  Result<void> check_wal() {
    if (!wal_) return {};
    WARD_TRY(const WalContent wal, parse_wal(*wal_));
    result_.has_torn_group = wal.whole_bytes < wal_->size();
    const WalHeader& header = wal.header;
    if (header.origin != result_.checkpoint.origin || header.first > size_ ||
        header.last_revision > result_.last_revision) {
      return damage("the header of `wal` is not that of this log");
    }
    const SubtreeSource subtrees = tile_source();
    WARD_TRY(const TileBuilder base, TileBuilder::restore(header.first, header.tiles));
    WARD_TRY(const TreeHead head, head_at(header.first, subtrees));
    if (base.range().head() != head) return damage("`wal` begins with another tree");
    unsigned_revision_ = result_.last_revision;
    for (const WalGroup& group : wal.groups) WARD_RETURN_IF_ERROR(check_group(group, subtrees));
    return {};
  }

  Result<void> check_group(const WalGroup& group, const SubtreeSource& subtrees) {
    for (std::size_t i = 0; i < group.entries.size(); ++i) {
      const std::uint64_t index = group.first_index + i;
      if (index < size_) {
        WARD_TRY(const Hash leaf, subtrees(0, index));
        if (leaf != group.leaves[i])
          return damage("record {} of `wal` is not that of the tiles", index);
        continue;
      }
      WARD_TRY(const RecordHead record,
               scan_record(group.entries[i]).in(fmt::format("record {} of `wal`", index)));
      if (index != tree_.size() || record.revision < unsigned_revision_) {
        return damage("record {} of `wal` does not follow", index);
      }
      unsigned_revision_ = record.revision;
      tree_.append(group.entries[i], group.leaves[i]);
      pending_.push_back({index, record});
      WARD_RETURN_IF_ERROR(note_head());
    }
    if (!group.checkpoint.empty()) WARD_RETURN_IF_ERROR(check_signed(group, subtrees));
    return check_unsigned_tiles();
  }

  // A head that was signed with its group: of the tree that the group made. One that `checkpoint`
  // does not have yet is the log's newest, as a start takes it.
  Result<void> check_signed(const WalGroup& group, const SubtreeSource& subtrees) {
    WARD_TRY(const auto opened, open_checkpoint(group.checkpoint, keys_).in("a head in `wal`"));
    const std::uint64_t end = group.first_index + group.entries.size();
    TreeHead head = tree_.range().head();
    if (end <= size_) {
      WARD_TRY(head, head_at(end, subtrees));
    }
    if (opened.checkpoint != Checkpoint{result_.checkpoint.origin, head}) {
      return damage("a head in `wal`, of size {}, is not that of its records",
                    opened.checkpoint.tree.size);
    }
    if (end <= size_) return {};
    result_.checkpoint = opened.checkpoint;
    result_.checkpoint_note = group.checkpoint;
    for (const Pending& each : pending_) {
      result_.last_revision = each.record.revision;
      if (options_.visit) WARD_RETURN_IF_ERROR(options_.visit(each.index, each.record));
    }
    pending_.clear();
    return {};
  }

  // A writer may be about to write them, so they may be absent, but not other than they should be.
  Result<void> check_unsigned_tiles() {
    for (const TileBuilder::Tile& full : tree_.take_full()) {
      WARD_TRY(const auto status, files_.status(directory_ + "/" + tile_path(full.name)));
      if (status) WARD_RETURN_IF_ERROR(check_tile(full));
      WARD_RETURN_IF_ERROR(check_partials(full));
    }
    return {};
  }

  // Tiles of the signed tree, the last one kept: entries are asked for in order.
  SubtreeSource tile_source() {
    return subtrees_of_tiles(size_, [this](const TileName& name) -> Result<std::vector<Hash>> {
      if (name != cached_name_ || cached_tile_.empty()) {
        WARD_TRY(const Bytes bytes, read_own(name));
        WARD_TRY(cached_tile_, parse_tile(bytes, name.width));
        cached_name_ = name;
      }
      return cached_tile_;
    });
  }

  const os::FileSystem& files_;
  const std::string& directory_;
  const VerifyOptions& options_;
  std::span<const VerifierKey> keys_;
  std::optional<Bytes> wal_;
  std::vector<TreeHead> seen_;
  std::size_t next_seen_ = 0;
  TileBuilder tree_;
  std::uint64_t size_ = 0;         // of `checkpoint`: what the tiles have
  std::uint64_t size_by_now_ = 0;  // of a log that grew since
  std::uint64_t unsigned_revision_ = 0;
  struct Pending {
    std::uint64_t index;
    RecordHead record;  // views into the write-ahead file
  };
  std::vector<Pending> pending_;  // of `wal`, behind the newest signed head
  TileName cached_name_;
  std::vector<Hash> cached_tile_;
  VerifiedLog result_;
};

}  // namespace

Result<VerifiedLog> verify_log(const os::FileSystem& files, const std::string& directory,
                               std::span<const VerifierKey> keys, const VerifyOptions& options) {
  return Verification(files, directory, options).run(keys).in(directory);
}

}  // namespace ward::evidence
