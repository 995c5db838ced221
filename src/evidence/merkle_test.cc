// The tree against the recursive definition of RFC 6962 2.1, on all sizes to 300, and proofs that
// were tampered with.
#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <optional>

#include "codec/hex.h"
#include "evidence/merkle_proof.h"

namespace ward::evidence {
namespace {

constexpr std::uint64_t kSizeMax = 300;

// RFC 6962 2.1, word for word: the oracle.
Hash recursive_root(std::span<const Hash> leaves) {
  if (leaves.empty()) return empty_root();
  if (leaves.size() == 1) return leaves.front();
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  return node_hash(recursive_root(leaves.first(k)), recursive_root(leaves.subspan(k)));
}

// RFC 6962 2.1.1: PATH(m, D[n]).
Proof recursive_path(std::uint64_t m, std::span<const Hash> leaves) {
  if (leaves.size() == 1) return {};
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  Proof path =
      m < k ? recursive_path(m, leaves.first(k)) : recursive_path(m - k, leaves.subspan(k));
  path.push_back(recursive_root(m < k ? leaves.subspan(k) : leaves.first(k)));
  return path;
}

// RFC 6962 2.1.2: SUBPROOF(m, D[n], b).
Proof recursive_subproof(std::uint64_t m, std::span<const Hash> leaves, bool is_whole) {
  if (m == leaves.size()) return is_whole ? Proof{} : Proof{recursive_root(leaves)};
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  Proof proof = m <= k ? recursive_subproof(m, leaves.first(k), is_whole)
                       : recursive_subproof(m - k, leaves.subspan(k), false);
  proof.push_back(recursive_root(m <= k ? leaves.subspan(k) : leaves.first(k)));
  return proof;
}

class MerkleTest : public ::testing::Test {
 protected:
  MerkleTest() {
    CompactRange range;
    roots_.push_back(range.root());
    for (std::uint64_t i = 0; i < kSizeMax; ++i) {
      leaves_.push_back(leaf_hash(as_bytes(std::to_string(i))));
      range.append(leaves_.back());
      roots_.push_back(range.root());
    }
  }

  SubtreeSource source(std::uint64_t size) {
    return [this, size](unsigned level, std::uint64_t index) -> Result<Hash> {
      const std::uint64_t first = index << level, count = std::uint64_t{1} << level;
      EXPECT_LE(first + count, size) << "only complete subtrees are asked for";
      if (first + count > size) return invalid_argument("incomplete");
      const auto key = std::pair(level, index);
      if (const auto known = subtrees_.find(key); known != subtrees_.end()) return known->second;
      return subtrees_[key] = recursive_root(std::span(leaves_).subspan(first, count));
    };
  }
  TreeHead head(std::uint64_t size) const { return {size, roots_[size]}; }

  std::vector<Hash> leaves_;
  std::vector<Hash> roots_;
  std::map<std::pair<unsigned, std::uint64_t>, Hash> subtrees_;
};

Hash flipped(Hash hash) {
  hash[17] ^= 0x20;
  return hash;
}

// Every way to spoil a proof by one step: a flipped, dropped, doubled, swapped or added hash.
std::vector<Proof> spoiled(const Proof& proof) {
  std::vector<Proof> bad;
  for (std::size_t i = 0; i < proof.size(); ++i) {
    const auto at = static_cast<std::ptrdiff_t>(i);
    bad.push_back(proof);
    bad.back()[i] = flipped(proof[i]);
    bad.push_back(proof);
    bad.back().erase(bad.back().begin() + at);
    bad.push_back(proof);
    bad.back().insert(bad.back().begin() + at, proof[i]);
    if (i == 0 || proof[i] == proof[i - 1]) continue;
    bad.push_back(proof);
    std::swap(bad.back()[i], bad.back()[i - 1]);
  }
  bad.push_back(proof);
  bad.back().push_back(empty_root());
  bad.push_back(proof);
  bad.back().insert(bad.back().begin(), empty_root());
  return bad;
}

TEST(Merkle, RootsAreThoseOfTheReferenceInputs) {
  const std::vector<std::string> inputs = {"",
                                           "00",
                                           "10",
                                           "2021",
                                           "3031",
                                           "40414243",
                                           "5051525354555657",
                                           "606162636465666768696a6b6c6d6e6f"};
  const std::vector<std::string> roots = {
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  CompactRange range;
  EXPECT_EQ(codec::encode_hex(range.root()), roots[0]);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    range.append(leaf_hash(*codec::decode_hex(inputs[i])));
    EXPECT_EQ(codec::encode_hex(range.root()), roots[i + 1]) << "size " << i + 1;
  }
}

TEST_F(MerkleTest, RootsAndRangesEqualTheRecursiveDefinition) {
  for (std::uint64_t size = 0; size <= kSizeMax; ++size) {
    ASSERT_EQ(roots_[size], recursive_root(std::span(leaves_).first(size))) << size;
    const auto range = range_at(size, source(size));
    ASSERT_TRUE(range.ok());
    ASSERT_EQ(range->head(), head(size));
    const auto restored = CompactRange::restore(size, range->hashes());
    ASSERT_TRUE(restored.ok());
    ASSERT_EQ(*restored, *range);
  }
}

TEST_F(MerkleTest, InclusionProofsEqualTheDefinitionAndVerify) {
  for (std::uint64_t size = 1; size <= kSizeMax; ++size) {
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto proof = prove_inclusion(index, size, source(size));
      ASSERT_TRUE(proof.ok());
      if (size % 7 == 0 || size < 40) {
        ASSERT_EQ(*proof, recursive_path(index, std::span(leaves_).first(size)));
      }
      ASSERT_TRUE(verify_inclusion(leaves_[index], index, head(size), *proof).ok());
    }
  }
}

TEST_F(MerkleTest, ConsistencyProofsEqualTheDefinitionAndVerify) {
  for (std::uint64_t size = 1; size <= kSizeMax; ++size) {
    for (std::uint64_t old_size = 0; old_size <= size; ++old_size) {
      const auto proof = prove_consistency(old_size, size, source(size));
      ASSERT_TRUE(proof.ok());
      if (old_size > 0 && (size % 7 == 0 || size < 40)) {
        ASSERT_EQ(*proof, recursive_subproof(old_size, std::span(leaves_).first(size), true));
      }
      ASSERT_TRUE(verify_consistency(head(old_size), head(size), *proof).ok())
          << old_size << "->" << size;
    }
  }
}

TEST_F(MerkleTest, SpoiledInclusionProofsAreRefused) {
  for (const std::uint64_t size : {1u, 2u, 3u, 5u, 7u, 8u, 9u, 31u, 64u, 65u, 255u, 300u}) {
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto proof = prove_inclusion(index, size, source(size));
      for (const Proof& bad : spoiled(*proof)) {
        ASSERT_FALSE(verify_inclusion(leaves_[index], index, head(size), bad).ok());
      }
      ASSERT_FALSE(verify_inclusion(flipped(leaves_[index]), index, head(size), *proof).ok());
      ASSERT_FALSE(
          verify_inclusion(leaves_[index], index, {size, flipped(roots_[size])}, *proof).ok());
      for (std::uint64_t other = 0; other <= size; ++other) {
        if (other != index) {
          ASSERT_FALSE(verify_inclusion(leaves_[index], other, head(size), *proof).ok());
        }
      }
    }
  }
}

TEST_F(MerkleTest, SpoiledConsistencyProofsAreRefused) {
  for (const std::uint64_t size : {1u, 2u, 3u, 6u, 7u, 8u, 9u, 64u, 65u, 255u, 300u}) {
    for (std::uint64_t old_size = 0; old_size <= size; ++old_size) {
      const auto proof = prove_consistency(old_size, size, source(size));
      for (const Proof& bad : spoiled(*proof)) {
        ASSERT_FALSE(verify_consistency(head(old_size), head(size), bad).ok());
      }
      ASSERT_FALSE(
          verify_consistency({old_size, flipped(roots_[old_size])}, head(size), *proof).ok());
      if (old_size > 0) {
        ASSERT_FALSE(
            verify_consistency(head(old_size), {size, flipped(roots_[size])}, *proof).ok());
      }
      if (old_size < size) {
        ASSERT_FALSE(verify_consistency(head(size), head(old_size), *proof).ok());
      }
    }
  }
}

TEST_F(MerkleTest, WhatIsOutsideTheTreeCannotBeProved) {
  EXPECT_EQ(prove_inclusion(8, 8, source(8)).error().code(), ErrorCode::kOutOfRange);
  EXPECT_EQ(prove_inclusion(0, 0, source(0)).error().code(), ErrorCode::kOutOfRange);
  EXPECT_EQ(prove_consistency(9, 8, source(8)).error().code(), ErrorCode::kOutOfRange);
  EXPECT_FALSE(verify_inclusion(leaves_[0], 0, head(0), {}).ok());
  EXPECT_FALSE(CompactRange::restore(3, std::vector<Hash>(3)).ok());
}

TEST(Merkle, TheLargestTreeIsHandledWithoutOverflow) {
  const std::uint64_t size = UINT64_MAX;
  const SubtreeSource same = [](unsigned, std::uint64_t) -> Result<Hash> { return empty_root(); };
  const auto proof = prove_inclusion(size - 1, size, same);
  ASSERT_TRUE(proof.ok());
  EXPECT_LE(proof->size(), kProofHashesMax);
  EXPECT_FALSE(verify_inclusion(empty_root(), size - 1, {size, empty_root()}, *proof).ok());
  EXPECT_TRUE(prove_consistency(std::uint64_t{1} << 63, size, same).ok());
}

}  // namespace
}  // namespace ward::evidence
