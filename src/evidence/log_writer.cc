#include "evidence/log_writer.h"

#include <algorithm>

#include "evidence/record_scan.h"

namespace ward::evidence {
namespace {

constexpr std::string_view kWal = "wal";
constexpr std::string_view kCheckpoint = "checkpoint";
constexpr std::string_view kLock = "lock";

Error rolled_back(const TreeHead& expected, std::uint64_t size) {
  return make_error(
      ErrorCode::kDataLoss,
      "the log has {} records and does not extend the head of size {} that was signed", size,
      expected.size);
}

}  // namespace

void RecordGroup::add(ByteView record, std::uint64_t revision) {
  append_bundle_entry(buffer_, record);
  ++count_;
  last_revision_ = revision;
}

void RecordGroup::clear() {
  buffer_.assign(kWalGroupHeaderBytes, 0);
  count_ = 0;
}

LogWriter::LogWriter(LogWriterOptions options, os::FileSystem& files, const Clock& clock)
    : options_(std::move(options)),
      files_(&files),
      clock_(&clock),
      tiles_(files, options_.directory) {}

std::string LogWriter::path(std::string_view name) const {
  return fmt::format("{}/{}", options_.directory, name);
}

Result<LogWriter> LogWriter::open(LogWriterOptions options, os::FileSystem& files,
                                  const Clock& clock) {
  if (options.wal_bytes_max > kWalBytesMax / 2) {
    return invalid_argument("a write-ahead file of at most {} bytes, got {}", kWalBytesMax / 2,
                            options.wal_bytes_max);
  }
  if (options.signer.verifier().type() != NoteKeyType::kEd25519) {
    return invalid_argument("a log signs with a key of type 0x01, `{}` is a cosigner",
                            options.signer.name());
  }
  LogWriter writer(std::move(options), files, clock);
  WARD_RETURN_IF_ERROR(files.create_directory(writer.options_.directory, kLogDirectoryMode));
  WARD_TRY(writer.lock_, files.lock(writer.path(kLock)));
  WARD_TRY(const auto wal, files.status(writer.path(kWal)));
  const VerifierKey keys[] = {writer.options_.signer.verifier()};
  WARD_TRY(writer.minimum_, read_minimum(files, writer.options_.directory, writer.origin(), keys));
  WARD_RETURN_IF_ERROR((wal ? writer.recover() : writer.create())
                           .in(fmt::format("evidence log `{}`", writer.options_.directory)));
  return writer;
}

Result<void> LogWriter::create() {
  WARD_TRY(const auto checkpoint, files_->status(path(kCheckpoint)));
  if (checkpoint) {
    WARD_RETURN_IF_ERROR(load_checkpoint());
    if (signed_.tree.size != 0)
      return make_error(ErrorCode::kDataLoss, "the write-ahead file is gone");
  }
  for (const TreeHead& seen : options_.seen_elsewhere) {
    if (seen.size > 0) return rolled_back(seen, 0);
  }
  // The signed empty head comes first: from then on a log without a checkpoint was tampered with.
  signed_ = {};
  WARD_RETURN_IF_ERROR(publish());
  return begin_wal();
}

Result<void> LogWriter::load_checkpoint() {
  WARD_TRY(const Bytes bytes, files_->read_file(path(kCheckpoint), kCheckpointBytesMax));
  const VerifierKey keys[] = {options_.signer.verifier()};
  WARD_TRY(const SignedCheckpoint opened, open_checkpoint(as_text(bytes), keys).in("checkpoint"));
  if (opened.checkpoint.origin != origin()) {
    return make_error(ErrorCode::kFailedPrecondition,
                      "the checkpoint is of log `{}`, expected `{}`", opened.checkpoint.origin,
                      origin());
  }
  signed_ = opened.checkpoint;
  checkpoint_note_ = as_text(bytes);
  return {};
}

Result<void> LogWriter::recover() {
  WARD_RETURN_IF_ERROR(load_checkpoint());
  WARD_TRY(const Bytes bytes, files_->read_file(path(kWal), kWalBytesMax));
  WARD_TRY(const WalContent wal, parse_wal(bytes));
  if (wal.header.origin != origin()) {
    return make_error(ErrorCode::kFailedPrecondition, "the log is that of `{}`, expected `{}`",
                      wal.header.origin, origin());
  }
  if (wal.header.first > signed_.tree.size) return rolled_back(signed_.tree, signed_.tree.size);
  if (wal.header.first < minimum_) {
    return make_error(ErrorCode::kDataLoss,
                      "the write-ahead file begins at {}, entries below {} were pruned",
                      wal.header.first, minimum_);
  }
  WARD_TRY(tree_, TileBuilder::restore(wal.header.first, wal.header.tiles));
  last_revision_ = wal.header.last_revision;
  WARD_RETURN_IF_ERROR(replay(wal));
  for (const TreeHead& seen : options_.seen_elsewhere) WARD_RETURN_IF_ERROR(check_head_at(seen));
  cut_bytes_ = bytes.size() - wal.whole_bytes;
  // Partial tiles of before the crash may be torn; those of the head come anew.
  WARD_RETURN_IF_ERROR(tiles_.remove_partial(size()));
  // What a crash in prune() left.
  WARD_RETURN_IF_ERROR(remove_below(*files_, options_.directory, minimum_));
  return repair();
}

// Appends what the file holds, and looks at the head on the way where the checkpoint has signed it.
Result<void> LogWriter::replay(const WalContent& wal) {
  bool is_extension = head() == signed_.tree;
  for (const WalGroup& group : wal.groups) {
    for (std::size_t i = 0; i < group.entries.size(); ++i) {
      WARD_TRY(const RecordHead record, scan_record(group.entries[i]));
      if (record.revision < last_revision_)
        return make_error(ErrorCode::kDataLoss, "revisions go down");
      last_revision_ = record.revision;
      tree_.append(group.entries[i], group.leaves[i]);
      if (size() == signed_.tree.size) is_extension = head() == signed_.tree;
    }
    if (!group.checkpoint.empty()) WARD_RETURN_IF_ERROR(take_signed(group.checkpoint));
    WARD_RETURN_IF_ERROR(tiles_.write_full(tree_));
  }
  if (!is_extension) return rolled_back(signed_.tree, size());
  return {};
}

// A head that was signed with its group, which has just been replayed.
Result<void> LogWriter::take_signed(std::string_view checkpoint) {
  const VerifierKey keys[] = {options_.signer.verifier()};
  WARD_TRY(const SignedCheckpoint opened,
           open_checkpoint(checkpoint, keys).in("a checkpoint of the write-ahead file"));
  if (opened.checkpoint != Checkpoint{origin(), head()}) {
    return make_error(ErrorCode::kDataLoss,
                      "a checkpoint of the write-ahead file, of size {}, is not that of its tree",
                      opened.checkpoint.tree.size);
  }
  if (size() <= signed_.tree.size) return {};
  signed_ = opened.checkpoint;
  checkpoint_note_ = checkpoint;
  is_published_ = false;
  return {};
}

Result<void> LogWriter::check_head_at(const TreeHead& expected) const {
  if (expected.size > size()) return rolled_back(expected, size());
  if (expected.size > 0 && expected.size < minimum_) {
    return make_error(
        ErrorCode::kFailedPrecondition,
        "whether the log extends the head of size {} cannot be seen: entries below {} "
        "were pruned",
        expected.size, minimum_);
  }
  if (expected.size == size()) {
    if (expected.root != head().root) return rolled_back(expected, size());
    return {};
  }
  WARD_TRY(const Proof proof, prove_consistency(expected.size, size(), subtrees()));
  if (!verify_consistency(expected, head(), proof).ok()) return rolled_back(expected, size());
  return {};
}

// The right edge may not be on disk yet, the rest is.
SubtreeSource LogWriter::subtrees() const {
  return subtrees_of_tiles(size(), [this](const TileName& name) -> Result<std::vector<Hash>> {
    if (const auto* open = tree_.open_tile(name)) return *open;
    WARD_TRY(const Bytes bytes, read_tile_bytes(*files_, options_.directory, name));
    return parse_tile(bytes, name.width);
  });
}

Result<TlogProof> LogWriter::prove(std::uint64_t index) const {
  WARD_CHECK(signed_.tree.size == size());
  TlogProof proof{.extra = {}, .index = index, .hashes = {}, .checkpoint = checkpoint_note_};
  WARD_TRY(proof.hashes, prove_inclusion(index, size(), subtrees()));
  return proof;
}

Result<std::uint64_t> LogWriter::commit(RecordGroup& group) {
  return commit(group, false);
}

Result<std::uint64_t> LogWriter::commit_signed(RecordGroup& group) {
  return commit(group, true);
}

// The head of the tree with `leaves` behind what it has.
Result<LogWriter::SignedHead> LogWriter::sign_after(std::span<const Hash> leaves) const {
  CompactRange range = tree_.range();
  for (const Hash& leaf : leaves) range.append(leaf);
  SignedHead head{.checkpoint = {origin(), range.head()}, .note = {}};
  WARD_TRY(head.note, sign_checkpoint(head.checkpoint, options_.signer));
  return head;
}

Result<std::uint64_t> LogWriter::commit(RecordGroup& group, bool is_signed) {
  WARD_CHECK(group.count() > 0 && group.last_revision() >= last_revision_);
  WARD_CHECK(group.bytes() <= kWalGroupBytesMax);
  if (is_broken())
    return make_error(ErrorCode::kUnavailable, "the evidence log is broken, repair it first");
  // Tiles that could not be written are memory that grows: no more records until they are out.
  if (auto written = tiles_.write_full(tree_); !written.ok())
    return file_ = nullptr, written.error();
  const ByteView payload = ByteView(group.buffer_).subspan(kWalGroupHeaderBytes);
  std::vector<ByteView> entries;
  WARD_TRY(entries, parse_bundle(payload, static_cast<std::uint32_t>(group.count())));
  std::vector<Hash> leaves;
  leaves.reserve(entries.size());
  for (const ByteView entry : entries) leaves.push_back(leaf_hash(entry));
  std::optional<SignedHead> head;
  if (is_signed) {
    auto made = sign_after(leaves);
    if (!made.ok()) return file_ = nullptr, made.error();
    head = *std::move(made);
  }
  const std::size_t payload_bytes = payload.size();
  finish_wal_group(group.buffer_, size(), leaves, head ? std::string_view(head->note) : "");
  // The buffer may have moved.
  WARD_TRY(entries,
           parse_bundle(ByteView(group.buffer_).subspan(kWalGroupHeaderBytes, payload_bytes),
                        static_cast<std::uint32_t>(group.count())));
  auto durable = file_->append(group.buffer_);
  if (durable.ok()) durable = file_->sync();
  if (!durable.ok()) return file_ = nullptr, durable.error();
  const std::uint64_t first = size();
  for (std::size_t i = 0; i < entries.size(); ++i) tree_.append(entries[i], leaves[i]);
  last_revision_ = group.last_revision();
  if (head) {
    signed_ = std::move(head->checkpoint);
    checkpoint_note_ = std::move(head->note);
    is_published_ = false;
  }
  // The records are durable whether these succeed or not; the next commit sees to what failed.
  if (tiles_.write_full(tree_).ok() && file_->size() >= options_.wal_bytes_max) {
    if (!repair().ok()) file_ = nullptr;
  }
  return first;
}

Result<std::string> LogWriter::publish() {
  const bool is_signed = !checkpoint_note_.empty() && signed_.tree.size == size();
  if (is_signed && is_published_) return checkpoint_note_;
  WARD_RETURN_IF_ERROR(tiles_.write_full(tree_));
  WARD_RETURN_IF_ERROR(tiles_.write_partial(tree_));
  const Checkpoint checkpoint{origin(), head()};
  std::string note = checkpoint_note_;
  if (!is_signed) {
    WARD_TRY(note, sign_checkpoint(checkpoint, options_.signer));
  }
  // "A log MUST not sign any checkpoint which is inconsistent": it is on disk before anybody sees
  // it.
  WARD_RETURN_IF_ERROR(files_->write_file(path(kCheckpoint), as_bytes(note), kLogFileMode));
  signed_ = checkpoint;
  checkpoint_note_ = note;
  is_published_ = true;
  return note;
}

Result<void> LogWriter::repair() {
  file_ = nullptr;
  WARD_RETURN_IF_ERROR(tiles_.write_full(tree_));
  WARD_RETURN_IF_ERROR(tiles_.write_partial(tree_));
  WARD_RETURN_IF_ERROR(publish());
  // The old write-ahead file goes only after all that it held is durable elsewhere.
  WARD_RETURN_IF_ERROR(tiles_.sync());
  return begin_wal();
}

Result<void> LogWriter::prune(std::uint64_t minimum) {
  WARD_CHECK(minimum % kTileWidth == 0 && minimum <= size());
  if (minimum <= minimum_) return {};
  // The signed head, the tiles above and a write-ahead file without what goes are durable first.
  WARD_RETURN_IF_ERROR(repair());
  WARD_TRY(const std::string note,
           sign_pruning({origin(), minimum, clock_->now()}, options_.signer));
  WARD_RETURN_IF_ERROR(files_->write_file(path(kPrunedFile), as_bytes(note), kLogFileMode));
  minimum_ = minimum;
  return remove_below(*files_, options_.directory, minimum);
}

Result<void> LogWriter::begin_wal() {
  const std::vector<Hash>& leaves = tree_.open_leaves();
  const std::uint64_t first = size() - leaves.size();
  // The last revision below `first` is at most this one, which is all that recovery needs when no
  // record follows.
  Bytes bytes = encode_wal_header(
      {origin(), first, leaves.empty() ? last_revision_ : 0, tree_.upper_tiles()});
  if (!leaves.empty()) {
    Bytes group(kWalGroupHeaderBytes, 0);
    append(group, tree_.open_bundle());
    finish_wal_group(group, first, leaves);
    append(bytes, group);
  }
  WARD_RETURN_IF_ERROR(files_->write_file(path(kWal), bytes, kLogFileMode));
  WARD_TRY(file_, files_->open_append(path(kWal), kLogFileMode));
  return {};
}

}  // namespace ward::evidence
