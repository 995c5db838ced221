#include "evidence/wal.h"

#include <algorithm>

#include "evidence/checkpoint.h"
#include "evidence/tile_files.h"
#include "evidence/wire.h"

namespace ward::evidence {
namespace {

constexpr std::string_view kMagic = "WARDWAL1";
constexpr std::string_view kGroupMagic = "WGRP";
constexpr std::string_view kSignedGroupMagic = "WGRS";  // a checkpoint behind the entries
constexpr std::string_view kGroupMagicStart = "WGR";
constexpr std::size_t kCheckBytes = 8;
// magic, payload bytes, count, first index; then the check
constexpr std::size_t kGroupPrefixBytes = kWalGroupHeaderBytes - kCheckBytes;
static_assert(kGroupPrefixBytes == 4 + 4 + 4 + 8);

Error damaged(std::size_t offset, std::string_view what) {
  return make_error(ErrorCode::kDataLoss, "the write-ahead file is damaged at byte {}: {}", offset,
                    what);
}

Hash group_digest(ByteView prefix, std::span<const Hash> leaves, std::string_view checkpoint) {
  crypto::Sha256 digest;
  digest.update(prefix);
  static_assert(sizeof(Hash) == kHashBytes);
  // SAFETY: a span of arrays of bytes is one row of bytes.
  digest.update({reinterpret_cast<const std::uint8_t*>(leaves.data()), leaves.size_bytes()});
  digest.update(as_bytes(checkpoint));
  return digest.finish();
}

// Reads what was written front to back; every read is checked against what is left.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) : bytes_(bytes) {}
  bool has(std::size_t count) const { return bytes_.size() - at_ >= count; }
  std::size_t at() const { return at_; }
  ByteView take(std::size_t count) {
    const ByteView taken = bytes_.subspan(at_, count);
    at_ += count;
    return taken;
  }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
};

Result<WalHeader> parse_header(Cursor& cursor, ByteView bytes) {
  WalHeader header;
  if (!cursor.has(kMagic.size() + 2 + 16)) return damaged(cursor.at(), "the header is cut");
  if (as_text(cursor.take(kMagic.size())) != kMagic)
    return damaged(0, "no write-ahead file of format 1");
  header.first = load_be<std::uint64_t>(cursor.take(8));
  header.last_revision = load_be<std::uint64_t>(cursor.take(8));
  const auto name_bytes = load_be<std::uint16_t>(cursor.take(2));
  if (name_bytes > kKeyNameBytesMax || !cursor.has(name_bytes))
    return damaged(cursor.at(), "the origin is cut");
  header.origin = as_text(cursor.take(name_bytes));
  for (unsigned level = 1; level < tile_levels(header.first); ++level) {
    const std::uint64_t length = header.first >> (level * kTileHeight);
    const auto width = static_cast<std::uint32_t>(length % kTileWidth);
    if (!cursor.has(width * kHashBytes)) return damaged(cursor.at(), "a tile is cut");
    WARD_TRY(std::vector<Hash> tile, parse_tile(cursor.take(width * kHashBytes), width));
    header.tiles.push_back(std::move(tile));
  }
  const std::size_t covered = cursor.at();
  if (!cursor.has(kCheckBytes)) return damaged(covered, "the header is cut");
  const Hash digest = crypto::sha256(bytes.first(covered));
  if (!std::ranges::equal(cursor.take(kCheckBytes), ByteView(digest).first(kCheckBytes)) ||
      header.first % kTileWidth != 0) {
    return damaged(covered, "the header does not have its check");
  }
  return header;
}

// The `count` entries of a group and, if it is a signed one, the checkpoint behind them.
std::optional<WalGroup> parse_payload(ByteView payload, std::uint32_t count, bool is_signed) {
  WalGroup group;
  if (is_signed) {
    const auto signed_entries = first_entries(payload, count);
    if (!signed_entries.ok()) return std::nullopt;
    group.checkpoint = as_text(payload.subspan(signed_entries->size()));
    if (group.checkpoint.empty() || group.checkpoint.size() > kCheckpointBytesMax)
      return std::nullopt;
    payload = *signed_entries;
  }
  auto entries = parse_bundle(payload, count);
  if (!entries.ok()) return std::nullopt;
  group.entries = std::move(*entries);
  return group;
}

// The whole group at the front of `bytes`; nullopt when there is none.
std::optional<WalGroup> parse_group(ByteView bytes, std::size_t& group_bytes) {
  if (bytes.size() < kWalGroupHeaderBytes) return std::nullopt;
  const bool is_signed = as_text(bytes).starts_with(kSignedGroupMagic);
  if (!is_signed && !as_text(bytes).starts_with(kGroupMagic)) return std::nullopt;
  const auto payload_bytes = load_be<std::uint32_t>(bytes.subspan(4));
  const auto count = load_be<std::uint32_t>(bytes.subspan(8));
  if (payload_bytes > kWalGroupBytesMax || payload_bytes > bytes.size() - kWalGroupHeaderBytes ||
      count > payload_bytes / 2) {
    return std::nullopt;
  }
  auto group = parse_payload(bytes.subspan(kWalGroupHeaderBytes, payload_bytes), count, is_signed);
  if (!group) return std::nullopt;
  group->first_index = load_be<std::uint64_t>(bytes.subspan(12));
  group->leaves.reserve(count);
  for (const ByteView entry : group->entries) group->leaves.push_back(leaf_hash(entry));
  const Hash digest =
      group_digest(bytes.first(kGroupPrefixBytes), group->leaves, group->checkpoint);
  if (!std::ranges::equal(bytes.subspan(kGroupPrefixBytes, kCheckBytes),
                          ByteView(digest).first(kCheckBytes))) {
    return std::nullopt;
  }
  group_bytes = kWalGroupHeaderBytes + payload_bytes;
  return group;
}

bool has_whole_group(ByteView bytes) {
  std::string_view rest = as_text(bytes);
  for (std::size_t at = rest.find(kGroupMagicStart); at != std::string_view::npos;
       at = rest.find(kGroupMagicStart, at + 1)) {
    std::size_t group_bytes = 0;
    if (parse_group(bytes.subspan(at), group_bytes)) return true;
  }
  return false;
}

}  // namespace

Bytes encode_wal_header(const WalHeader& header) {
  Bytes bytes = to_bytes(kMagic);
  append_be(bytes, header.first);
  append_be(bytes, header.last_revision);
  append_be(bytes, static_cast<std::uint16_t>(header.origin.size()));
  append(bytes, header.origin);
  for (const std::vector<Hash>& tile : header.tiles) {
    for (const Hash& hash : tile) append(bytes, hash);
  }
  const Hash digest = crypto::sha256(bytes);
  append(bytes, ByteView(digest).first(kCheckBytes));
  return bytes;
}

void finish_wal_group(Bytes& group, std::uint64_t first_index, std::span<const Hash> leaves,
                      std::string_view checkpoint) {
  WARD_CHECK(group.size() >= kWalGroupHeaderBytes);
  append(group, checkpoint);
  const std::span<std::uint8_t> bytes(group);
  std::ranges::copy(as_bytes(checkpoint.empty() ? kGroupMagic : kSignedGroupMagic), bytes.begin());
  store_be(bytes.subspan(4), static_cast<std::uint32_t>(group.size() - kWalGroupHeaderBytes));
  store_be(bytes.subspan(8), static_cast<std::uint32_t>(leaves.size()));
  store_be(bytes.subspan(12), first_index);
  const Hash digest = group_digest(bytes.first(kGroupPrefixBytes), leaves, checkpoint);
  std::ranges::copy(ByteView(digest).first(kCheckBytes), bytes.subspan(kGroupPrefixBytes).begin());
}

Result<WalContent> parse_wal(ByteView bytes) {
  Cursor cursor(bytes);
  WalContent content;
  WARD_TRY(content.header, parse_header(cursor, bytes));
  content.whole_bytes = cursor.at();
  std::uint64_t next = content.header.first;
  while (content.whole_bytes < bytes.size()) {
    std::size_t group_bytes = 0;
    auto group = parse_group(bytes.subspan(content.whole_bytes), group_bytes);
    if (!group) {
      if (has_whole_group(bytes.subspan(content.whole_bytes + 1))) {
        return damaged(content.whole_bytes, "a group that others follow does not have its check");
      }
      break;
    }
    if (group->first_index != next) {
      return damaged(content.whole_bytes,
                     fmt::format("expected entry {}, got {}", next, group->first_index));
    }
    next += group->entries.size();
    content.whole_bytes += group_bytes;
    content.groups.push_back(std::move(*group));
  }
  return content;
}

}  // namespace ward::evidence
