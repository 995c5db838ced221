// Numbers in the text formats of C2SP: ASCII decimal without leading zeros, `0` for zero.
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <string_view>

#include "base/result.h"

namespace ward::evidence {

inline Result<std::uint64_t> parse_decimal(
    std::string_view text, std::uint64_t max = std::numeric_limits<std::uint64_t>::max()) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (error != std::errc{} || end != text.data() + text.size() || leading_zero || value > max) {
    return invalid_argument("expected a decimal number up to {}, got `{}`", max,
                            text.substr(0, 24));
  }
  return value;
}

}  // namespace ward::evidence
