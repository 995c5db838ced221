#include "cedar/value/decimal.h"

#include "cedar/value/digits.h"

namespace ward::cedar {

Result<Decimal> Decimal::parse(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  const std::string_view whole = take_digits(rest);
  const bool has_point = rest.starts_with('.');
  if (has_point) rest.remove_prefix(1);
  const std::string_view fraction = take_digits(rest);
  if (whole.empty() || !has_point || fraction.empty() || !rest.empty()) {
    return invalid_argument(
        "`{}` is no decimal: expected digits, a point and one to four digits, as in `12.5`", text);
  }
  if (fraction.size() > kFractionDigits) {
    return invalid_argument("`{}` has {} digits after the point; a decimal has at most four", text,
                            fraction.size());
  }
  std::string digits(whole);
  digits += fraction;
  digits.append(kFractionDigits - fraction.size(), '0');
  // The sign goes with the whole number, so `-0.5` keeps it (a fault that the reference once had).
  const auto count = digits_to_int64(digits, negative);
  if (!count) return invalid_argument("`{}` is out of the range of a decimal", text);
  return Decimal(*count);
}

std::string Decimal::text() const {
  const bool negative = count_ < 0;
  // Two's complement: right for the least value too.
  const std::uint64_t magnitude =
      negative ? 0 - static_cast<std::uint64_t>(count_) : static_cast<std::uint64_t>(count_);
  std::string fraction = fmt::format("{:04}", magnitude % 10'000);
  while (fraction.size() > 1 && fraction.back() == '0') fraction.pop_back();
  return fmt::format("{}{}.{}", negative ? "-" : "", magnitude / 10'000, fraction);
}

}  // namespace ward::cedar
