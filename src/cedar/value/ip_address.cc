#include "cedar/value/ip_address.h"

#include <algorithm>
#include <optional>

#include "cedar/value/digits.h"

namespace ward::cedar {
namespace {

using Octets = std::array<std::uint8_t, 16>;

// A number of at most `max_digits` digits without leading zeros, at the front of `rest`.
std::optional<unsigned> take_decimal(std::string_view& rest, std::size_t max_digits) {
  const std::string_view digits = take_digits(rest);
  if (digits.empty() || digits.size() > max_digits) return std::nullopt;
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  unsigned value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

bool parse_v4(std::string_view text, Octets& out) {
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) {
      if (!text.starts_with('.')) return false;
      text.remove_prefix(1);
    }
    const auto octet = take_decimal(text, 3);
    if (!octet || *octet > 255) return false;
    out[i] = static_cast<std::uint8_t>(*octet);
  }
  return text.empty();
}

std::optional<std::uint16_t> take_group(std::string_view& rest) {
  std::size_t end = 0;
  unsigned value = 0;
  for (; end < rest.size() && end < 4; ++end) {
    const char c = rest[end];
    if (is_digit(c)) {
      value = value * 16 + static_cast<unsigned>(c - '0');
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
      value = value * 16 + static_cast<unsigned>((c | 0x20) - 'a') + 10;
    } else {
      break;
    }
  }
  if (end == 0) return std::nullopt;
  rest.remove_prefix(end);
  return static_cast<std::uint16_t>(value);
}

// Groups and at most one `::`, which stands for one or more groups of zeros.
bool parse_v6(std::string_view text, Octets& out) {
  std::array<std::uint16_t, 8> groups{};
  std::size_t count = 0;
  std::optional<std::size_t> gap;
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    const auto group = take_group(text);
    if (!group || count == groups.size()) return false;
    groups[count++] = *group;
    if (text.empty()) break;
    if (!text.starts_with(':')) return false;
    text.remove_prefix(1);
    if (text.starts_with(':')) {
      if (gap) return false;
      gap = count;
      text.remove_prefix(1);
    } else if (text.empty()) {
      return false;
    }
  }
  if (gap ? count == groups.size() : count != groups.size()) return false;
  if (gap) {
    const auto at = groups.begin() + static_cast<std::ptrdiff_t>(*gap);
    const auto end = groups.begin() + static_cast<std::ptrdiff_t>(count);
    std::rotate(at, end, groups.end());
  }
  for (std::size_t i = 0; i < groups.size(); ++i) {
    out[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
    out[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xff);
  }
  return true;
}

// The bits of octet `index` that the prefix fixes.
std::uint8_t prefix_mask(std::uint8_t prefix, std::size_t index) {
  const int bits = static_cast<int>(prefix) - static_cast<int>(index) * 8;
  if (bits <= 0) return 0;
  if (bits >= 8) return 0xff;
  return static_cast<std::uint8_t>(0xff << (8 - bits));
}

std::string v6_text(const Octets& bytes) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = bytes[2 * i] * 256u + bytes[2 * i + 1];
  // RFC 5952 4.2: the longest run of zero groups, the first of equals, and never a single group.
  std::size_t gap = 8;
  std::size_t gap_length = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > gap_length) {
      gap = i;
      gap_length = end - i;
    }
  }
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == gap) {
      out += "::";
      i += gap_length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    out += fmt::format("{:x}", groups[i]);
  }
  return out;
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
  const auto malformed = [&](std::string_view why) {
    return invalid_argument("`{}` is no IP address: {}", text, why);
  };
  if (text.size() > kTextBytesMax) {
    return invalid_argument("an IP address has at most {} bytes, got {}", kTextBytesMax,
                            text.size());
  }
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  IpAddress out;
  if (parse_v4(address, out.bytes_)) {
    out.is_v4_ = true;
  } else {
    out.bytes_ = {};
    out.is_v4_ = false;
    if (!parse_v6(address, out.bytes_)) {
      return malformed("expected the form `10.1.2.3` or `2001:db8::1`, and no IPv4 inside IPv6");
    }
  }
  out.prefix_ = out.width();
  if (slash == std::string_view::npos) return out;
  std::string_view rest = text.substr(slash + 1);
  const auto prefix = take_decimal(rest, 3);
  if (!prefix || !rest.empty()) {
    return malformed("expected a prefix length without leading zeros after `/`");
  }
  if (*prefix > out.width()) return malformed("the prefix is longer than the address");
  out.prefix_ = static_cast<std::uint8_t>(*prefix);
  return out;
}

IpAddress IpAddress::v4(std::uint32_t address, std::uint8_t prefix) {
  WARD_CHECK(prefix <= 32);
  IpAddress out;
  for (std::size_t i = 0; i < 4; ++i) {
    out.bytes_[i] = static_cast<std::uint8_t>(address >> (24 - 8 * i));
  }
  out.prefix_ = prefix;
  return out;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& address, std::uint8_t prefix) {
  WARD_CHECK(prefix <= 128);
  IpAddress out;
  out.is_v4_ = false;
  out.bytes_ = address;
  out.prefix_ = prefix;
  return out;
}

bool IpAddress::is_loopback() const {
  if (is_v4_) return bytes_[0] == 127 && prefix_ >= 8;
  Octets one{};
  one[15] = 1;
  return bytes_ == one && prefix_ == 128;
}

bool IpAddress::is_multicast() const {
  if (is_v4_) return bytes_[0] >> 4 == 0xe && prefix_ >= 4;
  return bytes_[0] == 0xff && prefix_ >= 8;
}

bool IpAddress::is_in_range(const IpAddress& range) const {
  // Two prefix ranges are nested or disjoint, so the wider must fix the same bits as this one has.
  if (is_v4_ != range.is_v4_ || prefix_ < range.prefix_) return false;
  for (std::size_t i = 0; i * 8 < range.prefix_; ++i) {
    if (((bytes_[i] ^ range.bytes_[i]) & prefix_mask(range.prefix_, i)) != 0) return false;
  }
  return true;
}

std::string IpAddress::text() const {
  std::string out = is_v4_ ? fmt::format("{}.{}.{}.{}", bytes_[0], bytes_[1], bytes_[2], bytes_[3])
                           : v6_text(bytes_);
  if (prefix_ != width()) out += fmt::format("/{}", prefix_);
  return out;
}

}  // namespace ward::cedar
