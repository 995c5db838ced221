#include "evidence/tile.h"

#include <algorithm>

#include "evidence/decimal.h"

namespace ward::evidence {
namespace {

// The number of hashes that a tree of `size` has at tile level `level`.
std::uint64_t level_length(std::uint64_t size, unsigned level) {
  const unsigned shift = level * kTileHeight;
  return shift < 64 ? size >> shift : 0;
}

// The number that the digits of `x001/x234/067` make; the caller compares the spelling.
Result<std::uint64_t> parse_index(std::string_view groups) {
  std::uint64_t index = 0;
  for (const char c : groups) {
    if (c == 'x' || c == '/') continue;
    if (c < '0' || c > '9' || index > (UINT64_MAX - 9) / 10)
      return invalid_argument("no tile index");
    index = index * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return index;
}

Error not_a_tile(std::string_view path) {
  return invalid_argument("expected the path of a tile as `tile/0/x001/234`, got `{}`",
                          path.substr(0, 128));
}

}  // namespace

std::string tile_path(const TileName& name) {
  std::string digits = fmt::format("{:03}", name.index % 1000);
  for (std::uint64_t rest = name.index / 1000; rest > 0; rest /= 1000) {
    digits = fmt::format("x{:03}/{}", rest % 1000, digits);
  }
  std::string path = name.is_entries ? fmt::format("tile/entries/{}", digits)
                                     : fmt::format("tile/{}/{}", name.level, digits);
  if (!name.is_full()) path += fmt::format(".p/{}", name.width);
  return path;
}

Result<TileName> parse_tile_path(std::string_view path) {
  // An index of 64 bits has at most seven groups; longer paths are not looked at.
  static constexpr std::size_t kPathBytesMax = 64;
  static constexpr std::string_view kRoot = "tile/";
  if (path.size() > kPathBytesMax || !path.starts_with(kRoot)) return not_a_tile(path);
  std::string_view rest = path.substr(kRoot.size());
  const std::string_view level = rest.substr(0, rest.find('/'));
  rest.remove_prefix(std::min(rest.size(), level.size() + 1));
  TileName name;
  name.is_entries = level == "entries";
  if (!name.is_entries) {
    const auto number = parse_decimal(level, kTileLevelMax);
    if (!number.ok()) return not_a_tile(path);
    name.level = static_cast<unsigned>(*number);
  }
  if (const std::size_t partial = rest.find(".p/"); partial != std::string_view::npos) {
    const auto width = parse_decimal(rest.substr(partial + 3), kTileWidth - 1);
    if (!width.ok() || *width == 0) return not_a_tile(path);
    name.width = static_cast<std::uint32_t>(*width);
    rest = rest.substr(0, partial);
  }
  const auto index = parse_index(rest);
  if (!index.ok()) return not_a_tile(path);
  name.index = *index;
  if (tile_path(name) != path) return not_a_tile(path);
  return name;
}

std::uint32_t tile_width(std::uint64_t size, unsigned level, std::uint64_t index) {
  const std::uint64_t length = level_length(size, level);
  const std::uint64_t full = length / kTileWidth;
  if (index < full) return kTileWidth;
  return index == full ? static_cast<std::uint32_t>(length % kTileWidth) : 0;
}

unsigned tile_levels(std::uint64_t size) {
  unsigned levels = 0;
  while (level_length(size, levels) > 0) ++levels;
  return levels;
}

std::vector<TileName> partial_tiles(std::uint64_t size) {
  std::vector<TileName> names;
  for (unsigned level = 0; level < tile_levels(size); ++level) {
    const std::uint64_t length = level_length(size, level);
    const auto width = static_cast<std::uint32_t>(length % kTileWidth);
    if (width == 0) continue;
    if (level == 0) names.push_back({true, 0, length / kTileWidth, width});
    names.push_back({false, level, length / kTileWidth, width});
  }
  return names;
}

Result<std::vector<Hash>> parse_tile(ByteView bytes, std::uint32_t width) {
  if (bytes.size() != width * kHashBytes) {
    return make_error(ErrorCode::kDataLoss, "a tile of {} hashes has {} bytes, got {}", width,
                      width * kHashBytes, bytes.size());
  }
  std::vector<Hash> hashes(width);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    std::ranges::copy(bytes.subspan(i * kHashBytes, kHashBytes), hashes[i].begin());
  }
  return hashes;
}

void append_tile_hash(Bytes& tile, const Hash& hash) {
  append(tile, hash);
}

Result<std::vector<ByteView>> parse_bundle(ByteView bytes, std::uint32_t width) {
  std::vector<ByteView> entries;
  entries.reserve(width);
  while (!bytes.empty()) {
    if (bytes.size() < 2) return make_error(ErrorCode::kDataLoss, "an entry's length is cut");
    const std::size_t length = static_cast<std::size_t>(bytes[0]) << 8 | bytes[1];
    bytes = bytes.subspan(2);
    if (length > kEntryBytesMax || length > bytes.size() || entries.size() == width) {
      return make_error(ErrorCode::kDataLoss,
                        "entry {} of a bundle of {} claims {} bytes, {} are left and {} allowed",
                        entries.size(), width, length, bytes.size(), kEntryBytesMax);
    }
    entries.push_back(bytes.first(length));
    bytes = bytes.subspan(length);
  }
  if (entries.size() != width) {
    return make_error(ErrorCode::kDataLoss, "a bundle of {} entries has {}", width, entries.size());
  }
  return entries;
}

void append_bundle_entry(Bytes& bundle, ByteView entry) {
  WARD_CHECK(entry.size() <= kEntryBytesMax);
  bundle.push_back(static_cast<std::uint8_t>(entry.size() >> 8));
  bundle.push_back(static_cast<std::uint8_t>(entry.size() & 0xff));
  append(bundle, entry);
}

SubtreeSource subtrees_of_tiles(std::uint64_t size, TileSource read) {
  return [size, read = std::move(read)](unsigned level, std::uint64_t index) -> Result<Hash> {
    const unsigned tile_level = level / kTileHeight;
    const unsigned within = level % kTileHeight;  // the subtree is over 2^within hashes of the tile
    const std::uint64_t first = index << within;
    const std::uint64_t tile = first / kTileWidth;
    const std::uint32_t width = tile_width(size, tile_level, tile);
    const std::size_t offset = static_cast<std::size_t>(first % kTileWidth);
    const std::size_t count = std::size_t{1} << within;
    if (offset + count > width) {
      return make_error(ErrorCode::kOutOfRange, "no subtree {} of level {} in a tree of size {}",
                        index, level, size);
    }
    WARD_TRY(const std::vector<Hash> hashes, read({false, tile_level, tile, width}));
    WARD_CHECK(hashes.size() == width);
    return complete_root(std::span(hashes).subspan(offset, count));
  };
}

}  // namespace ward::evidence
