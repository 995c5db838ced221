#include "codec/base64.h"

#include <array>
#include <optional>

namespace ward::codec {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNone = 0xff;

using DecodeTable = std::array<std::uint8_t, 256>;

constexpr DecodeTable make_decode_table(std::string_view alphabet) {
  DecodeTable table{};
  table.fill(kNone);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}

constexpr DecodeTable kStandardDecode = make_decode_table(kStandard);
constexpr DecodeTable kUrlDecode = make_decode_table(kUrl);

void append_encoded(std::string& out, ByteView bytes, std::string_view alphabet, bool padded) {
  const std::size_t start = out.size();
  const std::size_t rest = bytes.size() % 3;
  const std::size_t tail = rest == 0 ? 0 : padded ? 4 : rest + 1;
  out.resize(start + bytes.size() / 3 * 4 + tail, '=');
  char* to = out.data() + start;
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group = std::uint32_t{bytes[i]} << 16 | std::uint32_t{bytes[i + 1]} << 8 |
                                std::uint32_t{bytes[i + 2]};
    *to++ = alphabet[group >> 18];
    *to++ = alphabet[group >> 12 & 63];
    *to++ = alphabet[group >> 6 & 63];
    *to++ = alphabet[group & 63];
  }
  if (rest == 0) return;
  const std::uint32_t second = rest == 2 ? bytes[i + 1] : 0U;
  const std::uint32_t group = std::uint32_t{bytes[i]} << 16 | second << 8;
  *to++ = alphabet[group >> 18];
  *to++ = alphabet[group >> 12 & 63];
  if (rest == 2) *to = alphabet[group >> 6 & 63];
}

// One group of 2 to 4 characters; nothing when a character is outside the alphabet.
std::optional<std::uint32_t> read_group(std::string_view group, const DecodeTable& table) {
  std::uint32_t value = 0;
  std::uint8_t seen = 0;
  for (const char c : group) {
    const std::uint8_t digit = table[static_cast<std::uint8_t>(c)];
    seen |= digit;
    value = value << 6 | (digit & 63U);
  }
  if ((seen & 0xc0) != 0) return std::nullopt;
  return value;
}

Error bad_character(std::string_view text, std::size_t from, const DecodeTable& table) {
  std::size_t at = from;
  while (at < text.size() && table[static_cast<std::uint8_t>(text[at])] != kNone) ++at;
  return invalid_argument("base64: character outside the alphabet at offset {}", at);
}

// The text without padding.
Result<Bytes> decode(std::string_view text, const DecodeTable& table) {
  const std::size_t rest = text.size() % 4;
  if (rest == 1)
    return invalid_argument("base64: {} characters is not a whole length", text.size());
  Bytes out(text.size() / 4 * 3 + (rest == 0 ? 0 : rest - 1));
  std::uint8_t* to = out.data();
  std::size_t i = 0;
  for (; i + 4 <= text.size(); i += 4) {
    const auto group = read_group(text.substr(i, 4), table);
    if (!group) return bad_character(text, i, table);
    *to++ = static_cast<std::uint8_t>(*group >> 16);
    *to++ = static_cast<std::uint8_t>(*group >> 8);
    *to++ = static_cast<std::uint8_t>(*group);
  }
  if (rest == 0) return out;
  const auto group = read_group(text.substr(i), table);
  if (!group) return bad_character(text, i, table);
  const unsigned unused_bits = rest == 2 ? 4 : 2;
  if ((*group & ((1U << unused_bits) - 1)) != 0) {
    return invalid_argument("base64: unused bits of the last character are not zero");
  }
  const std::uint32_t value = *group >> unused_bits;
  if (rest == 3) *to++ = static_cast<std::uint8_t>(value >> 8);
  *to = static_cast<std::uint8_t>(value);
  return out;
}

}  // namespace

void append_base64(std::string& out, ByteView bytes) {
  append_encoded(out, bytes, kStandard, true);
}

void append_base64url(std::string& out, ByteView bytes) {
  append_encoded(out, bytes, kUrl, false);
}

std::string encode_base64(ByteView bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

std::string encode_base64url(ByteView bytes) {
  std::string out;
  append_base64url(out, bytes);
  return out;
}

Result<Bytes> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return invalid_argument("base64: expected a multiple of 4 characters, got {}", text.size());
  }
  if (text.ends_with("==")) {
    text.remove_suffix(2);
  } else if (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  return decode(text, kStandardDecode);
}

Result<Bytes> decode_base64url(std::string_view text) {
  return decode(text, kUrlDecode);
}

}  // namespace ward::codec
