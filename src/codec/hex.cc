#include "codec/hex.h"

namespace ward::codec {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

// 16 for what is no digit.
std::uint8_t digit_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return 16;
}

}  // namespace

std::string encode_hex(ByteView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

Result<Bytes> decode_hex(std::string_view text) {
  if (text.size() % 2 != 0) {
    return invalid_argument("hex: expected an even number of digits, got {}", text.size());
  }
  Bytes out(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::uint8_t high = digit_value(text[i]);
    const std::uint8_t low = digit_value(text[i + 1]);
    if (high == 16 || low == 16) {
      return invalid_argument("hex: no hexadecimal digit at offset {}", high == 16 ? i : i + 1);
    }
    out[i / 2] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return out;
}

}  // namespace ward::codec
