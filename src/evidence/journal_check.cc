#include "evidence/journal_check.h"

#include <algorithm>

#include "codec/hex.h"

namespace ward::evidence {
namespace {

constexpr std::uint64_t kLeavesAtOnce = 4096;

LeafReader file_leaves(const os::FileSystem& files, std::string path) {
  return [&files, path = std::move(path)](std::uint64_t first,
                                          std::uint64_t count) -> Result<std::vector<Hash>> {
    WARD_TRY(const Bytes bytes, files.read_range(path, first * kHashBytes,
                                                 static_cast<std::size_t>(count * kHashBytes)));
    std::vector<Hash> leaves(bytes.size() / kHashBytes);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      std::ranges::copy(ByteView(bytes).subspan(i * kHashBytes, kHashBytes), leaves[i].begin());
    }
    return leaves;
  };
}

}  // namespace

Result<SignedJournal> SignedJournal::open(const os::FileSystem& files, const std::string& directory,
                                          std::span<const VerifierKey> keys) {
  const std::string note = fmt::format("{}/{}", directory, kJournalCheckpointFile);
  const std::string path = fmt::format("{}/{}", directory, kJournalLeavesFile);
  WARD_TRY(const Bytes bytes, files.read_file(note, kCheckpointBytesMax));
  WARD_TRY(const SignedCheckpoint opened, open_checkpoint(as_text(bytes), keys).in(note));
  WARD_TRY(const auto status, files.status(path));
  if (!status) return make_error(ErrorCode::kNotFound, "no file `{}`", path);
  const std::uint64_t size = opened.checkpoint.tree.size;
  if (status->size % kHashBytes != 0 || status->size / kHashBytes != size) {
    return make_error(ErrorCode::kDataLoss,
                      "`{}` has {} bytes; the checkpoint is of {} facts, {} bytes each", path,
                      status->size, size, kHashBytes);
  }
  return make(opened.checkpoint, file_leaves(files, path)).in(path);
}

Result<SignedJournal> SignedJournal::make(Checkpoint checkpoint, LeafReader leaves) {
  WARD_TRY(JournalLog log, JournalLog::open(checkpoint.origin, checkpoint.tree.size, leaves));
  if (log.head() != checkpoint.tree) {
    return make_error(ErrorCode::kDataLoss,
                      "the leaf hashes of the journal do not have the root that the checkpoint of "
                      "revision {} signs",
                      checkpoint.tree.size);
  }
  return SignedJournal(std::move(checkpoint), std::move(leaves), std::move(log));
}

Result<void> SignedJournal::check_extends(const TreeHead& older) const {
  const auto head = log_.head_at(older.size);
  if (head.ok() && *head == older) return {};
  return make_error(ErrorCode::kDataLoss,
                    "the journal of revision {} does not extend that of revision {} that was seen "
                    "before: it was rolled back or changed",
                    revision(), older.size);
}

Result<void> JournalCheck::move_to(std::uint64_t revision) {
  if (revision < range_.size()) {
    return invalid_argument("revision {} after {}", revision, range_.size());
  }
  while (range_.size() < revision) {
    if (range_.size() == first_ + leaves_.size()) {
      first_ = range_.size();
      const std::uint64_t count = std::min(kLeavesAtOnce, journal_->revision() - first_);
      WARD_TRY(leaves_, journal_->leaves()(first_, count));
      if (leaves_.size() != count)
        return make_error(ErrorCode::kDataLoss, "the journal lacks leaf hashes");
    }
    range_.append(leaves_[static_cast<std::size_t>(range_.size() - first_)]);
    root_.reset();
  }
  if (root_) return {};
  const Hash root = range_.root();
  RootPrefix prefix;
  std::copy_n(root.begin(), prefix.size(), prefix.begin());
  root_ = prefix;
  return {};
}

Result<void> JournalCheck::check(std::uint64_t index, const RecordHead& record) {
  if (record.journal_root8 == RootPrefix{}) {
    ++counts_.without_root;
    return {};
  }
  if (record.revision > journal_->revision()) {
    ++counts_.newer;
    return {};
  }
  WARD_RETURN_IF_ERROR(move_to(record.revision));
  if (record.journal_root8 == *root_) {
    ++counts_.matched;
    return {};
  }
  return make_error(ErrorCode::kDataLoss,
                    "record {} was made in another history: at revision {} it names the journal's "
                    "root {}, the journal that was given has {}",
                    index, record.revision, codec::encode_hex(record.journal_root8),
                    codec::encode_hex(*root_));
}

}  // namespace ward::evidence
