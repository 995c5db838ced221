#include "cedar/value/ip_address.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ward::cedar {
namespace {

IpAddress ip(std::string_view text) {
  const auto parsed = IpAddress::parse(text);
  EXPECT_TRUE(parsed.ok()) << text << ": " << parsed.error().text();
  return parsed.ok() ? *parsed : IpAddress::v4(0);
}

TEST(IpAddress, ReadsAddressesAndRanges) {
  EXPECT_EQ(ip("127.0.0.1"), IpAddress::v4(0x7f000001));
  EXPECT_EQ(ip("10.1.2.3/8"), IpAddress::v4(0x0a010203, 8));
  EXPECT_EQ(ip("0.0.0.0/0"), IpAddress::v4(0, 0));
  EXPECT_EQ(ip("::1"), ip("0:0:0:0:0:0:0:1"));
  EXPECT_EQ(ip("1::"), ip("1:0:0:0:0:0:0:0"));
  EXPECT_EQ(ip("1:2::7:8"), ip("1:2:0:0:0:0:7:8"));
  EXPECT_EQ(ip("1:2:3:4:5:6:7::"), ip("1:2:3:4:5:6:7:0"));
  EXPECT_EQ(ip("FE80::aBcD/10"), ip("fe80::abcd/10"));
  EXPECT_TRUE(ip("::").is_ipv6());
  EXPECT_EQ(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128").prefix(), 128);
}

TEST(IpAddress, RefusesEveryOtherText) {
  for (const std::string_view text : {"",
                                      "1",
                                      "1.2.3",
                                      "1.2.3.4.5",
                                      "1.2.3.256",
                                      "01.2.3.4",
                                      "1.2.3.04",
                                      "1.2.3.4/",
                                      "1.2.3.4/33",
                                      "1.2.3.4/08",
                                      "1.2.3.4/032",
                                      "1.2.3.4/+8",
                                      "1.2.3.4/8/8",
                                      "1.2.3.4 ",
                                      " 1.2.3.4",
                                      "1.2.3.4/ 8",
                                      "::ffff:127.0.0.1",
                                      "::127.0.0.1",
                                      ":",
                                      ":::",
                                      "1::2::3",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1:2:3:4:5:6:7:8::",
                                      "::1:2:3:4:5:6:7:8",
                                      "12345::",
                                      "g::",
                                      "1:",
                                      ":1",
                                      "::1/129",
                                      "::1/-1",
                                      "[::1]",
                                      "fe80::1%eth0",
                                      "127.0.0.1:80",
                                      "00000000000000000000000000000000000000000001"}) {
    EXPECT_FALSE(IpAddress::parse(text).ok()) << text;
  }
}

TEST(IpAddress, HostBitsCountInEqualityAndNotInRanges) {
  EXPECT_NE(ip("10.0.0.1/8"), ip("10.0.0.0/8"));
  EXPECT_NE(ip("10.0.0.1"), ip("10.0.0.1/24"));
  EXPECT_EQ(ip("10.0.0.1"), ip("10.0.0.1/32"));
  EXPECT_TRUE(ip("10.9.9.9/16").is_in_range(ip("10.0.0.1/8")));
}

TEST(IpAddress, RangesContainWhatLiesWhollyInThem) {
  EXPECT_TRUE(ip("192.168.0.1").is_in_range(ip("192.168.0.0/24")));
  EXPECT_FALSE(ip("192.168.1.1").is_in_range(ip("192.168.0.0/24")));
  EXPECT_FALSE(ip("192.168.0.0/23").is_in_range(ip("192.168.0.0/24")));
  EXPECT_TRUE(ip("1.2.3.4").is_in_range(ip("0.0.0.0/0")));
  EXPECT_TRUE(ip("0.0.0.0/0").is_in_range(ip("255.0.0.0/0")));
  EXPECT_TRUE(ip("2001:db8::1").is_in_range(ip("2001:db8::/33")));
  EXPECT_FALSE(ip("2001:db8:8000::1").is_in_range(ip("2001:db8::/33")));
  EXPECT_TRUE(ip("::1").is_in_range(ip("::/0")));
}

TEST(IpAddress, FamiliesAreNeverInEachOther) {
  EXPECT_FALSE(ip("127.0.0.1").is_in_range(ip("::/0")));
  EXPECT_FALSE(ip("::ffff:7f00:1").is_in_range(ip("0.0.0.0/0")));
}

TEST(IpAddress, LoopbackAndMulticastAreAskedOfTheWholeRange) {
  EXPECT_TRUE(ip("127.0.0.1").is_loopback());
  EXPECT_TRUE(ip("127.0.0.1/8").is_loopback());
  EXPECT_FALSE(ip("127.0.0.1/7").is_loopback());
  EXPECT_TRUE(ip("::1").is_loopback());
  EXPECT_FALSE(ip("::1/127").is_loopback());
  EXPECT_FALSE(ip("::ffff:ff00:1").is_loopback());
  EXPECT_TRUE(ip("238.238.238.238").is_multicast());
  EXPECT_TRUE(ip("224.0.0.0/4").is_multicast());
  EXPECT_FALSE(ip("224.0.0.0/3").is_multicast());
  EXPECT_TRUE(ip("ff00::2").is_multicast());
  EXPECT_FALSE(ip("ff00::/7").is_multicast());
  EXPECT_FALSE(ip("127.0.0.1").is_multicast());
}

TEST(IpAddress, TextIsCanonical) {
  EXPECT_EQ(ip("0001:0:0:2:0:0:0:3").text(), "1:0:0:2::3");
  EXPECT_EQ(ip("0:0:0:0:0:0:0:0").text(), "::");
  EXPECT_EQ(ip("1:0:2:3:4:5:6:7/64").text(), "1:0:2:3:4:5:6:7/64");
  EXPECT_EQ(ip("10.0.0.1/8").text(), "10.0.0.1/8");
}

RC_GTEST_PROP(IpAddress, TextReadsBack, (std::uint32_t v4, std::array<std::uint8_t, 16> v6)) {
  // Runs of zeros are what the text abbreviates, so make them common.
  const auto zeros = *rc::gen::inRange<std::size_t>(0, 17);
  const auto from = *rc::gen::inRange<std::size_t>(0, 16);
  for (std::size_t i = from; i < std::min<std::size_t>(16, from + zeros); ++i) v6[i] = 0;
  const auto prefix = *rc::gen::inRange<std::uint8_t>(0, 129);
  const IpAddress six = IpAddress::v6(v6, prefix);
  const IpAddress four = IpAddress::v4(v4, static_cast<std::uint8_t>(prefix % 33));
  RC_ASSERT(*IpAddress::parse(six.text()) == six);
  RC_ASSERT(*IpAddress::parse(four.text()) == four);
}

// The definition in the specification: network and broadcast address lie inside the range's.
bool in_range_by_definition(std::uint32_t a, int prefix, std::uint32_t b, int range_prefix) {
  const auto host_mask = [](int bits) {
    return bits == 32 ? 0u : 0xffffffffu >> static_cast<unsigned>(bits);
  };
  return (b & ~host_mask(range_prefix)) <= (a & ~host_mask(prefix)) &&
         (a | host_mask(prefix)) <= (b | host_mask(range_prefix));
}

RC_GTEST_PROP(IpAddress, RangesAreTheIntervalsOfTheSpecification, (std::uint32_t a)) {
  const auto prefix = *rc::gen::inRange<std::uint8_t>(0, 33);
  const auto range_prefix = *rc::gen::inRange<std::uint8_t>(0, 33);
  const std::uint32_t b = a ^ (*rc::gen::arbitrary<std::uint32_t>() >> *rc::gen::inRange(0, 32));
  RC_ASSERT(IpAddress::v4(a, prefix).is_in_range(IpAddress::v4(b, range_prefix)) ==
            in_range_by_definition(a, prefix, b, range_prefix));
}

}  // namespace
}  // namespace ward::cedar
