#include "codec/der_reader.h"

#include <algorithm>

#include "codec/time.h"
#include "codec/utf8.h"

namespace ward::codec {
namespace {

constexpr std::uint32_t kMaxTagNumber = (1U << 28) - 1;  // four groups of seven bits

struct Header {
  DerTag tag;
  std::size_t size = 0;    // of tag and length octets
  std::size_t length = 0;  // of the content
};

// X.690 8.1.2.4: numbers from 31 follow in groups of seven bits, the first not zero.
std::optional<std::uint32_t> read_long_tag(ByteView bytes, std::size_t& at) {
  std::uint32_t number = 0;
  while (at < bytes.size()) {
    const std::uint8_t byte = bytes[at++];
    if (number == 0 && byte == 0x80) return std::nullopt;
    if (number > kMaxTagNumber >> 7) return std::nullopt;
    number = number << 7 | (byte & 0x7fU);
    if ((byte & 0x80) == 0) return number >= 31 ? std::optional(number) : std::nullopt;
  }
  return std::nullopt;
}

// X.690 10.1: "the definite form of length encoding shall be used, encoded in the minimum number of
// octets".
std::optional<std::size_t> read_length(ByteView bytes, std::size_t& at) {
  if (at == bytes.size()) return std::nullopt;
  const std::uint8_t first = bytes[at++];
  if (first < 0x80) return first;
  const std::size_t count = first & 0x7fU;
  if (count == 0 || count > 4 || bytes.size() - at < count) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < count; ++i) length = length << 8 | bytes[at++];
  const bool is_shortest = length >= 0x80 && length >> (8 * (count - 1)) != 0;
  return is_shortest ? std::optional(length) : std::nullopt;
}

std::optional<Header> read_header(ByteView bytes) {
  if (bytes.empty()) return std::nullopt;
  Header header;
  std::size_t at = 1;
  header.tag.tag_class = static_cast<DerClass>(bytes[0] >> 6);
  header.tag.is_constructed = (bytes[0] & 0x20) != 0;
  header.tag.number = bytes[0] & 0x1fU;
  if (header.tag.number == 31) {
    const auto number = read_long_tag(bytes, at);
    if (!number) return std::nullopt;
    header.tag.number = *number;
  }
  const auto length = read_length(bytes, at);
  if (!length) return std::nullopt;
  header.size = at;
  header.length = *length;
  return header;
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view(" '()+,-./:=?").find(c) != std::string_view::npos;
  });
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_shortest_integer(ByteView content) {
  if (content.empty()) return false;
  if (content.size() == 1) return true;
  const bool next_is_negative = (content[1] & 0x80) != 0;
  return !(content[0] == 0x00 && !next_is_negative) && !(content[0] == 0xff && next_is_negative);
}

// Each arc in its shortest form, the last one complete.
bool is_oid(ByteView content) {
  bool is_start = true;
  for (const std::uint8_t byte : content) {
    if (is_start && byte == 0x80) return false;
    is_start = (byte & 0x80) == 0;
  }
  return !content.empty() && is_start;
}

// All digits before the `Z`, as two-digit numbers; nothing when the form is another.
std::optional<std::vector<unsigned>> time_fields(std::string_view text, std::size_t pairs) {
  if (text.size() != 2 * pairs + 1 || text.back() != 'Z') return std::nullopt;
  std::vector<unsigned> fields;
  for (std::size_t i = 0; i < 2 * pairs; i += 2) {
    const char high = text[i];
    const char low = text[i + 1];
    if (high < '0' || high > '9' || low < '0' || low > '9') return std::nullopt;
    fields.push_back(static_cast<unsigned>((high - '0') * 10 + (low - '0')));
  }
  return fields;
}

std::optional<CivilTime> parse_time(const DerElement& element) {
  const bool is_utc = element.tag == kDerUtcTime;
  auto fields = time_fields(as_text(element.content), is_utc ? 6 : 7);
  if (!fields) return std::nullopt;
  unsigned year = (*fields)[0];
  std::size_t i = 1;
  if (is_utc) {
    year += year >= 50 ? 1900 : 2000;  // RFC 5280 4.1.2.5.1
  } else {
    year = year * 100 + (*fields)[i++];
  }
  return CivilTime{.year = static_cast<int>(year),
                   .month = (*fields)[i],
                   .day = (*fields)[i + 1],
                   .hour = (*fields)[i + 2],
                   .minute = (*fields)[i + 3],
                   .second = (*fields)[i + 4]};
}

}  // namespace

Result<DerElement> DerReader::read() const {
  if (rest_.empty()) return wrong("expected an element, got the end");
  const auto header = read_header(rest_);
  if (!header) return wrong("expected a tag and a definite length in the shortest form");
  if (header->length > rest_.size() - header->size) {
    return wrong("{} of {} bytes, but {} are left", der_tag_name(header->tag), header->length,
                 rest_.size() - header->size);
  }
  return DerElement{.tag = header->tag,
                    .content = rest_.subspan(header->size, header->length),
                    .whole = rest_.first(header->size + header->length)};
}

void DerReader::step(const DerElement& element) {
  rest_ = rest_.subspan(element.whole.size());
  offset_ += element.whole.size();
}

Result<void> DerReader::finish() const {
  if (rest_.empty()) return {};
  return wrong("expected the end, got {} more bytes", rest_.size());
}

Result<DerElement> DerReader::next() {
  WARD_TRY(const DerElement element, read());
  step(element);
  return element;
}

Result<DerElement> DerReader::next(const DerTag& expected) {
  WARD_TRY(const DerElement element, read());
  if (element.tag != expected) {
    return wrong("expected {}, got {}", der_tag_name(expected), der_tag_name(element.tag));
  }
  step(element);
  return element;
}

Result<std::optional<DerElement>> DerReader::next_if(const DerTag& expected) {
  if (rest_.empty()) return std::optional<DerElement>();
  WARD_TRY(const DerElement element, read());
  if (element.tag != expected) return std::optional<DerElement>();
  step(element);
  return std::optional(element);
}

Result<DerTag> DerReader::peek() const {
  WARD_TRY(const DerElement element, read());
  return element.tag;
}

Result<DerReader> DerReader::enter(const DerTag& constructed) {
  WARD_CHECK(constructed.is_constructed);
  if (depth_left_ == 0) return wrong("nested too deep");
  const std::size_t start = offset_;
  WARD_TRY(const DerElement element, next(constructed));
  const std::size_t header = element.whole.size() - element.content.size();
  return DerReader(element.content, start + header, depth_left_ - 1);
}

Result<DerReader> DerReader::inside(ByteView content) const {
  if (depth_left_ == 0) return wrong("nested too deep");
  return DerReader(content, offset_ - std::min(offset_, content.size()), depth_left_ - 1);
}

Result<bool> DerReader::boolean() {
  DerReader ahead = *this;
  WARD_TRY(const DerElement element, ahead.next(kDerBoolean));
  if (element.content.size() != 1 || (element.content[0] != 0 && element.content[0] != 0xff)) {
    return wrong("expected a BOOLEAN of 0x00 or 0xff");
  }
  *this = ahead;
  return element.content[0] != 0;
}

Result<ByteView> DerReader::integer() {
  DerReader ahead = *this;
  WARD_TRY(const DerElement element, ahead.next(kDerInteger));
  if (!is_shortest_integer(element.content)) return wrong("INTEGER is not in its shortest form");
  *this = ahead;
  return element.content;
}

Result<std::int64_t> DerReader::small_integer() {
  DerReader ahead = *this;
  WARD_TRY(const ByteView content, ahead.integer());
  if (content.size() > 8) return wrong("INTEGER of {} bytes, expected at most 8", content.size());
  std::uint64_t value = (content[0] & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (const std::uint8_t byte : content) value = value << 8 | byte;
  *this = ahead;
  return static_cast<std::int64_t>(value);
}

Result<DerBits> DerReader::bit_string() {
  DerReader ahead = *this;
  WARD_TRY(const DerElement element, ahead.next(kDerBitString));
  const ByteView content = element.content;
  if (content.empty() || content[0] > 7 || (content.size() == 1 && content[0] != 0)) {
    return wrong("BIT STRING without a count of unused bits");
  }
  const DerBits bits{.bytes = content.subspan(1), .unused_bits = content[0]};
  if (!bits.bytes.empty() && (bits.bytes.back() & ((1U << bits.unused_bits) - 1)) != 0) {
    return wrong("unused bits of a BIT STRING are not zero");
  }
  *this = ahead;
  return bits;
}

Result<ByteView> DerReader::octet_string() {
  WARD_TRY(const DerElement element, next(kDerOctetString));
  return element.content;
}

Result<void> DerReader::null() {
  DerReader ahead = *this;
  WARD_TRY(const DerElement element, ahead.next(kDerNull));
  if (!element.content.empty()) return wrong("NULL with content");
  *this = ahead;
  return {};
}

Result<ByteView> DerReader::oid() {
  DerReader ahead = *this;
  WARD_TRY(const DerElement element, ahead.next(kDerOid));
  if (!is_oid(element.content)) return wrong("OBJECT IDENTIFIER is not in its shortest form");
  *this = ahead;
  return element.content;
}

Result<std::string_view> DerReader::text() {
  DerReader ahead = *this;
  WARD_TRY(const DerElement element, ahead.next());
  const std::string_view text = as_text(element.content);
  const bool is_valid = element.tag == kDerUtf8String        ? is_valid_utf8(text)
                        : element.tag == kDerPrintableString ? is_printable(text)
                        : element.tag == kDerIa5String       ? is_ascii(text)
                                                             : false;
  if (!is_valid) {
    return wrong("expected a valid UTF8String, PrintableString or IA5String, got {}",
                 der_tag_name(element.tag));
  }
  *this = ahead;
  return text;
}

Result<WallTime> DerReader::time() {
  DerReader ahead = *this;
  WARD_TRY(const DerElement element, ahead.next());
  if (element.tag != kDerUtcTime && element.tag != kDerGeneralizedTime) {
    return wrong("expected UTCTime or GeneralizedTime, got {}", der_tag_name(element.tag));
  }
  const auto civil = parse_time(element);
  if (!civil) return wrong("expected a time to the second that ends in `Z`");
  auto time = from_civil(*civil);
  if (!time.ok()) return wrong("{}", time.error().message());
  *this = ahead;
  return *time;
}

}  // namespace ward::codec
