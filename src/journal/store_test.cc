#include "journal/store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "journal/testing/memory_journal.h"
#include "world/fact.h"

namespace ward::journal {
namespace {

using world::Fact;
using world::World;

Fact segment(std::string_view id) {
  return {.time = {}, .actor = "system", .reason = {}, .body = world::SegmentPut{{id, {}}}};
}
Fact no_segment(std::string_view id) {
  return {.time = {}, .actor = "system", .reason = {}, .body = world::SegmentRemoved{id}};
}

// A journal that several stores use one after the other, or at once as replicas would.
class SharedJournal final : public Journal {
 public:
  explicit SharedJournal(std::shared_ptr<Journal> journal) : journal_(std::move(journal)) {}
  ~SharedJournal() override {
    // What ~Journal promises: the callbacks of this user are over.
    std::promise<void> drained;
    journal_->append(~std::uint64_t{0}, {Bytes{1}}, [&](auto) { drained.set_value(); });
    drained.get_future().wait();
  }
  void append(std::uint64_t expected, std::vector<Bytes> facts, Appended done) override {
    journal_->append(expected, std::move(facts), std::move(done));
  }
  std::uint64_t head() const override { return journal_->head(); }
  Result<std::vector<Entry>> read(std::uint64_t after, ReadBounds bounds) const override {
    return journal_->read(after, bounds);
  }
  Result<std::vector<LeafHash>> leaves(std::uint64_t after, std::size_t count_max) const override {
    return journal_->leaves(after, count_max);
  }
  Result<std::unique_ptr<Subscription>> follow(std::uint64_t after, Executor executor,
                                               Follower follower) override {
    return journal_->follow(after, std::move(executor), std::move(follower));
  }
  Result<void> put_snapshot(std::uint64_t revision,
                            const std::function<Result<void>(const ByteSink&)>& write) override {
    return journal_->put_snapshot(revision, write);
  }
  Result<std::optional<std::uint64_t>> newest_snapshot() const override {
    return journal_->newest_snapshot();
  }
  Result<void> read_snapshot(std::uint64_t revision, const ByteSink& sink) const override {
    return journal_->read_snapshot(revision, sink);
  }

 private:
  std::shared_ptr<Journal> journal_;
};

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    auto made = testing::make_memory_journal();
    journal_ = std::move(made.journal);
    faults_ = std::move(made.faults);
  }
  std::unique_ptr<Store> open(StoreOptions options = {}) {
    auto store = Store::open(std::make_unique<SharedJournal>(journal_), log_, options);
    EXPECT_TRUE(store.ok()) << store.error().text();
    return *std::move(store);
  }

  std::atomic<int> warnings_{0};
  Log log_ = Log::to_sink(LogLevel::kWarn,
                          [this](LogLevel, std::string_view, std::string_view) { ++warnings_; });
  std::shared_ptr<Journal> journal_;
  std::shared_ptr<testing::MemoryFaults> faults_;
};

TEST_F(StoreTest, PublishesWhatIsDurable) {
  const auto store = open();
  const auto world = store->put_and_wait(segment("a"));
  ASSERT_TRUE(world.ok()) << world.error().text();
  EXPECT_EQ(world->revision(), 1u);
  EXPECT_NE(store->world()->segment("a"), nullptr);
  EXPECT_EQ(journal_->head(), 1u);
}

TEST_F(StoreTest, RefusesWhatIsNotAdmissibleAndAppendsNothing) {
  const auto store = open();
  const auto result = store->put_and_wait(no_segment("a"));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
  // Of several facts that stand and fall together.
  const auto both = store->submit_and_wait([](const World&) -> Result<std::vector<Fact>> {
    return std::vector<Fact>{segment("a"), no_segment("b")};
  });
  EXPECT_FALSE(both.ok());
  EXPECT_EQ(journal_->head(), 0u);
  EXPECT_EQ(store->world()->revision(), 0u);
  EXPECT_TRUE(store->put_and_wait(segment("a")).ok());
}

TEST_F(StoreTest, LaterFactsOfACommandRestOnEarlierOnes) {
  const auto store = open();
  const auto world = store->submit_and_wait([](const World&) -> Result<std::vector<Fact>> {
    return std::vector<Fact>{segment("a"), no_segment("a")};
  });
  ASSERT_TRUE(world.ok());
  EXPECT_EQ(world->revision(), 2u);
}

TEST_F(StoreTest, ACommandThatMakesNoFactsIsAnsweredWithTheWorld) {
  const auto store = open();
  ASSERT_TRUE(store->put_and_wait(segment("a")).ok());
  const auto world = store->submit_and_wait([](const World&) { return std::vector<Fact>(); });
  ASSERT_TRUE(world.ok());
  EXPECT_EQ(world->revision(), 1u);
}

TEST_F(StoreTest, OfTwoThatTakeTheSameOnlyOneSucceeds) {
  // As with a join token that is used twice at once.
  const auto store = open();
  for (int round = 0; round < 50; ++round) {
    ASSERT_TRUE(store->put_and_wait(segment("token")).ok());
    std::atomic<int> taken{0};
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 4; ++t) {
        threads.emplace_back(
            [&] { taken += store->put_and_wait(no_segment("token")).ok() ? 1 : 0; });
      }
    }
    ASSERT_EQ(taken.load(), 1);
  }
}

TEST_F(StoreTest, AnAnswerThatRestsOnFactsOnTheirWayWaitsForThem) {
  const auto store = open();
  std::promise<std::uint64_t> durable;
  // The second command sees the first one's fact and makes none; its answer must not come before
  // that fact is durable.
  const auto ensure = [](const World& world) -> Result<std::vector<Fact>> {
    if (world.segment("a")) return std::vector<Fact>();
    return std::vector<Fact>{segment("a")};
  };
  store->submit(ensure, [](auto) {});
  store->submit(ensure, [&](Result<World>) { durable.set_value(journal_->head()); });
  EXPECT_EQ(durable.get_future().get(), 1u);
}

TEST_F(StoreTest, AFailedAppendLeavesTheWorldAsItWas) {
  const auto store = open();
  ASSERT_TRUE(store->put_and_wait(segment("a")).ok());
  faults_->fail_next_write({ErrorCode::kResourceExhausted, "disk full"}, false);
  const auto failed = store->put_and_wait(segment("b"));
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(store->world()->segment("b"), nullptr);
  ASSERT_TRUE(store->put_and_wait(segment("c")).ok());
  EXPECT_EQ(store->world()->revision(), 2u);
  EXPECT_EQ(store->world()->segment("b"), nullptr);
}

TEST_F(StoreTest, WhatWasBehindAFailedAppendRunsAgain) {
  const auto store = open();
  for (int round = 0; round < 100; ++round) {
    faults_->fail_next_write({ErrorCode::kResourceExhausted, "disk full"}, false);
    std::atomic<int> answers{0};
    std::atomic<int> succeeded{0};
    constexpr int kCommands = 20;
    std::promise<void> all;
    for (int i = 0; i < kCommands; ++i) {
      store->submit([&](const World&) { return std::vector<Fact>{segment("a")}; },
                    [&](Result<World> world) {
                      succeeded += world.ok() ? 1 : 0;
                      if (++answers == kCommands) all.set_value();
                    });
    }
    all.get_future().wait();
    EXPECT_LT(succeeded, kCommands);  // the group that failed
    EXPECT_EQ(store->world()->revision(), journal_->head());
  }
}

TEST_F(StoreTest, AJournalThatClosedIsSaidSo) {
  const auto store = open();
  faults_->fail_next_write({ErrorCode::kUnavailable, "fsync failed"}, true);
  EXPECT_FALSE(store->put_and_wait(segment("a")).ok());
  EXPECT_EQ(store->put_and_wait(segment("a")).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(store->world()->revision(), 0u);
}

TEST_F(StoreTest, TwoStoresOnOneJournalAgree) {
  const auto one = open();
  const auto two = open();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        Store& store = t % 2 ? *one : *two;
        for (int i = 0; i < 50; ++i) {
          while (!store.put_and_wait(segment(fmt::format("{}/{}", t, i))).ok()) {
          }
        }
      });
    }
  }
  ASSERT_TRUE(one->put_and_wait(segment("last")).ok());
  ASSERT_TRUE(two->put_and_wait(segment("really")).ok());
  EXPECT_EQ(journal_->head(), 202u);
  EXPECT_EQ(two->world()->revision(), 202u);
  EXPECT_EQ(two->world()->counts().segments, 202u);
  EXPECT_EQ(one->world()->counts().segments, 201u);
}

TEST_F(StoreTest, RestartsFromASnapshotAndWhatCameAfter) {
  {
    const auto store = open();
    ASSERT_TRUE(store->put_and_wait(segment("a")).ok());
    ASSERT_TRUE(store->put_snapshot().ok());
    ASSERT_TRUE(store->put_and_wait(segment("b")).ok());
  }
  const auto store = open();
  EXPECT_EQ(store->world()->revision(), 2u);
  EXPECT_NE(store->world()->segment("a"), nullptr);
  EXPECT_NE(store->world()->segment("b"), nullptr);
  EXPECT_EQ(warnings_, 0);
}

TEST_F(StoreTest, ADamagedSnapshotIsPassedOverAndSaidSo) {
  {
    const auto store = open();
    ASSERT_TRUE(store->put_and_wait(segment("a")).ok());
  }
  ASSERT_TRUE(
      journal_->put_snapshot(1, [](const ByteSink& sink) { return sink(as_bytes("rubbish")); })
          .ok());
  const auto store = open();
  EXPECT_NE(store->world()->segment("a"), nullptr);
  EXPECT_EQ(warnings_, 1);
}

TEST_F(StoreTest, AFactThatCannotBeReadIsAnError) {
  std::promise<void> appended;
  journal_->append(0, {to_bytes("\xff\xff")}, [&](auto) { appended.set_value(); });
  appended.get_future().wait();
  const auto store = Store::open(std::make_unique<SharedJournal>(journal_), log_);
  ASSERT_FALSE(store.ok());
  EXPECT_NE(store.error().message().find("fact 1"), std::string::npos);
}

TEST_F(StoreTest, PutsSnapshotsAsFactsCome) {
  const auto store = open({.facts_between_snapshots = 10});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::uint64_t facts = 0;
  while (*journal_->newest_snapshot() == std::nullopt) {
    ASSERT_TRUE(store->put_and_wait(segment("a")).ok());
    ++facts;
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
  EXPECT_GE(facts, 10u);
}

}  // namespace
}  // namespace ward::journal
