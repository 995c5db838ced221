#include "codec/quantity.h"

#include <array>
#include <charconv>
#include <optional>

namespace ward::codec {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t scale;
};

// From large to small. `m` and `ms` are told apart by taking all letters that follow the number.
constexpr std::array<Unit, 7> kDurationUnits = {{{"d", 86'400'000'000'000},
                                                 {"h", 3'600'000'000'000},
                                                 {"m", 60'000'000'000},
                                                 {"s", 1'000'000'000},
                                                 {"ms", 1'000'000},
                                                 {"us", 1'000},
                                                 {"ns", 1}}};
constexpr std::uint64_t kLongestDuration = 36'525 * kDurationUnits[0].scale;

constexpr std::array<Unit, 9> kSizeUnits = {{{"TiB", 1ULL << 40},
                                             {"GiB", 1ULL << 30},
                                             {"MiB", 1ULL << 20},
                                             {"KiB", 1ULL << 10},
                                             {"B", 1},
                                             {"TB", 1'000'000'000'000},
                                             {"GB", 1'000'000'000},
                                             {"MB", 1'000'000},
                                             {"kB", 1'000}}};
constexpr std::size_t kBinarySizeUnits = 5;  // those that format_size uses, at the front

struct Part {
  std::uint64_t number = 0;
  std::string_view unit;
};

// Takes a number and the letters after it off the front of `text`.
std::optional<Part> take_part(std::string_view& text) {
  Part part;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), text.data() + text.size(), part.number);
  if (read.ec != std::errc()) return std::nullopt;
  const char* unit = read.ptr;
  const char* after = unit;
  while (after != end && (*after < '0' || *after > '9')) ++after;
  part.unit = std::string_view(unit, static_cast<std::size_t>(after - unit));
  text.remove_prefix(static_cast<std::size_t>(after - text.data()));
  return part;
}

// number * scale, unless it passes `max`.
std::optional<std::uint64_t> scaled(std::uint64_t number, std::uint64_t scale, std::uint64_t max) {
  if (number > max / scale) return std::nullopt;
  return number * scale;
}

}  // namespace

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const auto wrong = [text] {
    return invalid_argument(
        "expected a duration such as `250ms`, `5s` or `1h30m`, of at most 100 years, got `{:.40}`",
        text);
  };
  if (text == "0") return std::chrono::nanoseconds(0);
  std::string_view rest = text;
  std::uint64_t total = 0;
  std::size_t next_unit = 0;
  while (!rest.empty()) {
    const auto part = take_part(rest);
    if (!part) return wrong();
    while (next_unit < kDurationUnits.size() && kDurationUnits[next_unit].name != part->unit) {
      ++next_unit;
    }
    if (next_unit == kDurationUnits.size()) return wrong();
    const auto more =
        scaled(part->number, kDurationUnits[next_unit].scale, kLongestDuration - total);
    if (!more) return wrong();
    total += *more;
    ++next_unit;
  }
  if (text.empty()) return wrong();
  return std::chrono::nanoseconds(static_cast<std::int64_t>(total));
}

std::string format_duration(std::chrono::nanoseconds duration) {
  if (duration.count() == 0) return "0s";
  const bool is_negative = duration.count() < 0;
  auto rest = static_cast<std::uint64_t>(duration.count());
  std::string text;
  if (is_negative) {
    rest = ~rest + 1;  // well defined for INT64_MIN too
    text = "-";
  }
  for (const Unit& unit : kDurationUnits) {
    if (rest / unit.scale == 0) continue;
    text += fmt::format("{}{}", rest / unit.scale, unit.name);
    rest %= unit.scale;
  }
  return text;
}

Result<std::uint64_t> parse_size(std::string_view text) {
  std::string_view rest = text;
  const auto part = take_part(rest);
  if (part && rest.empty()) {
    if (part->unit.empty()) return part->number;
    for (const Unit& unit : kSizeUnits) {
      if (unit.name != part->unit) continue;
      if (const auto bytes = scaled(part->number, unit.scale, UINT64_MAX)) return *bytes;
    }
  }
  return invalid_argument("expected a size such as `512`, `16KiB` or `4MB`, got `{:.40}`", text);
}

std::string format_size(std::uint64_t bytes) {
  for (std::size_t i = 0; i < kBinarySizeUnits; ++i) {
    const Unit& unit = kSizeUnits[i];
    if (bytes != 0 && bytes % unit.scale == 0) {
      return fmt::format("{}{}", bytes / unit.scale, unit.name);
    }
  }
  return "0B";
}

}  // namespace ward::codec
