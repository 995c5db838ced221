#include "journal/group_journal.h"

#include <future>

#include "base/check.h"

namespace ward::journal {
namespace {

// PERF: SQLite writes 64k rows/s in groups of 100 and 7k/s singly; beyond a thousand nothing more
// is gained, and whoever waits for the first of a group waits for all of it.
constexpr std::size_t kGroupFactsMax = 1024;
constexpr std::size_t kGroupBytesMax = 8 << 20;

Error closed_error(const Error& why) {
  return make_error(ErrorCode::kUnavailable, "the journal is closed, restart to go on: {}",
                    why.message());
}

}  // namespace

LeafHash leaf_hash(ByteView fact) {
  constexpr std::uint8_t kLeafPrefix = 0;  // RFC 6962 2.1: "0x00 || d(0)"
  return crypto::sha256({ByteView(&kLeafPrefix, 1), fact});
}

void run_inline(std::move_only_function<void()> work) {
  work();
}

struct GroupJournal::Append {
  std::uint64_t expected = 0;
  std::vector<Entry> entries;
  std::size_t bytes = 0;
  Appended done;
};

struct GroupJournal::Work {
  std::deque<Append> appends;
  std::deque<std::move_only_function<void()>> tasks;
  std::vector<std::shared_ptr<Following>> new_followings;
  bool stop = false;
};

struct GroupJournal::Inbox {
  std::mutex mutex;
  std::condition_variable wake;
  // Guarded by mutex.
  std::deque<Append> appends;
  std::size_t append_bytes = 0;
  std::deque<std::move_only_function<void()>> tasks;
  std::vector<std::shared_ptr<Following>> new_followings;
  bool follower_ready = false;
  bool stop = false;

  template <typename Change>
  void put(Change&& change) {
    {
      const std::lock_guard lock(mutex);
      change();
    }
    wake.notify_one();
  }
};

// One follower. The journal's thread hands it a batch when it is not busy with the one before.
class Following {
 public:
  Following(std::uint64_t after, Executor executor, Follower follower,
            std::shared_ptr<GroupJournal::Inbox> inbox)
      : next_(after + 1),
        executor_(std::move(executor)),
        follower_(std::move(follower)),
        inbox_(std::move(inbox)) {}

  // The journal's thread.
  std::uint64_t next() const { return next_; }
  bool is_ready() const { return !busy_.load(std::memory_order_acquire); }
  bool is_closed() const { return closed_.load(std::memory_order_acquire); }

  static void deliver(const std::shared_ptr<Following>& self,
                      std::shared_ptr<const std::vector<Entry>> batch, std::size_t skip) {
    self->busy_.store(true, std::memory_order_relaxed);
    self->next_ = batch->back().revision + 1;
    self->executor_([self, batch = std::move(batch), skip] {
      self->call([&] { self->follower_.entries(std::span(*batch).subspan(skip)); });
      self->busy_.store(false, std::memory_order_release);
      self->inbox_->put([&] { self->inbox_->follower_ready = true; });
    });
  }

  static void fail(const std::shared_ptr<Following>& self, const Error& error) {
    self->busy_.store(true, std::memory_order_relaxed);  // for good
    self->executor_([self, error] { self->call([&] { self->follower_.failed(error); }); });
  }

  // The owner of the subscription.
  void close() {
    closed_.store(true, std::memory_order_release);
    if (caller_.load(std::memory_order_acquire) == std::this_thread::get_id())
      return;  // destroyed in its callback
    const std::lock_guard wait_for_callback(calling_);
  }

 private:
  template <typename Call>
  void call(Call&& callback) {
    const std::lock_guard lock(calling_);
    if (is_closed()) return;
    caller_.store(std::this_thread::get_id(), std::memory_order_release);
    callback();
    caller_.store(std::thread::id(), std::memory_order_release);
  }

  std::uint64_t next_;
  Executor executor_;
  Follower follower_;
  std::shared_ptr<GroupJournal::Inbox> inbox_;
  std::atomic<bool> busy_{false};
  std::atomic<bool> closed_{false};
  std::atomic<std::thread::id> caller_{};
  std::mutex calling_;  // held while a callback runs, so that close() can wait for it
};

namespace {

class OwnedFollowing final : public Subscription {
 public:
  explicit OwnedFollowing(std::shared_ptr<Following> following)
      : following_(std::move(following)) {}
  ~OwnedFollowing() override { following_->close(); }

 private:
  std::shared_ptr<Following> following_;
};

}  // namespace

GroupJournal::GroupJournal(std::unique_ptr<Storage> storage)
    : storage_(std::move(storage)), head_(storage_->head()), inbox_(std::make_shared<Inbox>()) {
  thread_ = std::jthread([this] { run(); });
}

GroupJournal::~GroupJournal() {
  inbox_->put([&] { inbox_->stop = true; });
}

void GroupJournal::append(std::uint64_t expected, std::vector<Bytes> facts, Appended done) {
  Append append{.expected = expected, .entries = {}, .bytes = 0, .done = std::move(done)};
  append.entries.reserve(facts.size());
  // Hashed here, on the caller's thread: the disk's has enough to do.
  for (Bytes& fact : facts) {
    append.bytes += fact.size();
    const LeafHash leaf = leaf_hash(fact);
    append.entries.push_back(
        {.revision = expected + append.entries.size() + 1, .fact = std::move(fact), .leaf = leaf});
  }
  std::optional<Error> refused;
  if (append.entries.empty()) refused = invalid_argument("an append of no facts");
  if (append.entries.size() > kAppendFactsMax || append.bytes > kAppendBytesMax) {
    refused = make_error(ErrorCode::kResourceExhausted,
                         "an append of {} facts, {} bytes is past the bound of {}, {}",
                         append.entries.size(), append.bytes, kAppendFactsMax, kAppendBytesMax);
  }
  // Refusals take the queue as well, so that `done` always comes from the journal's thread, in
  // order.
  inbox_->put([&] {
    if (!refused && inbox_->append_bytes + append.bytes > kQueueBytesMax) {
      refused = make_error(ErrorCode::kResourceExhausted,
                           "{} bytes wait for the disk, which is the bound", inbox_->append_bytes);
    }
    if (refused) {
      inbox_->tasks.push_back(
          [done = std::move(append.done), error = *refused]() mutable { done(error); });
      return;
    }
    inbox_->append_bytes += append.bytes;
    inbox_->appends.push_back(std::move(append));
  });
}

Result<std::vector<Entry>> GroupJournal::read(std::uint64_t after, ReadBounds bounds) const {
  return storage_->read(after, bounds);
}

Result<std::vector<LeafHash>> GroupJournal::leaves(std::uint64_t after,
                                                   std::size_t count_max) const {
  return storage_->leaves(after, count_max);
}

Result<std::unique_ptr<Subscription>> GroupJournal::follow(std::uint64_t after, Executor executor,
                                                           Follower follower) {
  if (after > head()) {
    return make_error(ErrorCode::kOutOfRange, "revision {} is asked for, the journal is at {}",
                      after, head());
  }
  auto following =
      std::make_shared<Following>(after, std::move(executor), std::move(follower), inbox_);
  inbox_->put([&] { inbox_->new_followings.push_back(following); });
  return std::unique_ptr<Subscription>(std::make_unique<OwnedFollowing>(std::move(following)));
}

GroupJournal::Work GroupJournal::wait_for_work() {
  std::unique_lock lock(inbox_->mutex);
  Inbox& inbox = *inbox_;
  inbox.wake.wait(lock, [&] {
    return !inbox.appends.empty() || !inbox.tasks.empty() || !inbox.new_followings.empty() ||
           inbox.follower_ready || inbox.stop;
  });
  Work work;
  std::size_t facts = 0;
  std::size_t bytes = 0;
  while (!inbox.appends.empty() && facts < kGroupFactsMax && bytes < kGroupBytesMax) {
    facts += inbox.appends.front().entries.size();
    bytes += inbox.appends.front().bytes;
    work.appends.push_back(std::move(inbox.appends.front()));
    inbox.appends.pop_front();
  }
  inbox.append_bytes -= bytes;
  work.tasks.swap(inbox.tasks);
  work.new_followings.swap(inbox.new_followings);
  inbox.follower_ready = false;
  // What callbacks append while it stops is done as well.
  work.stop = inbox.stop && work.appends.empty() && work.tasks.empty();
  return work;
}

void GroupJournal::run() {
  while (true) {
    Work work = wait_for_work();
    std::move(work.new_followings.begin(), work.new_followings.end(),
              std::back_inserter(followings_));
    if (!work.appends.empty()) commit(std::move(work.appends));
    for (auto& task : work.tasks) task();
    serve_followers();
    if (work.stop) return;
  }
}

void GroupJournal::commit(std::deque<Append> appends) {
  std::uint64_t tail = head();
  auto group = std::make_shared<std::vector<Entry>>();
  std::vector<std::optional<Result<std::uint64_t>>> results;
  for (Append& append : appends) {
    if (append.expected != tail) {
      results.emplace_back(make_error(ErrorCode::kAborted,
                                      "revision {} was expected, the journal is at {}",
                                      append.expected, tail));
      continue;
    }
    tail += append.entries.size();
    std::move(append.entries.begin(), append.entries.end(), std::back_inserter(*group));
    results.emplace_back(tail);
  }
  if (!group->empty()) {
    Result<void> written = closed_ ? Result<void>(closed_error(*closed_)) : storage_->write(*group);
    if (!closed_ && storage_->is_broken()) closed_ = written.error();
    if (written.ok()) {
      head_.store(tail, std::memory_order_release);
      recent_ = std::move(group);
    } else {
      for (auto& result : results) {
        if (result->ok()) result.emplace(written.error());
      }
    }
  }
  for (std::size_t i = 0; i < appends.size(); ++i) appends[i].done(*std::move(results[i]));
}

void GroupJournal::serve_followers() {
  std::erase_if(followings_, [](const auto& following) { return following->is_closed(); });
  for (const auto& following : followings_) {
    if (!following->is_ready() || following->next() > head()) continue;
    if (recent_ && following->next() >= recent_->front().revision) {
      Following::deliver(following, recent_, following->next() - recent_->front().revision);
      continue;
    }
    auto batch = storage_->read(following->next() - 1, {});
    if (batch.ok()) {
      WARD_CHECK(!batch->empty());
      Following::deliver(following, std::make_shared<const std::vector<Entry>>(*std::move(batch)),
                         0);
    } else {
      Following::fail(following, batch.error());
    }
  }
}

Result<void> GroupJournal::on_disk_thread(std::move_only_function<Result<void>()> task) {
  std::promise<Result<void>> promise;
  auto result = promise.get_future();
  inbox_->put([&] { inbox_->tasks.push_back([&] { promise.set_value(task()); }); });
  return result.get();
}

Result<void> GroupJournal::put_snapshot(std::uint64_t revision,
                                        const std::function<Result<void>(const ByteSink&)>& write) {
  if (snapshotting_.exchange(true))
    return make_error(ErrorCode::kFailedPrecondition, "another snapshot is being put");
  struct Done {
    std::atomic<bool>& flag;
    ~Done() { flag = false; }
  } const done{snapshotting_};
  std::uint64_t chunks = 0;
  const ByteSink sink = [&](ByteView bytes) -> Result<void> {
    if (bytes.size() > kSnapshotChunkBytesMax) {
      return make_error(ErrorCode::kResourceExhausted,
                        "a snapshot chunk of {} bytes is past the bound of {}", bytes.size(),
                        kSnapshotChunkBytesMax);
    }
    return on_disk_thread([&] { return storage_->put_chunk(revision, chunks++, bytes); });
  };
  WARD_RETURN_IF_ERROR(write(sink));
  WARD_RETURN_IF_ERROR(on_disk_thread([&] { return storage_->finish_snapshot(revision, chunks); }));
  bool more = true;
  while (more) {
    WARD_RETURN_IF_ERROR(on_disk_thread([&]() -> Result<void> {
      WARD_TRY(more, storage_->drop_chunk_but(revision));
      return {};
    }));
  }
  return {};
}

Result<std::optional<std::uint64_t>> GroupJournal::newest_snapshot() const {
  return storage_->newest_snapshot();
}

Result<void> GroupJournal::read_snapshot(std::uint64_t revision, const ByteSink& sink) const {
  WARD_TRY(const std::uint64_t chunks, storage_->snapshot_chunks(revision));
  for (std::uint64_t number = 0; number < chunks; ++number) {
    WARD_TRY(const Bytes bytes, storage_->chunk(revision, number));
    WARD_RETURN_IF_ERROR(sink(bytes));
  }
  return {};
}

}  // namespace ward::journal
