#include "evidence/journal_log.h"

#include <algorithm>

namespace ward::evidence {
namespace {

constexpr unsigned kBlockHeight =
    8;  // leaves below this level are read, hashes from it up are kept
constexpr std::uint64_t kReadAtOnce = 65'536;

}  // namespace

std::string journal_origin(std::string_view trust_domain) {
  return fmt::format("{}/journal", trust_domain);
}

std::string process_origin(std::string_view trust_domain, std::string_view process) {
  return fmt::format("{}/{}", trust_domain, process);
}

Result<JournalLog> JournalLog::open(std::string origin, std::uint64_t revision, LeafReader read) {
  if (!is_key_name(origin))
    return invalid_argument("`{}` is no origin of a log", origin.substr(0, 128));
  JournalLog log(std::move(origin), std::move(read));
  while (log.revision() < revision) {
    const std::uint64_t count = std::min(kReadAtOnce, revision - log.revision());
    WARD_TRY(const std::vector<Hash> leaves, log.read_(log.revision(), count));
    if (leaves.size() != count)
      return make_error(ErrorCode::kDataLoss, "the journal lacks leaf hashes");
    for (const Hash& leaf : leaves) log.append(leaf);
  }
  return log;
}

void JournalLog::append(const Hash& leaf) {
  Hash carried = leaf;
  const std::uint64_t size = range_.size() + 1;
  for (unsigned level = 0; (size >> level & 1) == 0; ++level) {
    // The subtree to the left of the carried one is the right edge's; fold as CompactRange does.
    carried = node_hash(range_.hashes()[range_.hashes().size() - 1 - level], carried);
    if (level + 1 < kBlockHeight) continue;
    const std::size_t kept = level + 1 - kBlockHeight;
    if (levels_.size() <= kept) levels_.emplace_back();
    levels_[kept].push_back(carried);
  }
  range_.append(leaf);
}

RootPrefix JournalLog::root8() const {
  RootPrefix prefix;
  const Hash root = range_.root();
  std::copy_n(root.begin(), prefix.size(), prefix.begin());
  return prefix;
}

Result<Hash> JournalLog::subtree(unsigned level, std::uint64_t index) const {
  if (level >= kBlockHeight) {
    const std::size_t kept = level - kBlockHeight;
    if (kept < levels_.size() && index < levels_[kept].size()) return levels_[kept][index];
    return make_error(ErrorCode::kOutOfRange, "no complete subtree {} of level {}", index, level);
  }
  const std::uint64_t count = std::uint64_t{1} << level;
  WARD_TRY(const std::vector<Hash> leaves, read_(index << level, count));
  if (leaves.size() != count)
    return make_error(ErrorCode::kDataLoss, "the journal lacks leaf hashes");
  return complete_root(leaves);
}

SubtreeSource JournalLog::source() const {
  return [this](unsigned level, std::uint64_t index) { return subtree(level, index); };
}

Result<TreeHead> JournalLog::head_at(std::uint64_t revision) const {
  if (revision > this->revision()) {
    return make_error(ErrorCode::kOutOfRange, "the journal is at revision {}, {} was asked",
                      this->revision(), revision);
  }
  return evidence::head_at(revision, source());
}

Result<Proof> JournalLog::prove_fact(std::uint64_t revision, std::uint64_t at) const {
  if (revision == 0 || at > this->revision()) {
    return make_error(ErrorCode::kOutOfRange, "no proof of fact {} at revision {}", revision, at);
  }
  return prove_inclusion(revision - 1, at, source());
}

Result<Proof> JournalLog::prove_consistency(std::uint64_t old_revision,
                                            std::uint64_t new_revision) const {
  if (new_revision > revision()) {
    return make_error(ErrorCode::kOutOfRange, "the journal is at revision {}", revision());
  }
  return evidence::prove_consistency(old_revision, new_revision, source());
}

Result<std::string> JournalLog::sign(const NoteSigner& signer) const {
  return sign_checkpoint({origin_, head()}, signer);
}

}  // namespace ward::evidence
