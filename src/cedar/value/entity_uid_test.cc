#include "cedar/value/entity_uid.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ward::cedar {
namespace {

TEST(EntityType, RefusesReservedWordsAndSpaces) {
  for (const std::string_view name : {"User", "Ward::Workload", "_a1::B", "permit", "principal"}) {
    EXPECT_TRUE(EntityType::parse(name).ok()) << name;
  }
  for (const std::string_view name :
       {"", "::", "A::", "::A", "A:::B", "A ::B", "A:: B", " A", "A ", "A\n", "1A", "A-B", "A.B",
        "if", "A::in::B", "__cedar", "__cedar::Long", "A::true", "\xc3\x84"}) {
    EXPECT_FALSE(EntityType::parse(name).ok()) << name;
  }
}

TEST(EntityType, BasenameIsTheLastIdentifier) {
  EXPECT_EQ(EntityType::of("A::B::Action").basename(), "Action");
  EXPECT_EQ(EntityType::of("Action").basename(), "Action");
}

TEST(EntityUid, ReadsTypeAndQuotedId) {
  const auto uid = EntityUid::parse(R"(Ward::User::"al\"i\u{63}e\n")");
  ASSERT_TRUE(uid.ok()) << uid.error().text();
  EXPECT_EQ(uid->type().name(), "Ward::User");
  EXPECT_EQ(uid->id(), "al\"ice\n");
}

TEST(EntityUid, RefusesEveryOtherText) {
  for (const std::string_view text :
       {"", "User", "User::", "User::alice", "::\"a\"", "User::\"a", "User::\"a\" ", " User::\"a\"",
        "User:: \"a\"", "User ::\"a\"", "User::\"a\"b\"", "User::\"a\\\"", "User::\"\\q\"",
        "User:\"a\"", "if::\"a\"", "\"a\"", "User::\"a\"//x"}) {
    EXPECT_FALSE(EntityUid::parse(text).ok()) << text;
  }
}

TEST(EntityUid, EqualityHashAndOrderAreByContent) {
  const EntityUid a = *EntityUid::of("User", "a");
  const EntityUid again = *EntityUid::of("User", "a");
  EXPECT_EQ(a, again);
  EXPECT_EQ(a.hash(), again.hash());
  EXPECT_NE(a, *EntityUid::of("User", "b"));
  EXPECT_NE(a, *EntityUid::of("Users", "a"));
  EXPECT_LT(a, *EntityUid::of("User", "b"));
  EXPECT_LT(*EntityUid::of("Group", "z"), a);
}

RC_GTEST_PROP(EntityUid, TextReadsBack, ()) {
  const auto id = *rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127));
  const EntityUid uid = *EntityUid::of("A::B", id);
  RC_ASSERT(*EntityUid::parse(uid.text()) == uid);
}

}  // namespace
}  // namespace ward::cedar
