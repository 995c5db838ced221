#include "cedar/entity/typed_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cedar/entity/value_json.h"

namespace ward::cedar {
namespace {

using ::testing::HasSubstr;

const Schema& schema() {
  static const Schema made = Schema::from_text(R"(
    entity User enum ["a"];
    action act appliesTo { principal: User, resource: User, context: {
      bool?: Bool, long?: Long, string?: String, user?: User, ip?: ipaddr, decimal?: decimal,
      datetime?: datetime, duration?: duration, users?: Set<User>,
      record?: { when: datetime, deep?: Set<Set<ipaddr>> } } };
    action strict appliesTo { principal: User, resource: User, context: { must: Long } };
    action group;)")
                                 .value();
  return made;
}

EntityUid action(std::string_view id) {
  return *EntityUid::of("Action", id);
}

// What one member of the context of `act` is read as.
std::string read(std::string_view name, std::string_view json) {
  const auto context =
      parse_context(fmt::format(R"({{"{}": {}}})", name, json), schema(), action("act"));
  if (!context.ok()) return "error: " + context.error().message();
  return to_text(*context->find(name));
}

TEST(CedarTypedJson, EscapesMayBeLeftOut) {
  EXPECT_EQ(read("user", R"({"type": "User", "id": "a"})"), R"(User::"a")");
  EXPECT_EQ(read("user", R"({"__entity": {"type": "User", "id": "a"}})"), R"(User::"a")");
  EXPECT_EQ(read("ip", R"("10.0.0.1")"), R"(ip("10.0.0.1"))");
  EXPECT_EQ(read("ip", R"({"fn": "ip", "arg": "10.0.0.1"})"), R"(ip("10.0.0.1"))");
  EXPECT_EQ(read("ip", R"({"__extn": {"fn": "ip", "arg": "10.0.0.1"}})"), R"(ip("10.0.0.1"))");
  EXPECT_EQ(read("decimal", R"("1.50")"), R"(decimal("1.5"))");
  EXPECT_EQ(read("datetime", R"("2024-01-01")"), read("datetime", R"("2024-01-01T00:00:00Z")"));
  EXPECT_EQ(read("datetime", R"({"fn": "offset", "args": [
                 {"__extn": {"fn": "datetime", "arg": "2024-01-01"}},
                 {"__extn": {"fn": "duration", "arg": "1d"}}]})"),
            read("datetime", R"("2024-01-02")"));
  EXPECT_EQ(read("duration", R"("90m")"), read("duration", R"("1h30m")"));
  EXPECT_EQ(read("users", R"([{"type": "User", "id": "a"}])"), R"([User::"a"])");
  EXPECT_EQ(read("record", R"({"when": "2024-01-01", "deep": [["::1"], []]})"),
            read("record", R"({"when": {"__extn": {"fn": "datetime", "arg": "2024-01-01"}},
                              "deep": [[], [{"fn": "ip", "arg": "::1"}]]})"));
  EXPECT_EQ(read("string", R"("10.0.0.1")"), R"("10.0.0.1")");
  EXPECT_EQ(read("bool", "true"), "true");
}

TEST(CedarTypedJson, WhatDoesNotFitSaysWhereAndWhatWasExpected) {
  EXPECT_EQ(read("users", R"({"a": 1})"),
            "error: context of action `Action::\"act\"`: `users`: expected `Set<User>`, got an "
            "object");
  EXPECT_THAT(read("users", R"([1])"), HasSubstr("`users`: [0]: expected `User`, got an integer"));
  EXPECT_THAT(read("user", R"({"type": "User"})"), HasSubstr("`id` is missing"));
  EXPECT_THAT(read("ip", R"("nowhere")"), HasSubstr("expected `ipaddr`: "));
  EXPECT_THAT(read("ip", "42"), HasSubstr("expected `ipaddr`, got an integer"));
  EXPECT_THAT(read("ip", R"({"__expr": "1"})"), HasSubstr("no longer part"));
  EXPECT_THAT(read("ip", R"({"fn": "ipp", "arg": "::1"})"), HasSubstr("`ipp`"));
  EXPECT_THAT(read("record", R"({"deep": []})"), HasSubstr("`when` is missing"));
  EXPECT_THAT(read("record", R"({"when": "2024-01-01", "x": 1})"),
              HasSubstr("`x` is not declared"));
  EXPECT_THAT(read("other", "1"), HasSubstr("`other` is not declared"));
  const auto missing = parse_context("{}", schema(), action("strict"));
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().message(), HasSubstr("`must` is missing: expected `Long`"));
  const auto group = parse_context(R"({"x": 1})", schema(), action("group"));
  EXPECT_FALSE(group.ok());
  const auto unknown = parse_context("{}", schema(), action("nothing"));
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.error().message(), HasSubstr("`Action::\"nothing\"` is not declared"));
}

TEST(CedarTypedJson, ContextsMayBeDeep) {
  const auto nested = [](std::size_t depth) {
    return R"({"a": )" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_TRUE(parse_context(nested(kEntityJsonDepthMax - 1)).ok());
  EXPECT_FALSE(parse_context(nested(kEntityJsonDepthMax)).ok());
}

}  // namespace
}  // namespace ward::cedar
