// A small, immutable map from text to text (labels, attributes), sorted by key, in one allocation.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "world/text.h"

namespace ward::world {

class TextMap {
 public:
  using Pair = std::pair<std::string_view, std::string_view>;

  // Bounds, checked by whoever reads input: WARD_CHECKed here.
  static constexpr std::size_t kKeyBytesMax = 0xffff;
  static constexpr std::size_t kValueBytesMax = 0xffff;

  TextMap() = default;
  TextMap(std::initializer_list<Pair> pairs)
      : TextMap(std::span<const Pair>(pairs.begin(), pairs.size())) {}
  explicit TextMap(std::span<const Pair> pairs);  // of two with one key the later wins

  class Iterator {
   public:
    using value_type = Pair;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    Iterator() = default;
    explicit Iterator(std::string_view rest) : rest_(rest) {}
    Pair operator*() const;
    Iterator& operator++();
    Iterator operator++(int);
    bool operator==(const Iterator& other) const { return rest_.size() == other.rest_.size(); }

   private:
    std::string_view rest_;
  };

  Iterator begin() const { return Iterator(packed_.view()); }
  Iterator end() const { return Iterator(); }
  bool empty() const { return packed_.empty(); }
  std::size_t size() const;
  std::optional<std::string_view> find(std::string_view key) const;
  bool operator==(const TextMap& other) const { return packed_ == other.packed_; }

 private:
  void pack(std::span<const Pair> pairs);

  Text packed_;  // for each pair: the sizes of key and value, two bytes each, then both
};

}  // namespace ward::world
