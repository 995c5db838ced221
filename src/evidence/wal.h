// The write-ahead file of a log: what was made durable but may not be in durable tiles yet
// (docs/formats/evidence.md).
//
// A header fixes the tree up to `first`, a multiple of 256; then come groups, each written at once
// and synced before the next. So a crash can tear only the last group: a torn one is cut, and a
// damaged one that is followed by a whole one is damage and refused. A group's check covers the
// hashes of its leaves. A group may end with the signed head of the tree that it makes. Pure; any
// thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/merkle.h"

namespace ward::evidence {

inline constexpr std::size_t kWalBytesMax = std::size_t{512} << 20;
inline constexpr std::size_t kWalGroupBytesMax = std::size_t{32} << 20;
inline constexpr std::size_t kWalGroupHeaderBytes = 28;

struct WalHeader {
  std::string origin;
  std::uint64_t first = 0;          // a multiple of 256
  std::uint64_t last_revision = 0;  // of the record before `first`
  // The open tiles of levels 1 and up of the tree of size `first`; as wide as the size says.
  std::vector<std::vector<Hash>> tiles;
};

Bytes encode_wal_header(const WalHeader& header);

// Appends `checkpoint` (a whole note, or nothing) to a group whose entries (as in a bundle) are
// already there, and fills in its first kWalGroupHeaderBytes.
void finish_wal_group(Bytes& group, std::uint64_t first_index, std::span<const Hash> leaves,
                      std::string_view checkpoint = {});

struct WalGroup {
  std::uint64_t first_index = 0;
  std::vector<ByteView> entries;  // views into the file's bytes
  std::vector<Hash> leaves;
  std::string_view checkpoint;  // empty: the head was not signed with the group; not verified here
};

struct WalContent {
  WalHeader header;
  std::vector<WalGroup> groups;
  std::size_t whole_bytes = 0;  // the rest is a torn group
};

// kDataLoss when the header or any group but the last is damaged, or indexes do not follow on each
// other.
Result<WalContent> parse_wal(ByteView bytes);

}  // namespace ward::evidence
