#include "evidence/tlog_proof.h"

#include <gtest/gtest.h>

namespace ward::evidence {
namespace {

class TlogProofTest : public ::testing::Test {
 protected:
  TlogProofTest()
      : signer_(*NoteSigner::make("example.org/log", NoteKeyType::kEd25519,
                                  *crypto::PrivateKey::from_ed25519(SecretBytes(Bytes(32, 1))))),
        keys_{signer_.verifier()} {
    CompactRange range;
    std::vector<Hash> leaves;
    for (int i = 0; i < 8; ++i) {
      leaves.push_back(leaf_hash(entry(i)));
      range.append(leaves.back());
    }
    const SubtreeSource source = [&](unsigned level, std::uint64_t index) -> Result<Hash> {
      return complete_root(std::span(leaves).subspan(index << level, std::size_t{1} << level));
    };
    proof_.index = 5;
    proof_.hashes = *prove_inclusion(5, 8, source);
    proof_.checkpoint = *sign_checkpoint({"example.org/log", range.head()}, signer_);
  }

  static Bytes entry(int i) { return to_bytes(fmt::format("entry {}", i)); }

  NoteSigner signer_;
  std::vector<VerifierKey> keys_;
  TlogProof proof_;
};

TEST_F(TlogProofTest, WrittenReadAndVerified) {
  for (const auto& extra : {std::optional<Bytes>(), std::optional<Bytes>(Bytes{1, 2, 3})}) {
    proof_.extra = extra;
    const auto read = parse_tlog_proof(tlog_proof_text(proof_));
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_EQ(*read, proof_);
    EXPECT_TRUE(verify_tlog_proof(*read, entry(5), keys_).ok());
  }
}

TEST_F(TlogProofTest, AnotherEntryIndexOrKeyIsRefused) {
  EXPECT_FALSE(verify_tlog_proof(proof_, entry(4), keys_).ok());
  EXPECT_FALSE(verify_tlog_proof(proof_, entry(5), {}).ok());
  TlogProof moved = proof_;
  moved.index = 4;
  EXPECT_FALSE(verify_tlog_proof(moved, entry(5), keys_).ok());
}

TEST_F(TlogProofTest, EveryFlippedBitIsFound) {
  const std::string good = tlog_proof_text(proof_);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      const auto read = parse_tlog_proof(bad);
      EXPECT_FALSE(read.ok() && verify_tlog_proof(*read, entry(5), keys_).ok()) << at << "." << bit;
    }
  }
}

TEST_F(TlogProofTest, OtherFormsAreRefused) {
  const std::string good = tlog_proof_text(proof_);
  EXPECT_FALSE(parse_tlog_proof("").ok());
  EXPECT_FALSE(parse_tlog_proof(good.substr(1)).ok());
  EXPECT_FALSE(parse_tlog_proof("c2sp.org/tlog-proof@v1\nextra AA\n" + good.substr(23)).ok());
  EXPECT_FALSE(parse_tlog_proof("c2sp.org/tlog-proof@v1\nindex 05\n" + good.substr(31)).ok());
  std::string many = "c2sp.org/tlog-proof@v1\nindex 5\n";
  for (std::size_t i = 0; i <= kProofHashesMax; ++i)
    many += "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
  EXPECT_EQ(parse_tlog_proof(many + "\n" + proof_.checkpoint).error().code(),
            ErrorCode::kResourceExhausted);
  EXPECT_FALSE(parse_tlog_proof(std::string(kTlogProofBytesMax + 1, 'a')).ok());
}

}  // namespace
}  // namespace ward::evidence
