#include "codec/der_writer.h"

#include <algorithm>
#include <bit>

#include "codec/time.h"

namespace ward::codec {

void DerWriter::append_tag(const DerTag& tag) {
  const auto lead = static_cast<std::uint8_t>(static_cast<unsigned>(tag.tag_class) << 6 |
                                              (tag.is_constructed ? 0x20U : 0U));
  if (tag.number < 31) {
    out_.push_back(static_cast<std::uint8_t>(lead | tag.number));
    return;
  }
  out_.push_back(lead | 0x1f);
  int groups = (std::bit_width(tag.number) + 6) / 7;
  while (groups-- > 0) {
    const auto low = static_cast<std::uint8_t>(tag.number >> (7 * groups) & 0x7f);
    out_.push_back(static_cast<std::uint8_t>(groups == 0 ? low : low | 0x80));
  }
}

std::size_t DerWriter::open(const DerTag& tag) {
  append_tag(tag);
  out_.push_back(0);  // the length, when it is below 128
  return out_.size();
}

void DerWriter::close(std::size_t start) {
  const std::size_t length = out_.size() - start;
  if (length < 0x80) {
    out_[start - 1] = static_cast<std::uint8_t>(length);
    return;
  }
  const auto count = static_cast<std::size_t>((std::bit_width(length) + 7) / 8);
  out_[start - 1] = static_cast<std::uint8_t>(0x80 | count);
  std::array<std::uint8_t, sizeof(std::size_t)> octets{};
  for (std::size_t i = 0; i < count; ++i) {
    octets[i] = static_cast<std::uint8_t>(length >> (8 * (count - 1 - i)));
  }
  out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(start), octets.begin(),
              octets.begin() + static_cast<std::ptrdiff_t>(count));
}

void DerWriter::primitive(const DerTag& tag, ByteView content) {
  const std::size_t start = open(tag);
  append(out_, content);
  close(start);
}

void DerWriter::raw(ByteView element) {
  append(out_, element);
}

void DerWriter::context_primitive(std::uint32_t number, ByteView content) {
  primitive(der_context(number, false), content);
}

void DerWriter::boolean(bool value) {
  const std::uint8_t octet = value ? 0xff : 0x00;
  primitive(kDerBoolean, {&octet, 1});
}

void DerWriter::integer(std::int64_t value) {
  std::array<std::uint8_t, 8> octets{};
  for (std::size_t i = 0; i < 8; ++i) {
    octets[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (56 - 8 * i));
  }
  // X.690 8.3.2: the first nine bits are not all equal.
  std::size_t first = 0;
  const std::uint8_t fill = value < 0 ? 0xff : 0x00;
  while (first < 7 && octets[first] == fill && ((octets[first + 1] ^ fill) & 0x80) == 0) ++first;
  primitive(kDerInteger, ByteView(octets).subspan(first));
}

void DerWriter::unsigned_integer(ByteView magnitude) {
  while (!magnitude.empty() && magnitude[0] == 0) magnitude = magnitude.subspan(1);
  const std::size_t start = open(kDerInteger);
  if (magnitude.empty() || (magnitude[0] & 0x80) != 0) out_.push_back(0);
  append(out_, magnitude);
  close(start);
}

void DerWriter::bit_string(ByteView bytes) {
  bit_string_of([&] { append(out_, bytes); });
}

void DerWriter::named_bits(std::uint16_t bits) {
  std::array<std::uint8_t, 3> content{0, static_cast<std::uint8_t>(bits >> 8),
                                      static_cast<std::uint8_t>(bits)};
  const std::size_t size = bits == 0 ? 1 : content[2] == 0 ? 2 : 3;
  if (size > 1) content[0] = static_cast<std::uint8_t>(std::countr_zero(content[size - 1]));
  primitive(kDerBitString, ByteView(content).first(size));
}

void DerWriter::octet_string(ByteView bytes) {
  primitive(kDerOctetString, bytes);
}

void DerWriter::null() {
  primitive(kDerNull, {});
}

void DerWriter::oid(const Oid& oid) {
  primitive(kDerOid, oid.content());
}

void DerWriter::oid(ByteView content) {
  primitive(kDerOid, content);
}

void DerWriter::utf8_string(std::string_view text) {
  primitive(kDerUtf8String, as_bytes(text));
}

void DerWriter::printable_string(std::string_view text) {
  primitive(kDerPrintableString, as_bytes(text));
}

void DerWriter::ia5_string(std::string_view text) {
  primitive(kDerIa5String, as_bytes(text));
}

void DerWriter::time(WallTime time) {
  const CivilTime civil = to_civil(time);
  WARD_CHECK(civil.year >= 0 && civil.year <= 9999);
  const bool is_utc = civil.year >= 1950 && civil.year < 2050;
  std::array<std::uint8_t, 15> text{};
  std::size_t size = 0;
  const auto put = [&](unsigned two_digits) {
    text[size++] = static_cast<std::uint8_t>('0' + two_digits / 10);
    text[size++] = static_cast<std::uint8_t>('0' + two_digits % 10);
  };
  const auto year = static_cast<unsigned>(civil.year);
  if (!is_utc) put(year / 100);
  for (const unsigned field :
       {year % 100, civil.month, civil.day, civil.hour, civil.minute, civil.second}) {
    put(field);
  }
  text[size++] = 'Z';
  primitive(is_utc ? kDerUtcTime : kDerGeneralizedTime, ByteView(text).first(size));
}

}  // namespace ward::codec
