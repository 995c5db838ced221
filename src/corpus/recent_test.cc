#include "corpus/recent.h"

#include <gtest/gtest.h>

namespace ward::corpus {
namespace {

Recent<int>::Made number(int value) {
  return std::make_shared<const int>(value);
}

TEST(Recent, KeepsWhatWasUsedLast) {
  Recent<int> recent(2, 100);
  recent.keep("a", number(1), 10);
  recent.keep("b", number(2), 10);
  ASSERT_NE(recent.find("a"), nullptr);
  recent.keep("c", number(3), 10);
  EXPECT_EQ(recent.find("b"), nullptr);
  ASSERT_NE(recent.find("a"), nullptr);
  EXPECT_EQ(***recent.find("a"), 1);
  EXPECT_EQ(***recent.find("c"), 3);
}

TEST(Recent, KeepsNoMoreBytesThanItMay) {
  Recent<int> recent(10, 100);
  recent.keep("a", number(1), 60);
  recent.keep("b", number(2), 60);
  EXPECT_EQ(recent.find("a"), nullptr);
  recent.keep("huge", number(3), 101);
  EXPECT_EQ(recent.find("huge"), nullptr);
  EXPECT_NE(recent.find("b"), nullptr);
}

TEST(Recent, KeepsErrorsToo) {
  Recent<int> recent(10, 100);
  recent.keep("a", invalid_argument("broken"), 1);
  ASSERT_NE(recent.find("a"), nullptr);
  EXPECT_EQ(recent.find("a")->error().message(), "broken");
}

}  // namespace
}  // namespace ward::corpus
