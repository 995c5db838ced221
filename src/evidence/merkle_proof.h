// Inclusion and consistency proofs of RFC 6962 2.1.1 and 2.1.2; verified as RFC 9162 2.1.3.2
// and 2.1.4.2 do.
//
// A prover reads hashes of complete subtrees from a source (tiles, a journal's leaf hashes); a
// verifier needs only the proof. A proof has at most 64 hashes (63 between two sizes). Pure; any
// thread.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "evidence/merkle.h"

namespace ward::evidence {

inline constexpr std::size_t kProofHashesMax = 64;

using Proof = std::vector<Hash>;

// The hash of the complete subtree over leaves [index * 2^level, (index + 1) * 2^level).
using SubtreeSource = std::function<Result<Hash>(unsigned level, std::uint64_t index)>;

// The subtrees of a tree of `size` leaves, left to right; and the head of that tree.
Result<CompactRange> range_at(std::uint64_t size, const SubtreeSource& source);
Result<TreeHead> head_at(std::uint64_t size, const SubtreeSource& source);

// Sibling hashes from the leaf to the root. Error when index >= size, or the source's.
Result<Proof> prove_inclusion(std::uint64_t index, std::uint64_t size, const SubtreeSource& source);

// Empty when old_size is 0 or equals new_size. Error when old_size > new_size, or the source's.
Result<Proof> prove_consistency(std::uint64_t old_size, std::uint64_t new_size,
                                const SubtreeSource& source);

// Error (kInvalidArgument) unless the leaf is number `index` of the tree.
Result<void> verify_inclusion(const Hash& leaf, std::uint64_t index, const TreeHead& tree,
                              std::span<const Hash> proof);

// Error unless the older tree is a prefix of the newer.
Result<void> verify_consistency(const TreeHead& older, const TreeHead& newer,
                                std::span<const Hash> proof);

}  // namespace ward::evidence
