#include "cedar/entity/value_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/support/cedar_gen.h"

namespace ward::cedar {
namespace {

using ::testing::HasSubstr;

Result<Value> read(std::string_view json) {
  WARD_TRY(const codec::Json parsed, codec::parse_json(json));
  return value_from_json(parsed);
}

TEST(ValueJson, EscapesMakeEntitiesAndExtensionValues) {
  EXPECT_EQ(*read(R"({"__entity": {"type": "N::A", "id": "x"}})"),
            Value(*EntityUid::of("N::A", "x")));
  EXPECT_EQ(*read(R"({"__extn": {"fn": "decimal", "arg": "1.50"}})"),
            Value(*Decimal::parse("1.5")));
  EXPECT_EQ(*read(R"({"__extn": {"fn": "offset", "args": [
                       {"__extn": {"fn": "datetime", "arg": "1970-01-01"}},
                       {"__extn": {"fn": "duration", "arg": "-1ms"}}]}})"),
            Value(Datetime::of_epoch_ms(-1)));
}

// entity-cases/explicit-entity-extra-field of the conformance data: the reference ignores them.
TEST(ValueJson, OtherMembersBesideAnEscapeAreIgnored) {
  EXPECT_EQ(*read(R"({"__entity": {"type": "A", "id": "x", "more": 1}, "extra": "stuff"})"),
            Value(*EntityUid::of("A", "x")));
}

TEST(ValueJson, SaysWhatIsWrongAndWhere) {
  const std::pair<std::string_view, std::string_view> faults[] = {
      {"null", "no null"},
      {"1.5", "an integer that fits a long"},
      {"1.0", "an integer that fits a long"},
      {"9223372036854775808", "does not fit a long"},
      {"99999999999999999999999", "an integer that fits a long"},
      {R"({"a": [1, {"b": null}]})", "`a`: [1]: `b`: Cedar has no null"},
      {R"({"__entity": "A::\"x\""})", "`__entity`: expected an object"},
      {R"({"__entity": {"type": "A"}})", "`__entity`: `id` is missing"},
      {R"({"__extn": {"fn": "decimal"}})", "`arg` or `args` is missing"},
      {R"({"__extn": {"arg": "1.0"}})", "`fn` is missing"},
      {R"({"__extn": {"fn": "ip", "arg": "nope"}})", "`__extn`: `ip`: `nope` is no IP address"},
      {R"({"__extn": {"fn": "ip", "arg": 1}})", "expected string, got long"},
      {R"({"__extn": {"fn": "ip", "args": []}})", "takes 1 argument, got 0"},
      {R"({"__extn": {"fn": "nope", "arg": "1"}})", "no extension function `nope`"},
      {R"({"__extn": 1})", "`__extn`: expected an object"},
      {R"({"__expr": "1 + 1"})", "no longer part of Cedar"},
  };
  for (const auto& [json, message] : faults) {
    const auto value = read(json);
    ASSERT_FALSE(value.ok()) << json;
    EXPECT_THAT(value.error().message(), HasSubstr(message)) << json;
  }
}

TEST(ContextJson, IsARecord) {
  EXPECT_EQ(*parse_context(R"({"a": 1})"), (Record{{"a", 1}}));
  EXPECT_THAT(parse_context("[]").error().message(), HasSubstr("context: expected an object"));
  EXPECT_THAT(parse_context(R"({"__extn": {"fn": "ip", "arg": "::1"}})").error().message(),
              HasSubstr("context: expected a record"));
  EXPECT_THAT(parse_context("{").error().message(), HasSubstr("context: "));
  EXPECT_FALSE(parse_context(std::string(100, '[') + std::string(100, ']')).ok());
}

TEST(ValueJson, RecordsThatLookLikeEscapesHaveNoJson) {
  for (const std::string_view name : {"__entity", "__extn", "__expr"}) {
    EXPECT_FALSE(value_to_json(Value(Set{Record{{std::string(name), 1}}})).ok());
  }
}

RC_GTEST_PROP(ValueJson, WhatIsWrittenReadsBack, ()) {
  const Value value = *testing::gen_value();
  const auto json = value_to_json(value);
  RC_ASSERT(json.ok());
  RC_ASSERT(*read(codec::write_json(*json)) == value);
}

}  // namespace
}  // namespace ward::cedar
