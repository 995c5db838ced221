#include "spiffe/id.h"

#include <gtest/gtest.h>

namespace ward::spiffe {
namespace {

TEST(SpiffeId, ValidFormsAreTakenApartAndKeptAsTheyAre) {
  struct Case {
    std::string_view uri, domain, path;
  };
  for (const auto& [uri, domain, path] : std::initializer_list<Case>{
           {"spiffe://example.org", "example.org", ""},
           {"spiffe://example.org/a", "example.org", "/a"},
           {"spiffe://example.org/a/B-c_d.9/e", "example.org", "/a/B-c_d.9/e"},
           {"spiffe://1.2.3.4/svc", "1.2.3.4", "/svc"},
           {"spiffe://under_score-dash.9/x", "under_score-dash.9", "/x"},
           {"spiffe://./...", ".", "/..."},  // neither is a dot segment of a path
           {"spiffe://a/..b/.c/d..", "a", "/..b/.c/d.."},
       }) {
    const auto id = SpiffeId::parse(uri);
    ASSERT_TRUE(id.ok()) << id.error().text();
    EXPECT_EQ(id->text(), uri);
    EXPECT_EQ(id->trust_domain().name(), domain);
    EXPECT_EQ(id->path(), path);
    EXPECT_EQ(id->has_path(), !path.empty());
    EXPECT_TRUE(id->is_member_of(*TrustDomain::parse(domain)));
    EXPECT_EQ(SpiffeId::from_path(id->trust_domain(), path)->text(), uri);
  }
}

TEST(SpiffeId, WhatIsNotInTheValidFormIsRejectedNotNormalised) {
  for (const std::string_view uri : {
           "",
           "spiffe",
           "spiffe:",
           "spiffe:/",
           "spiffe://",
           "spiffe:///",
           "spiffe:///path",
           "//example.org/a",
           "http://example.org/a",
           "xspiffe://example.org",
           " spiffe://example.org",
           "spiffe://example.org ",
           "SPIFFE://example.org/a",  // SPIFFE-ID 2.1: lower case only
           "Spiffe://example.org/a",
           "spiffe://Example.org/a",
           "spiffe://example.ORG",
           "spiffe://user@example.org/a",
           "spiffe://user:secret@example.org/a",
           "spiffe://example.org:8443/a",
           "spiffe://example.org:",
           "spiffe://[::1]/a",
           "spiffe://ex%61mple.org/a",
           "spiffe://example.org/%61",  // SPIFFE-ID 2.2: no percent-encoding
           "spiffe://example.org/%2e",
           "spiffe://example.org/%2e%2e/b",
           "spiffe://example.org/a%2fb",
           "spiffe://example.org/",  // no empty segment, no slash at the end
           "spiffe://example.org//",
           "spiffe://example.org//a",
           "spiffe://example.org/a/",
           "spiffe://example.org/a//b",
           "spiffe://example.org/.",
           "spiffe://example.org/..",
           "spiffe://example.org/./a",
           "spiffe://example.org/a/../b",
           "spiffe://example.org/a/..",
           "spiffe://example.org/a/.",
           "spiffe://example.org/a?b",
           "spiffe://example.org?b",
           "spiffe://example.org/a#b",
           "spiffe://example.org#b",
           "spiffe://example.org/a b",
           "spiffe://example.org/a+b",
           "spiffe://example.org/a\\b",
           "spiffe://example.org/a~b",
           "spiffe://example.org/a:b",
           "spiffe://example.org/a@b",
           "spiffe://example.org/a;b",
           "spiffe://example.org/a*",
           "spiffe://example.org/\xc3\xa9",
           "spiffe://ex\xc3\xa4mple.org/a",
           "spiffe://example.org\\a",
           "spiffe:\\\\example.org/a",
       }) {
    const auto id = SpiffeId::parse(uri);
    ASSERT_FALSE(id.ok()) << uri;
    EXPECT_EQ(id.error().code(), ErrorCode::kInvalidArgument);
  }
  using namespace std::string_view_literals;
  EXPECT_FALSE(SpiffeId::parse("spiffe://example.org/a\0b"sv).ok());
  EXPECT_FALSE(SpiffeId::parse("spiffe://example.org\0/a"sv).ok());
  EXPECT_FALSE(SpiffeId::parse("spiffe://example.org/a\0"sv).ok());
  EXPECT_FALSE(SpiffeId::parse("spiffe://example.org/a\n"sv).ok());
}

TEST(SpiffeId, LengthsUpToTheBoundsAreTaken) {
  const std::string head = "spiffe://example.org/";
  EXPECT_TRUE(SpiffeId::parse(head + std::string(kSpiffeIdBytesMax - head.size(), 'a')).ok());
  EXPECT_FALSE(SpiffeId::parse(head + std::string(kSpiffeIdBytesMax + 1 - head.size(), 'a')).ok());
  EXPECT_TRUE(SpiffeId::parse("spiffe://" + std::string(kTrustDomainBytesMax, 'a') + "/b").ok());
  EXPECT_FALSE(
      SpiffeId::parse("spiffe://" + std::string(kTrustDomainBytesMax + 1, 'a') + "/b").ok());
}

TEST(SpiffeId, LongInputIsNotRepeatedWholeInTheError) {
  const auto id = SpiffeId::parse(std::string(1 << 20, 'x'));
  EXPECT_LT(id.error().message().size(), 400U);
}

TEST(SpiffeId, PathMustBeginWithASlash) {
  const auto domain = *TrustDomain::parse("example.org");
  EXPECT_FALSE(SpiffeId::from_path(domain, "a").ok());
  EXPECT_FALSE(SpiffeId::from_path(domain, ".evil.org/a").ok());
  EXPECT_FALSE(SpiffeId::from_path(domain, "/").ok());
}

TEST(SpiffeId, TrustDomainThatIsAPrefixIsAnotherOne) {
  const auto id = *SpiffeId::parse("spiffe://example.org.evil/a");
  EXPECT_FALSE(id.is_member_of(*TrustDomain::parse("example.org")));
}

TEST(TrustDomain, BareNameOnly) {
  EXPECT_EQ(TrustDomain::parse("example.org")->id(), "spiffe://example.org");
  for (const std::string_view name :
       {"", "spiffe://example.org", "example.org/", "Example.org", "a b", "a:1", "a%20", "a@b"})
    EXPECT_FALSE(TrustDomain::parse(name).ok()) << name;
  EXPECT_TRUE(TrustDomain::parse(std::string(255, 'a')).ok());
  EXPECT_FALSE(TrustDomain::parse(std::string(256, 'a')).ok());
}

}  // namespace
}  // namespace ward::spiffe
