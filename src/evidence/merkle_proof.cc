#include "evidence/merkle_proof.h"

#include <algorithm>
#include <bit>

namespace ward::evidence {
namespace {

// RFC 6962 2.1: "k be the largest power of two smaller than n".
std::uint64_t split_point(std::uint64_t leaves) {
  return std::bit_floor(leaves - 1);
}

// MTH(D[first : end]) where `first` is where RFC 6962 would split: complete subtrees of falling
// size.
Result<std::vector<Hash>> subtrees(std::uint64_t first, std::uint64_t end,
                                   const SubtreeSource& source) {
  std::vector<Hash> hashes;
  while (first < end) {
    const auto level = static_cast<unsigned>(std::bit_width(end - first) - 1);
    WARD_TRY(const Hash hash, source(level, first >> level));
    hashes.push_back(hash);
    first += std::uint64_t{1} << level;
  }
  return hashes;
}

Result<Hash> range_root(std::uint64_t first, std::uint64_t end, const SubtreeSource& source) {
  WARD_TRY(const std::vector<Hash> hashes, subtrees(first, end, source));
  return fold_subtrees(hashes);
}

// The two positions of RFC 9162's verifiers: the node in hand, and the last node of its level.
struct Position {
  std::uint64_t node;
  std::uint64_t last;

  bool is_right_child() const { return (node & 1) == 1; }
  void up() {
    node >>= 1;
    last >>= 1;
  }
  // A node without a sibling at its level is carried up until it has one.
  void skip_levels_without_sibling() {
    while (!is_right_child() && node != 0) up();
  }
};

Error not_included(std::uint64_t index, std::uint64_t size) {
  return invalid_argument("the proof does not show entry {} in the tree of size {}", index, size);
}

Error not_consistent(std::uint64_t old_size, std::uint64_t new_size) {
  return invalid_argument(
      "the proof does not show that the tree of size {} begins with that of size {}", new_size,
      old_size);
}

// Consistency when the answer needs no hashing; nullopt when it does.
std::optional<bool> trivially_consistent(const TreeHead& older, const TreeHead& newer,
                                         std::span<const Hash> proof) {
  if (older.size > newer.size) return false;
  if (older.size == newer.size) return proof.empty() && older.root == newer.root;
  if (older.size == 0) return proof.empty() && older.root == empty_root();
  if (proof.empty() || proof.size() > kProofHashesMax) return false;
  return std::nullopt;
}

}  // namespace

Result<CompactRange> range_at(std::uint64_t size, const SubtreeSource& source) {
  WARD_TRY(const std::vector<Hash> hashes, subtrees(0, size, source));
  return CompactRange::restore(size, hashes);
}

Result<TreeHead> head_at(std::uint64_t size, const SubtreeSource& source) {
  WARD_TRY(const CompactRange range, range_at(size, source));
  return range.head();
}

Result<Proof> prove_inclusion(std::uint64_t index, std::uint64_t size,
                              const SubtreeSource& source) {
  if (index >= size) {
    return make_error(ErrorCode::kOutOfRange, "no entry {} in a tree of size {}", index, size);
  }
  Proof proof;
  std::uint64_t first = 0, end = size;
  while (end - first > 1) {
    const std::uint64_t middle = first + split_point(end - first);
    const bool in_left = index < middle;
    WARD_TRY(const Hash sibling,
             in_left ? range_root(middle, end, source) : range_root(first, middle, source));
    proof.push_back(sibling);
    (in_left ? end : first) = middle;
  }
  std::ranges::reverse(proof);
  return proof;
}

Result<Proof> prove_consistency(std::uint64_t old_size, std::uint64_t new_size,
                                const SubtreeSource& source) {
  if (old_size > new_size) {
    return make_error(ErrorCode::kOutOfRange, "old size {} is larger than new size {}", old_size,
                      new_size);
  }
  Proof proof;
  if (old_size == 0) return proof;
  std::uint64_t first = 0, end = new_size;
  while (old_size != end) {
    const std::uint64_t middle = first + split_point(end - first);
    const bool in_left = old_size <= middle;
    WARD_TRY(const Hash sibling,
             in_left ? range_root(middle, end, source) : range_root(first, middle, source));
    proof.push_back(sibling);
    (in_left ? end : first) = middle;
  }
  // RFC 6962 2.1.2: the old tree's own root is known to the verifier, any other subtree's is not.
  if (first != 0) {
    WARD_TRY(const Hash last, range_root(first, end, source));
    proof.push_back(last);
  }
  std::ranges::reverse(proof);
  return proof;
}

Result<void> verify_inclusion(const Hash& leaf, std::uint64_t index, const TreeHead& tree,
                              std::span<const Hash> proof) {
  if (index >= tree.size || proof.size() > kProofHashesMax) return not_included(index, tree.size);
  Position at{index, tree.size - 1};
  Hash root = leaf;
  for (const Hash& sibling : proof) {
    if (at.last == 0) return not_included(index, tree.size);
    if (at.is_right_child() || at.node == at.last) {
      root = node_hash(sibling, root);
      at.skip_levels_without_sibling();
    } else {
      root = node_hash(root, sibling);
    }
    at.up();
  }
  if (at.last != 0 || root != tree.root) return not_included(index, tree.size);
  return {};
}

Result<void> verify_consistency(const TreeHead& older, const TreeHead& newer,
                                std::span<const Hash> proof) {
  if (const auto answer = trivially_consistent(older, newer, proof)) {
    if (*answer) return {};
    return not_consistent(older.size, newer.size);
  }
  Position at{older.size - 1, newer.size - 1};
  while (at.is_right_child()) at.up();
  // A complete old tree is itself the first node, which the proof then leaves out.
  const bool old_is_complete = std::has_single_bit(older.size);
  Hash old_root = old_is_complete ? older.root : proof.front();
  Hash new_root = old_root;
  for (const Hash& sibling : proof.subspan(old_is_complete ? 0 : 1)) {
    if (at.last == 0) return not_consistent(older.size, newer.size);
    if (at.is_right_child() || at.node == at.last) {
      old_root = node_hash(sibling, old_root);
      new_root = node_hash(sibling, new_root);
      at.skip_levels_without_sibling();
    } else {
      new_root = node_hash(new_root, sibling);
    }
    at.up();
  }
  if (at.last != 0 || old_root != older.root || new_root != newer.root) {
    return not_consistent(older.size, newer.size);
  }
  return {};
}

}  // namespace ward::evidence
