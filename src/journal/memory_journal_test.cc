#include "journal/testing/memory_journal.h"

#include "journal/testing/journal_suite.h"

namespace ward::journal::testing {
namespace {

class MemoryFixture final : public JournalFixture {
 public:
  Result<std::unique_ptr<Journal>> open() override { return make_memory_journal().journal; }
  bool keeps_facts() const override { return false; }
};

std::unique_ptr<JournalFixture> make_fixture() {
  return std::make_unique<MemoryFixture>();
}

INSTANTIATE_TEST_SUITE_P(Memory, JournalSuite, ::testing::Values(&make_fixture));

Result<std::uint64_t> append(Journal& journal, std::uint64_t expected) {
  std::promise<Result<std::uint64_t>> promise;
  auto result = promise.get_future();
  journal.append(expected, {to_bytes("x")},
                 [&](auto revision) { promise.set_value(std::move(revision)); });
  return result.get();
}

TEST(GroupJournal, GoesOnAfterAFailureThatKeptNothing) {
  auto [journal, faults] = make_memory_journal();
  faults->fail_next_write({ErrorCode::kResourceExhausted, "disk full"}, false);
  EXPECT_EQ(append(*journal, 0).error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(journal->head(), 0u);
  EXPECT_EQ(*append(*journal, 0), 1u);
}

TEST(GroupJournal, ClosesAfterAFailureThatNobodyCanJudge) {
  auto [journal, faults] = make_memory_journal();
  ASSERT_TRUE(append(*journal, 0).ok());
  faults->fail_next_write({ErrorCode::kUnavailable, "fsync failed"}, true);
  EXPECT_FALSE(append(*journal, 1).ok());
  const auto after = append(*journal, 1);
  ASSERT_FALSE(after.ok());
  EXPECT_EQ(after.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(after.error().message().find("fsync failed"), std::string::npos);
  EXPECT_EQ(journal->head(), 1u);
  EXPECT_EQ(journal->read(0, {})->size(), 1u);
}

}  // namespace
}  // namespace ward::journal::testing
