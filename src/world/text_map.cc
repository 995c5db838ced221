#include "world/text_map.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string>

#include "base/check.h"

namespace ward::world {
namespace {

constexpr std::size_t kSizesBytes = 4;

struct Sizes {
  std::uint16_t key;
  std::uint16_t value;
};
static_assert(sizeof(Sizes) == kSizesBytes);

Sizes sizes_at(std::string_view packed) {
  Sizes sizes;
  std::memcpy(&sizes, packed.data(), kSizesBytes);
  return sizes;
}

}  // namespace

TextMap::TextMap(std::span<const Pair> pairs) {
  const auto is_before = [](const Pair& a, const Pair& b) { return a.first < b.first; };
  // PERF: what a map writes is sorted already; a tree takes three times as long.
  const auto is_not_before = [&](const Pair& a, const Pair& b) { return !is_before(a, b); };
  if (std::ranges::adjacent_find(pairs, is_not_before) == pairs.end()) {
    pack(pairs);
    return;
  }
  std::map<std::string_view, std::string_view> sorted;
  for (const auto& [key, value] : pairs) sorted[key] = value;
  pack(std::vector<Pair>(sorted.begin(), sorted.end()));
}

// Each key after the one before it.
void TextMap::pack(std::span<const Pair> pairs) {
  std::size_t size = 0;
  for (const auto& [key, value] : pairs) size += kSizesBytes + key.size() + value.size();
  std::string packed;
  packed.reserve(size);
  for (const auto& [key, value] : pairs) {
    WARD_CHECK(key.size() <= kKeyBytesMax && value.size() <= kValueBytesMax);
    const Sizes sizes{static_cast<std::uint16_t>(key.size()),
                      static_cast<std::uint16_t>(value.size())};
    char header[kSizesBytes];
    std::memcpy(header, &sizes, kSizesBytes);
    packed.append(header, kSizesBytes).append(key).append(value);
  }
  packed_ = Text(packed);
}

TextMap::Pair TextMap::Iterator::operator*() const {
  const Sizes sizes = sizes_at(rest_);
  return {rest_.substr(kSizesBytes, sizes.key), rest_.substr(kSizesBytes + sizes.key, sizes.value)};
}

TextMap::Iterator& TextMap::Iterator::operator++() {
  const Sizes sizes = sizes_at(rest_);
  rest_.remove_prefix(kSizesBytes + sizes.key + sizes.value);
  return *this;
}

TextMap::Iterator TextMap::Iterator::operator++(int) {
  Iterator before = *this;
  ++*this;
  return before;
}

std::size_t TextMap::size() const {
  return static_cast<std::size_t>(std::distance(begin(), end()));
}

std::optional<std::string_view> TextMap::find(std::string_view key) const {
  for (const auto& [name, value] : *this) {
    if (name == key) return value;
  }
  return std::nullopt;
}

}  // namespace ward::world
