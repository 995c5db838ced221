#include "cedar/value/value.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "tests/support/cedar_gen.h"

namespace ward::cedar {
namespace {

TEST(Value, EqualityIsTotalAndByType) {
  EXPECT_FALSE(Value(1) == Value(true));
  EXPECT_FALSE(Value("1") == Value(1));
  EXPECT_FALSE(Value(Set()) == Value(Record()));
  EXPECT_FALSE(Value(Datetime::of_epoch_ms(5)) == Value(Duration::of_ms(5)));
  EXPECT_FALSE(Value("A::\"x\"") == Value(*EntityUid::of("A", "x")));
  EXPECT_TRUE(Value(*Decimal::parse("1.0")) == Value(*Decimal::parse("1.00")));
}

TEST(Set, DropsDuplicatesAndOrder) {
  const Set a{1, "x", 1, true, "x"};
  const Set b{true, "x", 1};
  EXPECT_EQ(a.size(), 3u);
  EXPECT_EQ(a, b);
  EXPECT_TRUE(a.contains("x"));
  EXPECT_FALSE(a.contains(false));
  EXPECT_EQ(Set(std::vector<Value>{}), Set());
}

TEST(Set, ContainmentOfSets) {
  const Set all{1, 2, 3};
  EXPECT_TRUE(all.contains_all(Set{1, 3}));
  EXPECT_TRUE(all.contains_all(Set()));
  EXPECT_FALSE(all.contains_all(Set{1, 4}));
  EXPECT_TRUE(all.contains_any(Set{9, 3}));
  EXPECT_FALSE(all.contains_any(Set()));
  EXPECT_FALSE(Set().contains_any(all));
}

TEST(Record, FindsByNameAndTheLastOfOneNameHolds) {
  const Record record{{"b", 1}, {"a", 2}, {"b", 3}, {"c", "x"}};
  EXPECT_EQ(record.size(), 3u);
  ASSERT_NE(record.find("b"), nullptr);
  EXPECT_EQ(*record.find("b"), Value(3));
  EXPECT_EQ(record.find("d"), nullptr);
  EXPECT_EQ(record.with("b", 1), (Record{{"a", 2}, {"b", 1}, {"c", "x"}}));
  EXPECT_EQ(Record().with("a", 1), (Record{{"a", 1}}));
}

TEST(Value, DepthCountsSetsAndRecords) {
  EXPECT_EQ(Value(1).depth(), 0u);
  EXPECT_EQ(Value(Set()).depth(), 1u);
  EXPECT_EQ(Value(Set{Set{1}, 2}).depth(), 2u);
  EXPECT_EQ(Value(Record{{"a", Set{Record{{"b", 1}}}}}).depth(), 3u);
}

TEST(Value, TextIsACedarExpression) {
  EXPECT_EQ(to_text(Value(Record{{"a b", Set{2, 1}}, {"u", *EntityUid::of("U", "x\"")}})),
            R"({"a b": [1, 2], "u": U::"x\""})");
  EXPECT_EQ(to_text(Value(*IpAddress::parse("::1/128"))), R"(ip("::1"))");
  EXPECT_EQ(to_text(Value(Datetime::of_epoch_ms(INT64_MAX))),
            R"(datetime("1970-01-01").offset(duration("9223372036854775807ms")))");
}

RC_GTEST_PROP(Value, OrderIsTotalAndAgreesWithEquality, ()) {
  const Value a = *testing::gen_value();
  const Value b = *testing::gen_value();
  const Value c = *testing::gen_value();
  RC_ASSERT(((a <=> b) == 0) == (a == b));
  RC_ASSERT(((a <=> b) < 0) == ((b <=> a) > 0));
  if (a <= b && b <= c) RC_ASSERT(a <= c);
  RC_ASSERT(a == Value(a));
}

RC_GTEST_PROP(Set, HoldsExactlyWhatItWasMadeOf, ()) {
  const auto elements = *rc::gen::container<std::vector<Value>>(testing::gen_value());
  const Set set(elements);
  for (const Value& element : elements) RC_ASSERT(set.contains(element));
  for (const Value& element : set.elements()) {
    RC_ASSERT(std::ranges::find(elements, element) != elements.end());
  }
}

}  // namespace
}  // namespace ward::cedar
