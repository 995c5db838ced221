#include "evidence/witness.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "evidence/testing_log.h"

namespace ward::evidence {
namespace {

using os::testing::FileOperation;
using os::testing::MemoryFileSystem;
using testing::test_signer;

class WitnessTest : public ::testing::Test {
 protected:
  WitnessTest() {
    for (int i = 0; i < 100; ++i) {
      leaves_.push_back(leaf_hash(as_bytes(std::to_string(i))));
      range_.append(leaves_.back());
      heads_.push_back(range_.head());
    }
    reopen();
  }

  void reopen() {
    witness_ = std::move(Witness::open(test_signer("witness", 3, NoteKeyType::kCosignature), "/w",
                                       files_, clock_))
                   .value();
    ASSERT_TRUE(witness_->add_log(log_.verifier()).ok());
  }

  TreeHead head(std::uint64_t size) const { return size == 0 ? TreeHead{} : heads_[size - 1]; }
  Proof proof(std::uint64_t old_size, std::uint64_t size) {
    return *prove_consistency(
        old_size, size, [&](unsigned level, std::uint64_t index) -> Result<Hash> {
          return complete_root(std::span(leaves_).subspan(index << level, std::size_t{1} << level));
        });
  }
  std::string body(std::uint64_t old_size, TreeHead to, Proof with) {
    return witness_request_text(
        {old_size, std::move(with), *sign_checkpoint({log_.name(), to}, log_)});
  }
  WitnessAnswer ask(std::uint64_t old_size, std::uint64_t size) {
    return witness_->add_checkpoint(body(old_size, head(size), proof(old_size, size)));
  }

  MemoryFileSystem files_;
  ManualClock clock_;
  NoteSigner log_ = test_signer();
  std::vector<Hash> leaves_;
  CompactRange range_;
  std::vector<TreeHead> heads_;
  std::unique_ptr<Witness> witness_;
};

TEST_F(WitnessTest, AHeadThatExtendsTheLastIsCosigned) {
  for (const auto& [from, to] : {std::pair(0u, 0u), {0u, 7u}, {7u, 7u}, {7u, 64u}, {64u, 100u}}) {
    const WitnessAnswer answer = ask(from, to);
    ASSERT_EQ(answer.status, 200) << from << "->" << to << answer.body;
    const std::string cosigned = *sign_checkpoint({log_.name(), head(to)}, log_) + answer.body;
    const std::vector keys{log_.verifier(), witness_->verifier()};
    const auto opened = open_checkpoint(cosigned, keys);
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(opened->signatures.size(), 2u);
    EXPECT_EQ(*witness_->head_of(log_.name()), head(to));
  }
}

TEST_F(WitnessTest, EachRefusalHasItsStatus) {
  ASSERT_EQ(ask(0, 40).status, 200);
  EXPECT_EQ(witness_->add_checkpoint("").status, 400);
  EXPECT_EQ(witness_->add_checkpoint("old 040\n\n").status, 400);
  EXPECT_EQ(witness_->add_checkpoint(body(50, head(45), {})).status, 400) << "old above new";

  const WitnessAnswer stale = ask(30, 60);
  EXPECT_EQ(stale.status, 409);
  EXPECT_EQ(stale.content_type, "text/x.tlog.size");
  EXPECT_EQ(stale.body, "40\n");
  EXPECT_EQ(witness_->add_checkpoint(body(40, {40, leaves_[0]}, {})).status, 409)
      << "another root at the size";

  Proof bad = proof(40, 60);
  bad.back()[0] ^= 1;
  EXPECT_EQ(witness_->add_checkpoint(body(40, head(60), bad)).status, 422);
  EXPECT_EQ(witness_->add_checkpoint(body(40, {60, leaves_[0]}, proof(40, 60))).status, 422);
  EXPECT_EQ(witness_->add_checkpoint(body(40, head(40), {leaves_[0]})).status, 422);

  const NoteSigner other = test_signer("other.example", 9);
  EXPECT_EQ(witness_
                ->add_checkpoint(
                    witness_request_text({0, {}, *sign_checkpoint({"other.example", {}}, other)}))
                .status,
            404);
  const NoteSigner forger = test_signer(log_.name(), 9);
  EXPECT_EQ(witness_
                ->add_checkpoint(witness_request_text(
                    {40, proof(40, 60), *sign_checkpoint({log_.name(), head(60)}, forger)}))
                .status,
            403);
  EXPECT_EQ(*witness_->head_of(log_.name()), head(40)) << "no refusal moves the head";
}

TEST_F(WitnessTest, TheHeadIsDurableBeforeTheAnswer) {
  ASSERT_EQ(ask(0, 40).status, 200);
  files_.crash();
  reopen();
  EXPECT_EQ(*witness_->head_of(log_.name()), head(40));
  files_.inject(
      {.operation = FileOperation::kWrite, .nth = 1, .error_number = ENOSPC, .is_lasting = true});
  EXPECT_EQ(ask(40, 60).status, 500);
  files_.heal();
  EXPECT_EQ(*witness_->head_of(log_.name()), head(40));
  EXPECT_EQ(ask(40, 60).status, 200);
}

TEST_F(WitnessTest, ADamagedMemoryIsNotTakenForAFreshStart) {
  ASSERT_EQ(ask(0, 40).status, 200);
  const std::string path = "/w/" + files_.list_directory("/w", 10)->front();
  files_.damage(path, 5, 1);
  EXPECT_EQ(ask(40, 60).status, 500);
  EXPECT_EQ(ask(0, 60).status, 500);
}

TEST_F(WitnessTest, RequestsReadBackAndTooLongOnesAreRefused) {
  const std::string text = body(40, head(60), proof(40, 60));
  const auto request = parse_witness_request(text);
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(witness_request_text(*request), text);
  EXPECT_EQ(parse_witness_request(body(1, head(60), Proof(64))).error().code(),
            ErrorCode::kResourceExhausted);
  EXPECT_FALSE(parse_witness_request(std::string(kWitnessRequestBytesMax + 1, 'o')).ok());
}

TEST_F(WitnessTest, ALogThatIsNoLongerKnownIsRefused) {
  witness_->remove_log(log_.name());
  EXPECT_EQ(ask(0, 5).status, 404);
}

}  // namespace
}  // namespace ward::evidence
