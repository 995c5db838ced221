// Cedar's ipaddr: an IPv4 or IPv6 address with a prefix length; host bits are kept.
//
// `10.1.2.3/8` and `10.0.0.0/8` are different values with the same range. A v4 address is never in
// a v6 range, nor the other way round. Source: Cedar language, extension `ipaddr`; text forms as
// RFC 4291 2.2, but no IPv4 embedded in IPv6.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ward::cedar {

class IpAddress {
 public:
  static constexpr std::size_t kTextBytesMax = 43;

  // kInvalidArgument unless it is an address, optionally followed by `/` and a prefix length
  // without leading zeros, of at most kTextBytesMax bytes.
  static Result<IpAddress> parse(std::string_view text);

  // A v4 address in host byte order, with a prefix length of at most 32.
  static IpAddress v4(std::uint32_t address, std::uint8_t prefix = 32);
  // A v6 address in network byte order, with a prefix length of at most 128.
  static IpAddress v6(const std::array<std::uint8_t, 16>& address, std::uint8_t prefix = 128);

  bool is_ipv4() const { return is_v4_; }
  bool is_ipv6() const { return !is_v4_; }
  bool is_loopback() const;   // the whole range: 127.0.0.0/8, ::1
  bool is_multicast() const;  // the whole range: 224.0.0.0/4, ff00::/8
  bool is_in_range(const IpAddress& range) const;
  std::uint8_t prefix() const { return prefix_; }

  // Address and prefix length as parse() reads them; the prefix is left out where it is whole.
  std::string text() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  IpAddress() = default;

  std::uint8_t width() const { return is_v4_ ? 32 : 128; }

  bool is_v4_ = true;
  std::uint8_t prefix_ = 32;
  std::array<std::uint8_t, 16> bytes_{};  // network order; v4 uses the first four, the rest is 0
};

}  // namespace ward::cedar
