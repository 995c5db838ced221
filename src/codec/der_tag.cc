#include "codec/der_tag.h"

#include <fmt/format.h>

namespace ward::codec {
namespace {

std::string_view universal_name(std::uint32_t number) {
  switch (number) {
    case 1:
      return "BOOLEAN";
    case 2:
      return "INTEGER";
    case 3:
      return "BIT STRING";
    case 4:
      return "OCTET STRING";
    case 5:
      return "NULL";
    case 6:
      return "OBJECT IDENTIFIER";
    case 12:
      return "UTF8String";
    case 16:
      return "SEQUENCE";
    case 17:
      return "SET";
    case 19:
      return "PrintableString";
    case 22:
      return "IA5String";
    case 23:
      return "UTCTime";
    case 24:
      return "GeneralizedTime";
    default:
      return {};
  }
}

std::string bare_name(const DerTag& tag) {
  switch (tag.tag_class) {
    case DerClass::kUniversal: {
      const std::string_view name = universal_name(tag.number);
      return name.empty() ? fmt::format("[UNIVERSAL {}]", tag.number) : std::string(name);
    }
    case DerClass::kApplication:
      return fmt::format("[APPLICATION {}]", tag.number);
    case DerClass::kContext:
      return fmt::format("[{}]", tag.number);
    case DerClass::kPrivate:
      return fmt::format("[PRIVATE {}]", tag.number);
  }
  WARD_UNREACHABLE();
}

}  // namespace

std::string der_tag_name(const DerTag& tag) {
  const bool is_usual = tag.tag_class == DerClass::kUniversal
                            ? tag.is_constructed == (tag.number == 16 || tag.number == 17)
                            : !tag.is_constructed;
  if (is_usual) return bare_name(tag);
  return bare_name(tag) + (tag.is_constructed ? " (constructed)" : " (primitive)");
}

std::string oid_text(ByteView content) {
  std::string text;
  std::uint64_t arc = 0;
  for (const std::uint8_t byte : content) {
    if (arc > UINT64_MAX >> 7) return "?";
    arc = arc << 7 | (byte & 0x7fU);
    if ((byte & 0x80) != 0) continue;
    if (text.empty()) {
      const std::uint64_t first = arc < 80 ? arc / 40 : 2;
      text = fmt::format("{}.{}", first, arc - first * 40);
    } else {
      text += fmt::format(".{}", arc);
    }
    arc = 0;
  }
  if (text.empty() || (content.back() & 0x80) != 0) return "?";
  return text;
}

}  // namespace ward::codec
