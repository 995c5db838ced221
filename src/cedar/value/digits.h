// Decimal digits in the texts of extension values. Private to this folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ward::cedar {

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Removes the leading ASCII digits from `rest` and returns them; empty when there are none.
inline std::string_view take_digits(std::string_view& rest) {
  std::size_t end = 0;
  while (end < rest.size() && is_digit(rest[end])) ++end;
  const std::string_view digits = rest.substr(0, end);
  rest.remove_prefix(end);
  return digits;
}

// The number that the digits write, negated when asked; nothing when int64 does not hold it.
inline std::optional<std::int64_t> digits_to_int64(std::string_view digits, bool negative) {
  std::int64_t value = 0;
  for (const char c : digits) {
    const std::int64_t digit = c - '0';
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value)) return std::nullopt;
    // Built up on the side of its sign: the least int64 has no positive counterpart.
    if (negative ? __builtin_sub_overflow(value, digit, &value)
                 : __builtin_add_overflow(value, digit, &value)) {
      return std::nullopt;
    }
  }
  return value;
}

}  // namespace ward::cedar
