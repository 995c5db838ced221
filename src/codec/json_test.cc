#include "codec/json.h"

#include <gtest/gtest.h>

namespace ward::codec {
namespace {

TEST(Json, IntegersAreInt64WhenTheyFitAndUnsignedOnlyBeyond) {
  EXPECT_EQ(Json(7U).kind(), Json::Kind::kInteger);
  EXPECT_EQ(Json(std::uint64_t{INT64_MAX}).kind(), Json::Kind::kInteger);
  EXPECT_EQ(Json(std::uint64_t{INT64_MAX} + 1).kind(), Json::Kind::kUnsigned);
  EXPECT_EQ(Json(INT64_MIN).kind(), Json::Kind::kInteger);
  EXPECT_NE(Json(1), Json(1.0));
  EXPECT_EQ(Json(true).kind(), Json::Kind::kBool);
  EXPECT_EQ(Json("x").kind(), Json::Kind::kString);
}

TEST(Json, WritesMembersInOrderAndTheSameTextEachTime) {
  const Json json = Json::object(
      {{"z", 1}, {"a", Json::array({true, nullptr, 2.0, "x"})}, {"e", Json::object()}});
  EXPECT_EQ(write_json(json), R"({"z":1,"a":[true,null,2.0,"x"],"e":{}})");
  EXPECT_EQ(write_json_pretty(json),
            "{\n  \"z\": 1,\n  \"a\": [\n    true,\n    null,\n    2.0,\n    \"x\"\n  ],\n  \"e\": "
            "{}\n}");
}

TEST(Json, EscapesWhatMustBeAndReplacesWhatIsNotUtf8) {
  EXPECT_EQ(write_json(std::string_view("\"\\\n\r\t\b\0/\x7f\xc3\xa9", 11)),
            "\"\\\"\\\\\\n\\r\\t\\u0008\\u0000/\x7f\xc3\xa9\"");
  EXPECT_EQ(write_json("a\xff\xfe"
                       "b"),
            "\"a\xef\xbf\xbd\xef\xbf\xbd"
            "b\"");
}

TEST(JsonObject, FindsSetsAndErasesWithFewAndManyMembers) {
  for (const int count : {3, 200}) {
    JsonObject object;
    for (int i = count; i-- > 0;) object.set(std::to_string(i), i);
    ASSERT_EQ(object.size(), static_cast<std::size_t>(count));
    EXPECT_EQ(object.begin()->name, std::to_string(count - 1));
    for (int i = 0; i < count; ++i) {
      ASSERT_NE(object.find(std::to_string(i)), nullptr);
      EXPECT_EQ(*object.find(std::to_string(i)), Json(i));
    }
    EXPECT_EQ(object.find("none"), nullptr);
    object.set("1", "one");
    EXPECT_EQ(object.size(), static_cast<std::size_t>(count));
    EXPECT_EQ(*object.find("1"), Json("one"));
    EXPECT_TRUE(object.erase("0"));
    EXPECT_FALSE(object.erase("0"));
    EXPECT_FALSE(object.contains("0"));
    EXPECT_TRUE(object.contains("2"));
    const JsonObject copy = object;
    EXPECT_EQ(copy, object);
    EXPECT_EQ(*copy.find("2"), Json(2));
  }
}

TEST(JsonObject, EqualityIgnoresOrderAndSeesValues) {
  EXPECT_EQ(Json::object({{"a", 1}, {"b", 2}}), Json::object({{"b", 2}, {"a", 1}}));
  EXPECT_NE(Json::object({{"a", 1}}), Json::object({{"a", 2}}));
  EXPECT_NE(Json::object({{"a", 1}}), Json::object({{"b", 1}}));
  EXPECT_NE(Json::object({{"a", 1}}), Json::object({{"a", 1}, {"b", 2}}));
}

TEST(JsonDeathTest, NumbersWithoutASpellingAreABug) {
  EXPECT_DEATH(Json(1.0 / 0.0), "check failed");
}

}  // namespace
}  // namespace ward::codec
