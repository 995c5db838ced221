#include "enforce/request_path.h"

#include <gtest/gtest.h>

namespace ward::enforce {
namespace {

TEST(RequestPath, NormalPathsAreDecoded) {
  const auto path = read_request_path("/a/b%20c/%C3%A9/d:e@f?x=1&y=%2F");
  ASSERT_TRUE(path.ok()) << path.error().text();
  EXPECT_EQ(path->segments, (std::vector<std::string>{"a", "b c", "\xC3\xA9", "d:e@f"}));
  EXPECT_EQ(path->query, "x=1&y=%2F");
  EXPECT_EQ(read_request_path("/")->segments, std::vector<std::string>{""});
  EXPECT_EQ(read_request_path("/a/")->text(), "/a/");
  EXPECT_EQ(read_request_path("/a?")->text(), "/a");
}

TEST(RequestPath, WhateverHasAnotherReadingIsRefused) {
  for (const std::string uri : {"",           "a",          "*",
                                "http://x/a", "//a",        "/a//b",
                                "/a/../b",    "/a/..",      "/.",
                                "/./a",       "/..",        "/a/%2e%2e/b",
                                "/%2E%2E/",   "/a/.%2e/b",  "/a%2fb",
                                "/a%2Fb",     "/a\\b",      "/a%5cb",
                                "/a%5C..",    "/%61dmin",   "/a%00",
                                "/a%0d%0ax",  "/a%7f",      "/a%",
                                "/a%4",       "/a%zz",      "/a%252e%252e",
                                "/a%25",      "/..;/admin", "/a;x=1",
                                "/a%3bx",     "/a#b",       "/a%23b",
                                "/a%3Fb",     "/a?b#c",     "/a b",
                                "/a\tb",      "/a\xC3\xA9", "/%ff",
                                "/%C0%AE",    "/a\"b",      "/a<b",
                                "/{a}",       "/a|b",       "/a^b",
                                "/a`b"}) {
    EXPECT_FALSE(read_request_path(uri).ok()) << uri;
  }
  EXPECT_FALSE(read_request_path(std::string("/a\0b", 4)).ok());
}

TEST(RequestPath, SizesHaveBounds) {
  EXPECT_TRUE(read_request_path("/" + std::string(kRequestUriBytesMax - 1, 'a')).ok());
  EXPECT_FALSE(read_request_path("/" + std::string(kRequestUriBytesMax, 'a')).ok());
  std::string deep;
  for (std::size_t i = 0; i < kPathSegmentsMax; ++i) deep += "/a";
  EXPECT_TRUE(read_request_path(deep).ok());
  EXPECT_FALSE(read_request_path(deep + "/a").ok());
}

}  // namespace
}  // namespace ward::enforce
