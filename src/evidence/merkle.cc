#include "evidence/merkle.h"

#include <algorithm>
#include <bit>

namespace ward::evidence {

Hash leaf_hash(ByteView entry) {
  static constexpr std::uint8_t kLeafPrefix[] = {0x00};
  return crypto::sha256({ByteView(kLeafPrefix), entry});
}

Hash node_hash(const Hash& left, const Hash& right) {
  std::array<std::uint8_t, 1 + 2 * kHashBytes> message;
  message[0] = 0x01;
  std::ranges::copy(left, message.begin() + 1);
  std::ranges::copy(right, message.begin() + 1 + kHashBytes);
  return crypto::sha256(message);
}

Hash empty_root() {
  // SHA-256 of the empty string (RFC 6962 2.1, "MTH({}) = SHA-256()").
  static constexpr Hash kEmpty = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
                                  0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
                                  0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};
  return kEmpty;
}

Result<CompactRange> CompactRange::restore(std::uint64_t size, std::span<const Hash> hashes) {
  const auto expected = static_cast<std::size_t>(std::popcount(size));
  if (hashes.size() != expected) {
    return invalid_argument("a tree of {} leaves has {} complete subtrees, got {} hashes", size,
                            expected, hashes.size());
  }
  CompactRange range;
  range.size_ = size;
  range.hashes_.assign(hashes.begin(), hashes.end());
  return range;
}

void CompactRange::append(const Hash& leaf) {
  Hash carried = leaf;
  // As in binary addition: each trailing one of the size is a subtree that the new leaf completes.
  for (int carries = std::countr_one(size_); carries > 0; --carries) {
    carried = node_hash(hashes_.back(), carried);
    hashes_.pop_back();
  }
  hashes_.push_back(carried);
  ++size_;
}

Hash CompactRange::root() const {
  return hashes_.empty() ? empty_root() : fold_subtrees(hashes_);
}

Hash fold_subtrees(std::span<const Hash> hashes) {
  WARD_CHECK(!hashes.empty());
  Hash root = hashes.back();
  for (std::size_t i = hashes.size() - 1; i > 0; --i) root = node_hash(hashes[i - 1], root);
  return root;
}

Hash complete_root(std::span<const Hash> hashes) {
  WARD_CHECK(std::has_single_bit(hashes.size()));
  std::vector<Hash> row(hashes.begin(), hashes.end());
  while (row.size() > 1) {
    for (std::size_t i = 0; i < row.size() / 2; ++i) row[i] = node_hash(row[2 * i], row[2 * i + 1]);
    row.resize(row.size() / 2);
  }
  return row.front();
}

}  // namespace ward::evidence
