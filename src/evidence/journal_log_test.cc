#include "evidence/journal_log.h"

#include <gtest/gtest.h>

namespace ward::evidence {
namespace {

class JournalLogTest : public ::testing::Test {
 protected:
  JournalLogTest() {
    CompactRange range;
    heads_.push_back(range.head());
    for (int i = 0; i < 1100; ++i) {
      leaves_.push_back(leaf_hash(as_bytes(fmt::format("fact {}", i + 1))));
      range.append(leaves_.back());
      heads_.push_back(range.head());
    }
  }

  LeafReader reader() {
    return [this](std::uint64_t first, std::uint64_t count) -> Result<std::vector<Hash>> {
      largest_read_ = std::max(largest_read_, count);
      if (first + count > leaves_.size()) return make_error(ErrorCode::kOutOfRange, "no such leaf");
      const auto begin = leaves_.begin() + static_cast<std::ptrdiff_t>(first);
      return std::vector<Hash>(begin, begin + static_cast<std::ptrdiff_t>(count));
    };
  }

  std::vector<Hash> leaves_;
  std::vector<TreeHead> heads_;
  std::uint64_t largest_read_ = 0;
};

TEST_F(JournalLogTest, HeadsAtEveryRevisionAreThoseOfTheTree) {
  auto log = JournalLog::open(journal_origin("example.org"), 700, reader());
  ASSERT_TRUE(log.ok());
  for (std::size_t i = 700; i < leaves_.size(); ++i) {
    EXPECT_EQ(log->head(), heads_[i]);
    log->append(leaves_[i]);
  }
  largest_read_ = 0;
  for (std::uint64_t revision = 0; revision <= leaves_.size(); ++revision) {
    const auto head = log->head_at(revision);
    ASSERT_TRUE(head.ok()) << revision << head.error().message();
    ASSERT_EQ(*head, heads_[revision]);
  }
  EXPECT_LE(largest_read_, 128u);
  EXPECT_EQ(log->head_at(leaves_.size() + 1).error().code(), ErrorCode::kOutOfRange);
}

TEST_F(JournalLogTest, FactsAndEarlierJournalsAreProved) {
  const auto log = JournalLog::open(journal_origin("example.org"), leaves_.size(), reader());
  ASSERT_TRUE(log.ok());
  for (const std::uint64_t at : {1u, 255u, 256u, 257u, 900u, 1100u}) {
    for (std::uint64_t revision = 1; revision <= at; revision += 13) {
      const auto proof = log->prove_fact(revision, at);
      ASSERT_TRUE(proof.ok());
      EXPECT_TRUE(verify_inclusion(leaves_[revision - 1], revision - 1, heads_[at], *proof).ok());
    }
    const auto proof = log->prove_consistency(at, 1100);
    ASSERT_TRUE(proof.ok());
    EXPECT_TRUE(verify_consistency(heads_[at], heads_[1100], *proof).ok());
  }
  EXPECT_FALSE(log->prove_fact(0, 10).ok());
  EXPECT_FALSE(log->prove_fact(11, 10).ok());
  EXPECT_FALSE(log->prove_fact(1, 1101).ok());
}

TEST_F(JournalLogTest, TheCheckpointIsSignedUnderTheJournalsOwnOrigin) {
  const auto log = JournalLog::open(journal_origin("example.org"), 300, reader());
  const auto signer =
      NoteSigner::make("example.org/journal", NoteKeyType::kEd25519,
                       *crypto::PrivateKey::from_ed25519(SecretBytes(Bytes(32, 1))));
  const auto note = log->sign(*signer);
  ASSERT_TRUE(note.ok());
  const std::vector keys{signer->verifier()};
  EXPECT_EQ(open_checkpoint(*note, keys)->checkpoint,
            (Checkpoint{"example.org/journal", heads_[300]}));
  EXPECT_TRUE(std::ranges::equal(log->root8(), std::span(heads_[300].root).first(8)));
}

TEST_F(JournalLogTest, AJournalThatLacksLeavesIsAnError) {
  EXPECT_FALSE(JournalLog::open("example.org/journal", 2000, reader()).ok());
  EXPECT_FALSE(JournalLog::open("not an origin", 1, reader()).ok());
}

}  // namespace
}  // namespace ward::evidence
