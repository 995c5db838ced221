// Cedar's decimal: a signed 64-bit count of ten-thousandths.
//
// Range -922337203685477.5808 to 922337203685477.5807. Source: Cedar language, extension `decimal`.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ward::cedar {

class Decimal {
 public:
  static constexpr int kFractionDigits = 4;

  constexpr Decimal() = default;
  static constexpr Decimal of_ten_thousandths(std::int64_t count) { return Decimal(count); }

  // `-?[0-9]+\.[0-9]{1,4}`; kInvalidArgument for other text and for values out of range.
  static Result<Decimal> parse(std::string_view text);

  constexpr std::int64_t ten_thousandths() const { return count_; }

  // The shortest text that parse() reads back: `1.0`, `-0.5`.
  std::string text() const;

  constexpr auto operator<=>(const Decimal&) const = default;

 private:
  explicit constexpr Decimal(std::int64_t count) : count_(count) {}

  std::int64_t count_ = 0;
};

}  // namespace ward::cedar
