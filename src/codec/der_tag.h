// Tags and object identifiers of DER (X.690), shared by the reader and the writer.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"

namespace ward::codec {

enum class DerClass : std::uint8_t { kUniversal = 0, kApplication = 1, kContext = 2, kPrivate = 3 };

struct DerTag {
  DerClass tag_class = DerClass::kUniversal;
  bool is_constructed = false;
  std::uint32_t number = 0;

  bool operator==(const DerTag&) const = default;
};

inline constexpr DerTag kDerBoolean{.number = 1};
inline constexpr DerTag kDerInteger{.number = 2};
inline constexpr DerTag kDerBitString{.number = 3};
inline constexpr DerTag kDerOctetString{.number = 4};
inline constexpr DerTag kDerNull{.number = 5};
inline constexpr DerTag kDerOid{.number = 6};
inline constexpr DerTag kDerUtf8String{.number = 12};
inline constexpr DerTag kDerPrintableString{.number = 19};
inline constexpr DerTag kDerIa5String{.number = 22};
inline constexpr DerTag kDerUtcTime{.number = 23};
inline constexpr DerTag kDerGeneralizedTime{.number = 24};
inline constexpr DerTag kDerSequence{.is_constructed = true, .number = 16};
inline constexpr DerTag kDerSet{.is_constructed = true, .number = 17};

// [n] IMPLICIT of a primitive type, and [n] EXPLICIT or IMPLICIT of a constructed one.
constexpr DerTag der_context(std::uint32_t number, bool is_constructed) {
  return {DerClass::kContext, is_constructed, number};
}

// An object identifier in its encoded form, made when compiling: constexpr Oid
// kEcPublicKey("1.2.840.10045.2.1");
class Oid {
 public:
  static constexpr std::size_t kMaxEncoded = 23;

  consteval explicit Oid(std::string_view dotted) {
    const std::uint64_t first = take_arc(dotted);
    const std::uint64_t second = take_arc(dotted);
    if (first > 2 || (first < 2 && second > 39)) throw "not an object identifier";
    append_arc(first * 40 + second);
    while (!dotted.empty()) append_arc(take_arc(dotted));
  }

  // The content octets, as they stand after tag and length.
  constexpr ByteView content() const { return {bytes_.data(), size_}; }

 private:
  static consteval std::uint64_t take_arc(std::string_view& dotted) {
    std::uint64_t arc = 0;
    std::size_t i = 0;
    for (; i < dotted.size() && dotted[i] != '.'; ++i) {
      if (dotted[i] < '0' || dotted[i] > '9') throw "expected digits and dots";
      arc = arc * 10 + static_cast<std::uint64_t>(dotted[i] - '0');
    }
    if (i == 0) throw "expected a number";
    dotted.remove_prefix(i == dotted.size() ? i : i + 1);
    return arc;
  }

  consteval void append_arc(std::uint64_t arc) {
    int groups = 1;
    while (arc >> (7 * groups) != 0) ++groups;
    while (groups-- > 0) {
      const auto low = static_cast<std::uint8_t>(arc >> (7 * groups) & 0x7f);
      bytes_.at(size_++) = static_cast<std::uint8_t>(groups == 0 ? low : low | 0x80);
    }
  }

  std::array<std::uint8_t, kMaxEncoded> bytes_{};
  std::uint8_t size_ = 0;
};

// `1.2.840.10045.2.1` of content octets; `?` for what the reader would have refused.
std::string oid_text(ByteView content);

// `INTEGER`, `SEQUENCE`, `[0]`, ...: for messages.
std::string der_tag_name(const DerTag& tag);

}  // namespace ward::codec
