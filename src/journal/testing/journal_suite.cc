#include "journal/testing/journal_suite.h"

#include <algorithm>
#include <condition_variable>
#include <thread>

namespace ward::journal::testing {

void Heard::add(std::span<const Entry> entries) {
  const std::lock_guard lock(mutex_);
  entries_.insert(entries_.end(), entries.begin(), entries.end());
  changed_.notify_all();
}

void Heard::fail(const Error& error) {
  const std::lock_guard lock(mutex_);
  error_ = error;
  changed_.notify_all();
}

bool Heard::wait_for_revision(std::uint64_t revision) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(20), [&] {
    return error_ || (!entries_.empty() && entries_.back().revision >= revision);
  });
}

std::vector<Entry> Heard::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

bool Heard::is_contiguous_from(std::uint64_t revision) const {
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (entry.revision != revision++) return false;
  }
  return true;
}

std::optional<Error> Heard::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

namespace {

std::vector<Bytes> facts(std::initializer_list<std::string_view> texts) {
  std::vector<Bytes> all;
  for (const std::string_view text : texts) all.push_back(to_bytes(text));
  return all;
}

TEST_P(JournalSuite, BeginsEmpty) {
  EXPECT_EQ(journal_->head(), 0u);
  EXPECT_TRUE(journal_->read(0, {})->empty());
  EXPECT_TRUE(journal_->leaves(0, 10)->empty());
  EXPECT_EQ(*journal_->newest_snapshot(), std::nullopt);
}

TEST_P(JournalSuite, GivesBackTheBytesThatCame) {
  const Bytes odd{0, 1, 0xff, 0, '\n'};
  ASSERT_EQ(*append(0, {odd, Bytes{}, to_bytes("b")}), 3u);
  EXPECT_EQ(journal_->head(), 3u);
  const auto read = journal_->read(0, {});
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->size(), 3u);
  EXPECT_EQ((*read)[0].fact, odd);
  EXPECT_TRUE((*read)[1].fact.empty());
  EXPECT_EQ((*read)[2].revision, 3u);
  EXPECT_EQ((*read)[2].leaf, leaf_hash(as_bytes("b")));
  EXPECT_EQ(*journal_->leaves(1, 10),
            (std::vector<LeafHash>{leaf_hash({}), leaf_hash(as_bytes("b"))}));
}

TEST_P(JournalSuite, HashesLeavesAsRfc6962Says) {
  // Of the empty leaf: the first known answer of RFC 6962 implementations
  // (certificate-transparency-go).
  std::string hex;
  for (const std::uint8_t byte : leaf_hash({})) hex += fmt::format("{:02x}", byte);
  EXPECT_EQ(hex, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

TEST_P(JournalSuite, AbortsWhatExpectsAnotherRevision) {
  ASSERT_TRUE(append(0, facts({"a"})).ok());
  for (const std::uint64_t expected : {0u, 2u, 100u}) {
    const auto result = append(expected, facts({"b"}));
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code(), ErrorCode::kAborted);
  }
  EXPECT_EQ(journal_->head(), 1u);
  EXPECT_EQ(*append(1, facts({"b"})), 2u);
}

TEST_P(JournalSuite, RefusesNoFactsAndTooMany) {
  EXPECT_EQ(append(0, {}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(append(0, std::vector<Bytes>(kAppendFactsMax + 1)).error().code(),
            ErrorCode::kResourceExhausted);
  EXPECT_EQ(append(0, {Bytes(kAppendBytesMax + 1)}).error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(journal_->head(), 0u);
}

TEST_P(JournalSuite, ReadsWithinBounds) {
  ASSERT_TRUE(append(0, std::vector<Bytes>(10, Bytes(100))).ok());
  EXPECT_EQ(journal_->read(0, {.entries_max = 3, .bytes_max = 1000})->size(), 3u);
  EXPECT_EQ(journal_->read(8, {.entries_max = 3, .bytes_max = 1000})->size(), 2u);
  EXPECT_EQ(journal_->read(0, {.entries_max = 100, .bytes_max = 250})->size(), 3u);
  EXPECT_EQ(journal_->read(0, {.entries_max = 100, .bytes_max = 1})->size(), 1u);
  EXPECT_TRUE(journal_->read(10, {})->empty());
  EXPECT_EQ(journal_->leaves(2, 3)->size(), 3u);
}

TEST_P(JournalSuite, AnswersInTheOrderOfAppends) {
  std::mutex mutex;
  std::vector<int> order;
  std::vector<bool> succeeded;
  for (int i = 0; i < 200; ++i) {
    // Every tenth expects the wrong revision; the rest follow each other.
    const auto expected = static_cast<std::uint64_t>(i - (i + 9) / 10);
    journal_->append(i % 10 == 0 ? 9999 : expected, facts({"x"}),
                     [&, i](Result<std::uint64_t> result) {
                       const std::lock_guard lock(mutex);
                       order.push_back(i);
                       succeeded.push_back(result.ok());
                     });
  }
  journal_.reset();  // waits
  ASSERT_EQ(order.size(), 200u);
  EXPECT_TRUE(std::ranges::is_sorted(order));
  for (int i = 0; i < 200; ++i) EXPECT_EQ(succeeded[static_cast<std::size_t>(i)], i % 10 != 0) << i;
}

TEST_P(JournalSuite, OneOfTwoThatExpectTheSameWins) {
  constexpr int kThreads = 4;
  constexpr int kEach = 100;
  std::atomic<int> won{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) won += append(journal_->head(), facts({"x"})).ok() ? 1 : 0;
      });
    }
  }
  EXPECT_GE(won.load(), kEach);
  EXPECT_EQ(journal_->head(), static_cast<std::uint64_t>(won.load()));
  EXPECT_EQ(journal_->read(0, {})->size(), static_cast<std::size_t>(won.load()));
}

TEST_P(JournalSuite, AFollowerHearsWhatWasThereAndWhatComes) {
  ASSERT_TRUE(append(0, std::vector<Bytes>(2500, to_bytes("old"))).ok());
  Heard heard;
  const auto subscription = journal_->follow(10, run_inline, heard.follower());
  ASSERT_TRUE(subscription.ok());
  ASSERT_TRUE(append(2500, facts({"new", "newer"})).ok());
  ASSERT_TRUE(heard.wait_for_revision(2502));
  EXPECT_TRUE(heard.is_contiguous_from(11));
  EXPECT_EQ(heard.entries().size(), 2492u);
  EXPECT_EQ(heard.entries().back().fact, to_bytes("newer"));
}

TEST_P(JournalSuite, AFollowerMayNotAskForWhatIsNotThereYet) {
  Heard heard;
  EXPECT_EQ(journal_->follow(1, run_inline, heard.follower()).error().code(),
            ErrorCode::kOutOfRange);
  EXPECT_TRUE(journal_->follow(0, run_inline, heard.follower()).ok());
}

TEST_P(JournalSuite, AnsweredBeforeFollowersHear) {
  std::atomic<std::uint64_t> answered{0};
  std::atomic<bool> early{false};
  const auto subscription = journal_->follow(
      0, run_inline,
      {.entries = [&](std::span<const Entry> e) { early = early || e.back().revision > answered; },
       .failed = [](const Error&) {}});
  for (std::uint64_t i = 0; i < 300; ++i) {
    journal_->append(i, facts({"x"}),
                     [&](Result<std::uint64_t> revision) { answered = *revision; });
  }
  journal_.reset();  // waits
  EXPECT_EQ(answered, 300u);
  EXPECT_FALSE(early);
}

TEST_P(JournalSuite, ASlowFollowerGetsNothingQueuedButOneBatch) {
  std::mutex mutex;
  std::vector<std::move_only_function<void()>> posted;
  const Executor executor = [&](std::move_only_function<void()> work) {
    const std::lock_guard lock(mutex);
    posted.push_back(std::move(work));
  };
  Heard heard;
  const auto subscription = journal_->follow(0, executor, heard.follower());
  for (std::uint64_t i = 0; i < 50; ++i) ASSERT_TRUE(append(i, facts({"x"})).ok());
  const auto take = [&] {
    const std::lock_guard lock(mutex);
    return std::exchange(posted, {});
  };
  auto work = take();
  ASSERT_EQ(work.size(), 1u);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!work.empty() || heard.entries().size() < 50) {
    ASSERT_LE(work.size(), 1u);
    for (auto& one : work) one();
    work = take();
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
  EXPECT_TRUE(heard.is_contiguous_from(1));
}

TEST_P(JournalSuite, ASubscriptionThatIsGoneCallsNoMore) {
  for (std::uint64_t round = 0; round < 100; ++round) {
    auto count = std::make_unique<std::atomic<int>>(0);
    auto subscription = journal_->follow(
        0, run_inline,
        {.entries = [&](std::span<const Entry>) { ++*count; }, .failed = [](const Error&) {}});
    ASSERT_TRUE(append(round, facts({"x"})).ok());
    subscription->reset();
    count.reset();  // a late callback would be a use after free
  }
}

TEST_P(JournalSuite, ASubscriptionMayEndInItsOwnCallback) {
  std::unique_ptr<Subscription> subscription;
  std::promise<void> ended;
  std::promise<void> assigned;
  auto opened = journal_->follow(0, run_inline,
                                 {.entries =
                                      [&](std::span<const Entry>) {
                                        assigned.get_future().wait();
                                        subscription.reset();
                                        ended.set_value();
                                      },
                                  .failed = [](const Error&) {}});
  subscription = *std::move(opened);
  assigned.set_value();
  ASSERT_TRUE(append(0, facts({"x"})).ok());
  ended.get_future().wait();
  ASSERT_TRUE(append(1, facts({"x"})).ok());  // a second call would set the promise twice
}

TEST_P(JournalSuite, ASubscriptionMayOutliveItsJournal) {
  Heard heard;
  auto subscription = journal_->follow(0, run_inline, heard.follower());
  journal_.reset();
}

TEST_P(JournalSuite, KeepsTheNewestSnapshot) {
  ASSERT_TRUE(append(0, facts({"a", "b", "c"})).ok());
  const auto put = [&](std::uint64_t revision, std::string_view text) {
    return journal_->put_snapshot(revision, [&](const ByteSink& sink) -> Result<void> {
      for (const char& c : text) WARD_RETURN_IF_ERROR(sink(as_bytes({&c, 1})));
      return {};
    });
  };
  ASSERT_TRUE(put(2, "first").ok());
  ASSERT_TRUE(put(3, "second").ok());
  EXPECT_EQ(*journal_->newest_snapshot(), 3u);
  Bytes bytes;
  const auto sink = [&](ByteView chunk) {
    ward::append(bytes, chunk);
    return Result<void>();
  };
  ASSERT_TRUE(journal_->read_snapshot(3, sink).ok());
  EXPECT_EQ(as_text(bytes), "second");
  EXPECT_EQ(journal_->read_snapshot(2, sink).error().code(), ErrorCode::kNotFound);
}

TEST_P(JournalSuite, ASnapshotThatFailsLeavesTheOneBefore) {
  ASSERT_TRUE(append(0, facts({"a"})).ok());
  const auto good = [](const ByteSink& sink) { return sink(as_bytes("good")); };
  ASSERT_TRUE(journal_->put_snapshot(1, good).ok());
  const auto bad = [](const ByteSink& sink) -> Result<void> {
    WARD_RETURN_IF_ERROR(sink(as_bytes("half")));
    return Error(ErrorCode::kCancelled, "stopped");
  };
  EXPECT_EQ(journal_->put_snapshot(2, bad).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(*journal_->newest_snapshot(), 1u);
  EXPECT_TRUE(journal_->put_snapshot(2, good).ok());
  const auto nested = [&](const ByteSink&) { return journal_->put_snapshot(4, good); };
  EXPECT_EQ(journal_->put_snapshot(3, nested).error().code(), ErrorCode::kFailedPrecondition);
}

TEST_P(JournalSuite, OpenedAgainHasAllOfIt) {
  if (!fixture_->keeps_facts()) GTEST_SKIP() << "keeps nothing by design";
  ASSERT_TRUE(append(0, facts({"a", "b"})).ok());
  ASSERT_TRUE(
      journal_->put_snapshot(2, [](const ByteSink& sink) { return sink(as_bytes("world")); }).ok());
  ASSERT_TRUE(append(2, facts({"c"})).ok());
  reopen();
  EXPECT_EQ(journal_->head(), 3u);
  EXPECT_EQ((*journal_->read(2, {}))[0].fact, to_bytes("c"));
  EXPECT_EQ(*journal_->newest_snapshot(), 2u);
  EXPECT_EQ(*append(3, facts({"d"})), 4u);
}

}  // namespace
}  // namespace ward::journal::testing
