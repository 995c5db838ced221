#include "http/message.h"

#include <gtest/gtest.h>

#include "http/router.h"

namespace ward::http {
namespace {

TEST(HeadersTest, NamesCompareWithoutCaseAndOrderIsKept) {
  Headers headers{{"B", "1"}, {"a", "2"}, {"b", "3"}};
  EXPECT_EQ(headers.find("b"), "1");
  EXPECT_EQ(headers.find("A"), "2");
  EXPECT_EQ(headers[2].value, "3");
  headers.set("B", "4");
  EXPECT_EQ(headers.size(), 2U);
  EXPECT_EQ(headers.find("b"), "4");
  headers.remove("b");
  EXPECT_FALSE(headers.contains("b"));
  EXPECT_EQ(headers.bytes(), 32U + 2);
}

TEST(HeadersTest, ControlOctetsBecomeSpaces) {
  const Headers headers{{"x", std::string_view("a\r\nb\0c\td\x7f", 9)}};
  EXPECT_EQ(headers.find("x"), "a  b c\td ");
}

TEST(HeadersTest, ListsAreSearchedWord) {
  const Headers headers{{"connection", "keep-alive , Close"}, {"connection", "x"}};
  EXPECT_TRUE(headers.list_contains("connection", "close"));
  EXPECT_TRUE(headers.list_contains("connection", "x"));
  EXPECT_FALSE(headers.list_contains("connection", "keep"));
}

TEST(RequestHeadTest, TheTargetIsPathAndQuery) {
  RequestHead head;
  head.target = "/a?b?c";
  EXPECT_EQ(head.path(), "/a");
  EXPECT_EQ(head.query(), "b?c");
  head.target = "/a";
  EXPECT_EQ(head.query(), "");
}

TEST(ReasonTest, StatusesHaveTheirWords) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(505), "HTTP Version Not Supported");
  EXPECT_EQ(reason_phrase(299), "Unknown");
}

}  // namespace
}  // namespace ward::http
