// A record that was made in another history of the journal is found, and which it is.
#include "evidence/journal_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "evidence/testing_log.h"
#include "evidence/verify.h"

namespace ward::evidence {
namespace {

using os::testing::MemoryFileSystem;
using ::testing::HasSubstr;
using testing::test_keys;
using testing::test_signer;
using testing::TestLog;

constexpr std::uint64_t kFacts = 10'000;  // more than are read at once

RootPrefix prefix_of(const Hash& root) {
  RootPrefix prefix;
  std::copy_n(root.begin(), prefix.size(), prefix.begin());
  return prefix;
}

class JournalCheckTest : public ::testing::Test {
 protected:
  JournalCheckTest() {
    CompactRange range;
    roots_.push_back(prefix_of(range.root()));
    for (std::uint64_t r = 1; r <= kFacts; ++r) {
      leaves_.push_back(leaf_hash(as_bytes(fmt::format("fact {}", r))));
      range.append(leaves_.back());
      roots_.push_back(prefix_of(range.root()));
    }
    head_ = range.head();
  }

  // What `ward evidence export` writes, of the first `size` facts.
  void write_journal(std::uint64_t size) {
    CompactRange range;
    Bytes bytes;
    for (std::uint64_t i = 0; i < size; ++i) {
      range.append(leaves_[i]);
      append(bytes, leaves_[i]);
    }
    ASSERT_TRUE(files_.create_directory("/journal", 0700).ok());
    ASSERT_TRUE(files_.write_file("/journal/journal.leaves", bytes, 0600).ok());
    const auto note = sign_checkpoint({"example.org/journal", range.head()}, journal_);
    ASSERT_TRUE(files_.write_file("/journal/journal.checkpoint", as_bytes(*note), 0600).ok());
  }
  Result<SignedJournal> open() {
    return SignedJournal::open(files_, "/journal", std::vector{journal_.verifier()});
  }
  Result<SignedJournal> make() const {
    return SignedJournal::make(
        {"example.org/journal", head_},
        [this](std::uint64_t first, std::uint64_t count) -> Result<std::vector<Hash>> {
          const auto from = leaves_.begin() + static_cast<std::ptrdiff_t>(first);
          return std::vector<Hash>(from, from + static_cast<std::ptrdiff_t>(count));
        });
  }
  static RecordHead record(std::uint64_t revision, const RootPrefix& root) {
    RecordHead head;
    head.revision = revision;
    head.journal_root8 = root;
    return head;
  }

  MemoryFileSystem files_;
  NoteSigner journal_ = test_signer("example.org/journal", 2);
  std::vector<Hash> leaves_;
  std::vector<RootPrefix> roots_;
  TreeHead head_;
};

TEST_F(JournalCheckTest, RootsAtEveryRevisionAreThoseOfTheTree) {
  const auto journal = make();
  ASSERT_TRUE(journal.ok()) << journal.error().text();
  JournalCheck check(*journal);
  std::uint64_t index = 0;
  for (std::uint64_t r = 0; r <= kFacts; ++r) {
    for (int twice = 0; twice < 2; ++twice) {
      const auto checked = check.check(index++, record(r, roots_[r]));
      ASSERT_TRUE(checked.ok()) << checked.error().text();
    }
  }
  EXPECT_EQ(check.counts(), (JournalCounts{.matched = 2 * (kFacts + 1)}));
}

TEST_F(JournalCheckTest, RevisionsMayLeap) {
  SeededRandom random(5);
  const auto journal = make();
  JournalCheck check(*journal);
  for (std::uint64_t r = 0; r <= kFacts; r += random.below(3000)) {
    ASSERT_TRUE(check.check(0, record(r, roots_[r])).ok()) << r;
  }
}

TEST_F(JournalCheckTest, TheFirstRecordOfAnotherHistoryIsNamed) {
  const auto journal = make();
  for (const std::uint64_t wrong : {0u, 1u, 4096u, 9999u}) {
    JournalCheck check(*journal);
    for (std::uint64_t r = 0; r < wrong; ++r)
      ASSERT_TRUE(check.check(r, record(r, roots_[r])).ok());
    const auto found = check.check(wrong, record(wrong, roots_[wrong + 1]));
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().code(), ErrorCode::kDataLoss);
    EXPECT_THAT(found.error().message(),
                HasSubstr(fmt::format("record {} was made in another history: at revision {}",
                                      wrong, wrong)));
  }
}

TEST_F(JournalCheckTest, RecordsWithoutARootAndNewerOnesAreCounted) {
  const auto journal = make();
  JournalCheck check(*journal);
  ASSERT_TRUE(check.check(0, record(5, roots_[5])).ok());
  ASSERT_TRUE(check.check(1, record(6, {})).ok());
  ASSERT_TRUE(check.check(2, record(kFacts + 1, roots_[7])).ok());
  ASSERT_TRUE(check.check(3, record(kFacts + 1, {})).ok());
  EXPECT_EQ(check.counts(), (JournalCounts{.matched = 1, .without_root = 2, .newer = 1}));
  EXPECT_FALSE(check.check(4, record(4, roots_[4])).ok()) << "revisions go down";
}

TEST_F(JournalCheckTest, TheFilesOfAnExportOpenOnlyAsTheyWereSigned) {
  write_journal(300);
  const auto journal = open();
  ASSERT_TRUE(journal.ok()) << journal.error().text();
  EXPECT_EQ(journal->revision(), 300u);
  EXPECT_EQ(SignedJournal::open(files_, "/journal",
                                std::vector{test_signer("example.org/journal", 3).verifier()})
                .error()
                .code(),
            ErrorCode::kUnauthenticated);
  for (const std::uint64_t at : {0u, 31u, 5000u, 9599u}) {
    files_.damage("/journal/journal.leaves", at, 1);
    EXPECT_EQ(open().error().code(), ErrorCode::kDataLoss) << at;
    files_.damage("/journal/journal.leaves", at, 1);
  }
  const Bytes good = *files_.read_file("/journal/journal.leaves", 1 << 20);
  for (const std::size_t bytes : {0u, 32u, 9599u}) {
    ASSERT_TRUE(
        files_.write_file("/journal/journal.leaves", ByteView(good).first(bytes), 0600).ok());
    EXPECT_EQ(open().error().code(), ErrorCode::kDataLoss) << bytes;
  }
  Bytes longer = good;
  append(longer, leaves_[300]);
  ASSERT_TRUE(files_.write_file("/journal/journal.leaves", longer, 0600).ok());
  EXPECT_EQ(open().error().code(), ErrorCode::kDataLoss);
}

// The journal as a log: whatever is done to it at rest is found, as for evidence logs.
TEST_F(JournalCheckTest, EveryDamagedByteDroppedReorderedOrCutLeafIsFound) {
  constexpr std::uint64_t kSize = 40;
  write_journal(kSize);
  const std::string path = "/journal/journal.leaves";
  const Bytes good = *files_.read_file(path, 1 << 20);
  for (const std::string& file : {path, std::string("/journal/journal.checkpoint")}) {
    const std::uint64_t size = (*files_.status(file))->size;
    for (std::uint64_t at = 0; at < size; ++at) {
      const auto mask = static_cast<std::uint8_t>(1u << (at % 8));
      files_.damage(file, at, mask);
      ASSERT_FALSE(open().ok()) << file << " at " << at;
      files_.damage(file, at, mask);
    }
  }
  const auto is_found = [&](const Bytes& leaves) {
    EXPECT_TRUE(files_.write_file(path, leaves, 0600).ok());
    return !open().ok();
  };
  for (std::size_t size = 0; size < good.size(); ++size) {
    ASSERT_TRUE(is_found(to_bytes(ByteView(good).first(size)))) << size;
  }
  for (std::size_t i = 0; i < kSize; ++i) {
    Bytes dropped = good;
    const auto at = dropped.begin() + static_cast<std::ptrdiff_t>(i * kHashBytes);
    dropped.erase(at, at + kHashBytes);
    ASSERT_TRUE(is_found(dropped)) << i;
    append(dropped, leaves_[kSize]);  // as many as before
    ASSERT_TRUE(is_found(dropped)) << i;
    for (std::size_t j = i + 1; j < kSize; ++j) {
      Bytes swapped = good;
      std::swap_ranges(swapped.begin() + static_cast<std::ptrdiff_t>(i * kHashBytes),
                       swapped.begin() + static_cast<std::ptrdiff_t>((i + 1) * kHashBytes),
                       swapped.begin() + static_cast<std::ptrdiff_t>(j * kHashBytes));
      ASSERT_TRUE(is_found(swapped)) << i << ' ' << j;
    }
  }
  EXPECT_FALSE(is_found(good));
}

TEST_F(JournalCheckTest, AJournalThatWasRolledBackIsFoundByWhoeverSawItsHead) {
  std::vector<TreeHead> heads(1);
  CompactRange range;
  for (std::uint64_t r = 1; r <= 41; ++r) {
    range.append(leaves_[r - 1]);
    heads.push_back(range.head());
  }
  for (std::uint64_t size = 0; size <= 40; ++size) {
    write_journal(size);
    const auto journal = open();
    ASSERT_TRUE(journal.ok()) << size << journal.error().text();
    for (std::uint64_t seen = 0; seen <= 41; ++seen) {
      EXPECT_EQ(journal->check_extends(heads[seen]).ok(), seen <= size) << size << ' ' << seen;
    }
    TreeHead other = heads[size];
    other.root[0] ^= 1;
    EXPECT_FALSE(journal->check_extends(other).ok());
  }
}

// As `ward evidence verify --journal` does it: a log whose process was served two histories.
TEST_F(JournalCheckTest, ALogIsComparedWhileItIsVerified) {
  write_journal(300);
  const auto journal = open();
  const auto outcome_of = [&](std::uint64_t forged) {
    MemoryFileSystem files;
    TestLog log(files);
    EXPECT_TRUE(log.open().ok());
    RecordGroup group;
    for (std::uint64_t r = 0; r <= 300; ++r) {
      Record made = testing::small_record(r, r);
      made.journal_root8 = roots_[r == forged ? r + 1 : r];
      group.add(*encode_record(made), r);
    }
    EXPECT_TRUE(log.writer().commit(group).ok());
    EXPECT_TRUE(log.writer().publish().ok());
    JournalCheck check(*journal);
    const auto verified = verify_log(files, "/log", test_keys(),
                                     {.visit = [&](std::uint64_t index, const RecordHead& head) {
                                       return check.check(index, head);
                                     }});
    if (!verified.ok()) return verified.error().message();
    EXPECT_EQ(check.counts(), (JournalCounts{.matched = 301}));
    return std::string();
  };
  EXPECT_EQ(outcome_of(1000), "");
  for (const std::uint64_t forged : {0u, 17u, 299u}) {
    EXPECT_THAT(outcome_of(forged),
                HasSubstr(fmt::format("record {} was made in another", forged)));
  }
}

}  // namespace
}  // namespace ward::evidence
