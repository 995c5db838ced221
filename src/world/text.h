// A shared, immutable string of one word: what the million names of a world are made of.
// std::string takes 32 bytes before its first long character, and a copy of it is an allocation.
//
// Reads as a std::string_view. Copies may live on different threads.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <compare>
#include <concepts>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

namespace ward::world {

class Text {
 public:
  Text() = default;
  template <std::convertible_to<std::string_view> String>
    requires(!std::same_as<std::remove_cvref_t<String>, Text>)
  Text(const String& string) : block_(make(string)) {}
  Text(const Text& other) : block_(other.block_) {
    if (block_) block_->count.fetch_add(1, std::memory_order_relaxed);
  }
  Text(Text&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Text& operator=(Text other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Text() {
    if (block_ && block_->count.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy(block_);
  }

  std::string_view view() const {
    return block_ ? std::string_view(block_->bytes, block_->size) : std::string_view();
  }
  operator std::string_view() const { return view(); }
  std::string str() const { return std::string(view()); }
  bool empty() const { return block_ == nullptr; }
  std::size_t size() const { return block_ ? block_->size : 0; }

  template <std::convertible_to<std::string_view> String>
  friend bool operator==(const Text& a, const String& b) {
    return a.view() == std::string_view(b);
  }
  template <std::convertible_to<std::string_view> String>
  friend std::strong_ordering operator<=>(const Text& a, const String& b) {
    return a.view() <=> std::string_view(b);
  }

 private:
  // INVARIANT: `size` characters follow in the same allocation; an empty text has no block.
  struct Block {
    std::atomic<std::uint32_t> count;
    std::uint32_t size;
    char bytes[4];
  };

  static Block* make(std::string_view string);
  static void destroy(Block* block);

  Block* block_ = nullptr;
};

std::ostream& operator<<(std::ostream& out, const Text& text);

}  // namespace ward::world

template <>
struct fmt::formatter<ward::world::Text> : fmt::formatter<std::string_view> {
  template <typename Context>
  auto format(const ward::world::Text& text, Context& context) const {
    return fmt::formatter<std::string_view>::format(text.view(), context);
  }
};
