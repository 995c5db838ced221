#include "codec/json_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ward::codec {
namespace {

const Json& sample() {
  static const Json json = *parse_json(R"({"name":"n","count":5,"ratio":0.5,"on":true,"null":null,
      "list":["a","b"],"mixed":["a",1],"inner":{"big":9223372036854775808}})");
  return json;
}

TEST(JsonReader, ReadsMembersByType) {
  auto reader = JsonReader::of(sample()).value();
  EXPECT_EQ(reader.string("name").value(), "n");
  EXPECT_EQ(reader.integer("count", 1, 5).value(), 5);
  EXPECT_EQ(reader.number("ratio").value(), 0.5);
  EXPECT_EQ(reader.number("count").value(), 5.0);
  EXPECT_TRUE(reader.boolean("on").value());
  EXPECT_EQ(reader.array("mixed").value()->size(), 2U);
  EXPECT_THAT(reader.strings("list").value(), testing::ElementsAre("a", "b"));
  EXPECT_TRUE(reader.any("null").value()->is_null());
  EXPECT_EQ(reader.object("inner").value().path(), "inner");
}

TEST(JsonReader, AbsentIsNothingWhenOptionalAndAnErrorWhenNot) {
  auto reader = JsonReader::of(sample(), "request").value();
  EXPECT_EQ(reader.optional_string("x").value(), std::nullopt);
  EXPECT_EQ(reader.optional_integer("x").value(), std::nullopt);
  EXPECT_EQ(reader.optional_boolean("x").value(), std::nullopt);
  EXPECT_EQ(reader.optional_number("x").value(), std::nullopt);
  EXPECT_EQ(reader.optional_array("x").value(), nullptr);
  EXPECT_EQ(reader.optional_strings("x").value(), std::nullopt);
  EXPECT_FALSE(reader.optional_object("x").value().has_value());
  EXPECT_EQ(reader.optional_any("x"), nullptr);
  const Error missing = invalid_argument("`request.x` is missing");
  EXPECT_EQ(reader.string("x").error(), missing);
  EXPECT_EQ(reader.integer("x").error(), missing);
  EXPECT_EQ(reader.array("x").error(), missing);
  EXPECT_EQ(reader.object("x").error(), missing);
  EXPECT_EQ(reader.any("x").error(), missing);
}

TEST(JsonReader, TheWrongTypeIsAnErrorEvenWhenOptional) {
  auto reader = JsonReader::of(sample(), "request").value();
  EXPECT_EQ(reader.optional_string("count").error(),
            invalid_argument("`request.count`: expected a string, got an integer"));
  EXPECT_EQ(reader.optional_string("null").error(),
            invalid_argument("`request.null`: expected a string, got null"));
  EXPECT_EQ(reader.integer("count", 6, 9).error(),
            invalid_argument("`request.count`: expected an integer from 6 to 9, got 5"));
  EXPECT_EQ(reader.object("inner").value().integer("big").error(),
            invalid_argument("`request.inner.big`: expected an integer, got an integer beyond 64 "
                             "signed bits"));
  EXPECT_EQ(reader.strings("mixed").error(),
            invalid_argument("`request.mixed[1]`: expected a string, got an integer"));
  EXPECT_EQ(JsonReader::of(Json(1)).error(),
            invalid_argument("expected an object, got an integer"));
}

TEST(JsonReader, NamesTheFirstMemberThatWasNeverAskedFor) {
  const Json json = Json::object({{"limit", 1}, {"limt", 2}});
  auto reader = JsonReader::of(json, "page").value();
  ASSERT_TRUE(reader.optional_integer("limit").ok());
  ASSERT_EQ(reader.optional_any("offset"), nullptr);
  EXPECT_EQ(reader.no_other_names().error(),
            invalid_argument("`page.limt` is not known, did you mean `limit`?"));
  const Json far = Json::object({{"zzz", 1}});
  auto other = JsonReader::of(far).value();
  (void)other.optional_any("limit");
  (void)other.optional_any("offset");
  EXPECT_EQ(other.no_other_names().error(),
            invalid_argument("`zzz` is not known, expected `limit` or `offset`"));
  (void)other.optional_any("zzz");
  EXPECT_TRUE(other.no_other_names().ok());
}

}  // namespace
}  // namespace ward::codec
