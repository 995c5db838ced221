// A journal on any storage: one thread owns the disk, gathers the appends that wait, and commits
// them as one group. Private to the room.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "journal/journal.h"
#include "journal/storage.h"

namespace ward::journal {

class Following;

class GroupJournal final : public Journal {
 public:
  explicit GroupJournal(std::unique_ptr<Storage> storage);
  ~GroupJournal() override;

  void append(std::uint64_t expected, std::vector<Bytes> facts, Appended done) override;
  std::uint64_t head() const override { return head_.load(std::memory_order_acquire); }
  Result<std::vector<Entry>> read(std::uint64_t after, ReadBounds bounds) const override;
  Result<std::vector<LeafHash>> leaves(std::uint64_t after, std::size_t count_max) const override;
  Result<std::unique_ptr<Subscription>> follow(std::uint64_t after, Executor executor,
                                               Follower follower) override;
  Result<void> put_snapshot(std::uint64_t revision,
                            const std::function<Result<void>(const ByteSink&)>& write) override;
  Result<std::optional<std::uint64_t>> newest_snapshot() const override;
  Result<void> read_snapshot(std::uint64_t revision, const ByteSink& sink) const override;

  // What other threads hand to the journal's thread. Outlives the journal in the hands of
  // subscriptions.
  struct Inbox;

 private:
  struct Append;
  struct Work;

  void run();
  Work wait_for_work();
  void commit(std::deque<Append> appends);
  void serve_followers();
  void serve(Following& following);
  Result<void> on_disk_thread(std::move_only_function<Result<void>()> task);

  std::unique_ptr<Storage> storage_;
  std::atomic<std::uint64_t> head_;
  std::atomic<bool> snapshotting_{false};
  std::shared_ptr<Inbox> inbox_;

  // The journal's thread alone.
  std::vector<std::shared_ptr<Following>> followings_;
  std::shared_ptr<const std::vector<Entry>>
      recent_;  // the last group, which most followers need next
  std::optional<Error> closed_;

  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace ward::journal
