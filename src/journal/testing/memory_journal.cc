#include "journal/testing/memory_journal.h"

#include <map>
#include <mutex>

#include "journal/group_journal.h"

namespace ward::journal::testing {
namespace {

class Faults final : public MemoryFaults {
 public:
  struct Fault {
    Error error;
    bool broken;
  };

  void fail_next_write(Error error, bool broken) override {
    const std::lock_guard lock(mutex_);
    next_.emplace(Fault{std::move(error), broken});
  }

  std::optional<Fault> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(next_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::optional<Fault> next_;
};

class MemoryStorage final : public Storage {
 public:
  explicit MemoryStorage(std::shared_ptr<Faults> faults) : faults_(std::move(faults)) {}

  Result<void> write(std::span<const Entry> entries) override {
    WARD_RETURN_IF_ERROR(fault());
    const std::lock_guard lock(mutex_);
    entries_.insert(entries_.end(), entries.begin(), entries.end());
    return {};
  }

  bool is_broken() const override { return broken_; }

  Result<void> put_chunk(std::uint64_t revision, std::uint64_t number, ByteView bytes) override {
    WARD_RETURN_IF_ERROR(fault());
    const std::lock_guard lock(mutex_);
    chunks_[{revision, number}] = to_bytes(bytes);
    return {};
  }

  Result<void> finish_snapshot(std::uint64_t revision, std::uint64_t chunks) override {
    WARD_RETURN_IF_ERROR(fault());
    const std::lock_guard lock(mutex_);
    snapshot_ = {revision, chunks};
    return {};
  }

  Result<bool> drop_chunk_but(std::uint64_t keep) override {
    const std::lock_guard lock(mutex_);
    return std::erase_if(chunks_, [&](const auto& chunk) { return chunk.first.first != keep; }) > 0;
  }

  std::uint64_t head() const override {
    const std::lock_guard lock(mutex_);
    return entries_.size();
  }

  Result<std::vector<Entry>> read(std::uint64_t after, ReadBounds bounds) const override {
    const std::lock_guard lock(mutex_);
    std::vector<Entry> found;
    std::size_t bytes = 0;
    for (std::size_t i = after; i < entries_.size(); ++i) {
      if (found.size() >= bounds.entries_max || bytes >= bounds.bytes_max) break;
      bytes += entries_[i].fact.size();
      found.push_back(entries_[i]);
    }
    return found;
  }

  Result<std::vector<LeafHash>> leaves(std::uint64_t after, std::size_t count_max) const override {
    const std::lock_guard lock(mutex_);
    std::vector<LeafHash> found;
    for (std::size_t i = after; i < entries_.size() && found.size() < count_max; ++i)
      found.push_back(entries_[i].leaf);
    return found;
  }

  Result<std::optional<std::uint64_t>> newest_snapshot() const override {
    const std::lock_guard lock(mutex_);
    if (!snapshot_) return std::optional<std::uint64_t>();
    return std::optional(snapshot_->first);
  }

  Result<std::uint64_t> snapshot_chunks(std::uint64_t revision) const override {
    const std::lock_guard lock(mutex_);
    if (snapshot_ && snapshot_->first == revision) return snapshot_->second;
    return make_error(ErrorCode::kNotFound, "no snapshot of revision {}", revision);
  }

  Result<Bytes> chunk(std::uint64_t revision, std::uint64_t number) const override {
    const std::lock_guard lock(mutex_);
    const auto found = chunks_.find({revision, number});
    if (found != chunks_.end()) return found->second;
    return make_error(ErrorCode::kDataLoss, "snapshot of revision {}: chunk {} is missing",
                      revision, number);
  }

 private:
  Result<void> fault() {
    if (broken_) return make_error(ErrorCode::kUnavailable, "the disk failed before");
    auto next = faults_->take();
    if (!next) return {};
    broken_ = next->broken;
    return std::move(next->error);
  }

  std::shared_ptr<Faults> faults_;
  bool broken_ = false;
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Bytes> chunks_;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> snapshot_;
};

}  // namespace

MemoryJournal make_memory_journal() {
  auto faults = std::make_shared<Faults>();
  auto journal = std::make_unique<GroupJournal>(std::make_unique<MemoryStorage>(faults));
  return {std::move(journal), std::move(faults)};
}

}  // namespace ward::journal::testing
