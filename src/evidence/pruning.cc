#include "evidence/pruning.h"

#include <algorithm>

#include "evidence/decimal.h"
#include "evidence/record_scan.h"
#include "evidence/text_lines.h"
#include "evidence/tile_files.h"

namespace ward::evidence {
namespace {

constexpr std::string_view kPruningHeader = "ward-pruned/v1";
constexpr std::uint64_t kBundlesLookedAtMax = 4096;  // a call; a million records

std::string text_of(const Pruning& pruning) {
  return fmt::format("{}\norigin {}\nminimum {}\ntime {}\n", kPruningHeader, pruning.origin,
                     pruning.minimum, pruning.time.time_since_epoch().count());
}

Result<Pruning> parse(std::string_view text) {
  LineReader lines(text);
  WARD_TRY(const std::string_view header, lines.next());
  if (header != kPruningHeader)
    return invalid_argument("a statement of pruning begins with `{}`", kPruningHeader);
  Pruning pruning;
  WARD_TRY(const std::string_view origin, lines.field("origin"));
  pruning.origin = origin;
  WARD_TRY(const std::string_view minimum, lines.field("minimum"));
  WARD_TRY(pruning.minimum, parse_decimal(minimum));
  WARD_TRY(const std::string_view time, lines.field("time"));
  WARD_TRY(const std::uint64_t microseconds, parse_decimal(time, INT64_MAX));
  pruning.time = WallTime{std::chrono::microseconds{static_cast<std::int64_t>(microseconds)}};
  if (!lines.is_done() || pruning.minimum % kTileWidth != 0)
    return invalid_argument("no statement of pruning");
  return pruning;
}

// The leaves that tile `index` of the name's level ends before.
std::uint64_t span_end(const TileName& name) {
  const unsigned shift = ((name.is_entries ? 0 : name.level) + 1) * kTileHeight;
  if (shift >= 64 || name.index >= (UINT64_MAX >> shift)) return UINT64_MAX;
  return (name.index + 1) << shift;
}

// Full tiles of one level below `minimum`, in order. What a crash left is a run at the end, since
// they go from the first on.
Result<void> remove_level(os::FileSystem& files, const std::string& directory, TileName name,
                          std::uint64_t minimum) {
  const unsigned shift = ((name.is_entries ? 0 : name.level) + 1) * kTileHeight;
  const std::uint64_t end = shift < 64 ? minimum >> shift : 0;
  const auto path_of = [&](std::uint64_t index) {
    name.index = index;
    return directory + "/" + tile_path(name);
  };
  std::uint64_t first = end;
  for (; first > 0; --first) {
    WARD_TRY(const auto status, files.status(path_of(first - 1)));
    if (!status) break;
  }
  for (; first < end; ++first) {
    const std::string path = path_of(first);
    WARD_RETURN_IF_ERROR(files.remove(path));
    // The last of a group of a thousand leaves its directory empty, if none is open beside it.
    if (first % 1000 == 999) (void)files.remove(os::parent_directory(path));
  }
  return {};
}

Result<WallTime> last_time(const os::FileSystem& files, const std::string& directory,
                           std::uint64_t bundle) {
  WARD_TRY(const Bytes bytes, read_tile_bytes(files, directory, {true, 0, bundle, kTileWidth}));
  WARD_TRY(const auto entries, parse_bundle(bytes, kTileWidth));
  WARD_TRY(const RecordHead record, scan_record(entries.back()));
  return WallTime{std::chrono::microseconds{record.time_us}};
}

}  // namespace

Result<std::string> sign_pruning(const Pruning& pruning, const NoteSigner& signer) {
  const std::string text = text_of(pruning);
  WARD_TRY(const Pruning read, parse(text));
  if (read != pruning) return invalid_argument("`{}` is no origin of a log", pruning.origin);
  WARD_TRY(const std::string line, signer.sign(text, {}));
  return assemble_note(text, line);
}

Result<Pruning> open_pruning(std::string_view note, std::span<const VerifierKey> keys) {
  WARD_TRY(const Note parsed, parse_note(note));
  WARD_TRY(const auto signatures, verify_note(parsed, keys));
  WARD_TRY(Pruning pruning, parse(parsed.text));
  const bool is_signed = parsed.signatures.size() == 1 && signatures.size() == 1 &&
                         signatures.front().key->type() == NoteKeyType::kEd25519 &&
                         signatures.front().key->name() == pruning.origin;
  if (is_signed) return pruning;
  return make_error(ErrorCode::kUnauthenticated,
                    "the statement of pruning is not signed by the key of `{}`", pruning.origin);
}

Result<std::uint64_t> read_minimum(const os::FileSystem& files, const std::string& directory,
                                   const std::string& origin, std::span<const VerifierKey> keys) {
  const std::string path = fmt::format("{}/{}", directory, kPrunedFile);
  WARD_TRY(const auto status, files.status(path));
  if (!status) return std::uint64_t{0};
  WARD_TRY(const Bytes bytes, files.read_file(path, kPrunedBytesMax));
  WARD_TRY(const Pruning pruning, open_pruning(as_text(bytes), keys).in(path));
  if (pruning.origin == origin) return pruning.minimum;
  return make_error(ErrorCode::kDataLoss, "`{}` is of log `{}`, expected `{}`", path,
                    pruning.origin, origin);
}

bool is_below(const TileName& name, std::uint64_t minimum) {
  return span_end(name) <= minimum;
}

Result<std::vector<std::vector<Hash>>> read_open_tiles(const os::FileSystem& files,
                                                       const std::string& directory,
                                                       std::uint64_t size, std::uint64_t log_size) {
  std::vector<std::vector<Hash>> tiles;
  for (unsigned level = 1; level < tile_levels(size); ++level) {
    const std::uint64_t length = size >> (level * kTileHeight);
    const std::size_t width = length % kTileWidth;
    tiles.emplace_back();
    if (width == 0) continue;
    const std::uint64_t index = length / kTileWidth;
    const TileName name{false, level, index, tile_width(log_size, level, index)};
    WARD_TRY(const Bytes bytes, read_tile_bytes(files, directory, name));
    WARD_TRY(tiles.back(), parse_tile(bytes, name.width));
    tiles.back().resize(width);
  }
  return tiles;
}

Result<void> remove_below(os::FileSystem& files, const std::string& directory,
                          std::uint64_t minimum) {
  WARD_RETURN_IF_ERROR(remove_level(files, directory, {true, 0, 0, kTileWidth}, minimum));
  for (unsigned level = 0; level < tile_levels(minimum); ++level)
    WARD_RETURN_IF_ERROR(remove_level(files, directory, {false, level, 0, kTileWidth}, minimum));
  return {};
}

Result<std::uint64_t> prunable(const os::FileSystem& files, const std::string& directory,
                               const RetentionPolicy& policy, std::uint64_t minimum,
                               std::uint64_t size, WallTime now) {
  std::uint64_t bundle = minimum / kTileWidth;
  const std::uint64_t full = size / kTileWidth;
  std::uint64_t by_count = bundle;
  if (policy.records && size > *policy.records)
    by_count = std::max(bundle, (size - *policy.records) / kTileWidth);
  const std::uint64_t looked_at = std::min(full, bundle + kBundlesLookedAtMax);
  for (; policy.age && bundle < looked_at; ++bundle) {
    WARD_TRY(const WallTime last, last_time(files, directory, bundle));
    if (last > now - *policy.age) break;
  }
  return std::max(bundle, by_count) * kTileWidth;
}

}  // namespace ward::evidence
