// The Merkle tree of RFC 6962 2.1: hashes, and the tree as it grows.
//
// A leaf is SHA-256(0x00 || entry), a node SHA-256(0x01 || left || right); the prefixes keep an
// entry from passing for a node. A tree of n leaves splits at the largest power of two below n, so
// it is a row of complete subtrees, one for each set bit of n: that row (a compact range) is all
// that is needed to append and to know the root.
//
// Pure; an object belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"

namespace ward::evidence {

using Hash = crypto::Sha256Digest;
inline constexpr std::size_t kHashBytes = std::tuple_size_v<Hash>;

Hash leaf_hash(ByteView entry);
Hash node_hash(const Hash& left, const Hash& right);
Hash empty_root();  // SHA-256 of nothing

// A tree head: what a checkpoint signs.
struct TreeHead {
  std::uint64_t size = 0;
  Hash root = empty_root();
  bool operator==(const TreeHead&) const = default;
};

// The right edge of a growing tree: append is O(1) amortised (one node hash a leaf), root O(log n).
class CompactRange {
 public:
  CompactRange() = default;

  // From the hashes of the complete subtrees, left (largest) to right. Error unless there is one
  // for each set bit of `size`.
  static Result<CompactRange> restore(std::uint64_t size, std::span<const Hash> hashes);

  void append(const Hash& leaf);

  std::uint64_t size() const { return size_; }
  Hash root() const;
  TreeHead head() const { return {size_, root()}; }
  const std::vector<Hash>& hashes() const { return hashes_; }  // as restore() takes them
  bool operator==(const CompactRange&) const = default;

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash> hashes_;
};

// The root over complete subtrees of falling size, left to right; not empty.
Hash fold_subtrees(std::span<const Hash> hashes);

// The root of 2^n leaves (or subtree hashes of one level); `hashes` has a power of two of them.
Hash complete_root(std::span<const Hash> hashes);

}  // namespace ward::evidence
