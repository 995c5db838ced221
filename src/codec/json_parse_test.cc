#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <bit>
#include <cmath>

#include "codec/json.h"
#include "codec/utf8.h"

namespace ward::codec {
namespace {

std::string error_of(std::string_view text, const JsonLimits& limits = {}) {
  const auto json = parse_json(text, limits);
  return json.ok() ? "no error" : json.error().message();
}

TEST(ParseJson, ReadsEveryKind) {
  const Json expected = Json::object({{"null", nullptr},
                                      {"bools", Json::array({true, false})},
                                      {"numbers", Json::array({0, -1, 1.5, 1e3})},
                                      {"text", "a\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80"},
                                      {"empty", Json::array({Json::array(), Json::object(), ""})}});
  const auto json = parse_json(R"( {"null":null,"bools":[true,false],"numbers":[0,-1,1.5,1e3],
      "text":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\uDE00","empty":[[],{},""]} )");
  ASSERT_TRUE(json.ok()) << json.error().message();
  EXPECT_EQ(*json, expected);
}

TEST(ParseJson, KeepsIntegersExactAndTellsThoseBeyondInt64Apart) {
  EXPECT_EQ(*parse_json("9223372036854775807"), Json(INT64_MAX));
  EXPECT_EQ(*parse_json("-9223372036854775808"), Json(INT64_MIN));
  EXPECT_EQ(parse_json("9223372036854775808")->kind(), Json::Kind::kUnsigned);
  EXPECT_EQ(*parse_json("18446744073709551615")->if_unsigned(), UINT64_MAX);
  EXPECT_EQ(parse_json("18446744073709551616")->kind(), Json::Kind::kDouble);
  EXPECT_EQ(parse_json("-9223372036854775809")->kind(), Json::Kind::kDouble);
  EXPECT_EQ(parse_json("1.0")->kind(), Json::Kind::kDouble);
  EXPECT_EQ(parse_json("1e0")->kind(), Json::Kind::kDouble);
  EXPECT_EQ(*parse_json("-0"), Json(0));
}

TEST(ParseJson, RoundsDoublesToTheNearest) {
  EXPECT_EQ(*parse_json("0.1")->if_double(), 0.1);
  EXPECT_EQ(*parse_json("1.7976931348623157e308")->if_double(), 1.7976931348623157e308);
  EXPECT_EQ(*parse_json("5e-324")->if_double(), 5e-324);
  EXPECT_EQ(*parse_json("1e-400")->if_double(), 0.0);
  EXPECT_EQ(error_of("1e400"),
            "line 1, column 6 (byte 5): number `1e400` is too large for a double");
  EXPECT_THAT(error_of("1e99999999999"), testing::HasSubstr("expected a smaller exponent"));
}

TEST(ParseJson, RefusesDuplicateNamesAmongFewAndMany) {
  EXPECT_EQ(error_of(R"({"a":1,"b":{"x":1,"x":2}})"),
            "line 1, column 24 (byte 23): duplicate name `x`");
  EXPECT_EQ(error_of(R"({"a":1,"\u0061":2})"), "line 1, column 18 (byte 17): duplicate name `a`");
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += fmt::format("\"k{}\":0,", i);
  EXPECT_THAT(error_of(many + "\"k50\":1}"), testing::HasSubstr("duplicate name `k50`"));
}

TEST(ParseJson, RefusesWhatIsNotUtf8OrHalfASurrogatePair) {
  EXPECT_EQ(error_of("\"a\xff\""), "line 1, column 3 (byte 2): expected UTF-8, got byte 0xff");
  for (const std::string_view bad :
       {"\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"", "\xff"}) {
    EXPECT_THAT(error_of(bad), testing::HasSubstr("expected UTF-8"));
  }
  for (const std::string_view bad : {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\n")",
                                     R"("\ud800\ud800")", R"("\ud800A")"}) {
    EXPECT_THAT(error_of(bad), testing::HasSubstr("surrogate")) << bad;
  }
}

TEST(ParseJson, RefusesWhatRfc8259DoesNotAllow) {
  for (const std::string_view bad : {"",
                                     " ",
                                     "nul",
                                     "True",
                                     "'a'",
                                     "[1,]",
                                     "[,1]",
                                     "{,}",
                                     "{\"a\"}",
                                     "{\"a\":}",
                                     "{\"a\":1,}",
                                     "{a:1}",
                                     "{1:2}",
                                     "01",
                                     "+1",
                                     "1.",
                                     ".5",
                                     "1e",
                                     "1e+",
                                     "--1",
                                     "0x1",
                                     "NaN",
                                     "Infinity",
                                     "-",
                                     "\"\t\"",
                                     "\"\\x\"",
                                     "\"\\u12\"",
                                     "\"abc",
                                     "[1 2]",
                                     "[1",
                                     "{\"a\":1",
                                     "[1]]",
                                     "1 2",
                                     "/**/1",
                                     "[1]//x",
                                     "\xef\xbb\xbf"
                                     "1",
                                     "{}x"}) {
    EXPECT_FALSE(parse_json(bad).ok()) << bad;
  }
  EXPECT_FALSE(parse_json(std::string_view("1\0", 2)).ok());
}

TEST(ParseJson, SaysWhereWhatWasExpectedAndWhatWasGot) {
  EXPECT_EQ(
      error_of("{\n  \"a\": 1\n  \"b\": 2}"),
      "line 3, column 3 (byte 13): expected `,` and a name in double quotes, or `}`, got `\"`");
  EXPECT_EQ(error_of("[1 2]"),
            "line 1, column 4 (byte 3): expected `,` and a value, or `]`, got `2`");
  EXPECT_EQ(error_of("1 x"), "line 1, column 3 (byte 2): expected the end of the input, got `x`");
  EXPECT_EQ(error_of(""), "line 1, column 1 (byte 0): expected a value, got the end of the input");
  EXPECT_EQ(error_of("{a"),
            "line 1, column 2 (byte 1): expected a name in double quotes or `}`, got `a`");
  EXPECT_EQ(error_of("\"a\nb\""),
            "line 1, column 3 (byte 2): expected a character, an escape or the closing quote of a "
            "string, got byte 0x0a");
}

TEST(ParseJson, StopsAtEachLimit) {
  const JsonLimits limits{.max_bytes = 40, .max_depth = 3, .max_values = 5};
  EXPECT_TRUE(parse_json("[[[1]]]", limits).ok());
  EXPECT_EQ(parse_json("[[[[1]]]]", limits).error(),
            Error(ErrorCode::kResourceExhausted,
                  "line 1, column 4 (byte 3): more than 3 levels of arrays and objects"));
  EXPECT_TRUE(parse_json("[1,2,3,4]", limits).ok());
  EXPECT_EQ(parse_json("[1,2,3,4,5]", limits).error().code(), ErrorCode::kResourceExhausted);
  EXPECT_TRUE(parse_json(std::string(39, ' ') + "1", limits).ok());
  EXPECT_EQ(parse_json(std::string(40, ' ') + "1", limits).error(),
            Error(ErrorCode::kResourceExhausted, "JSON of 41 bytes, expected at most 40"));
  EXPECT_EQ(parse_json(std::string(500'000, '[')).error().code(), ErrorCode::kResourceExhausted);
}

Json random_json(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 8 : 6);
  switch (kind) {
    case 0:
      return nullptr;
    case 1:
      return *rc::gen::arbitrary<bool>();
    case 2:
      return *rc::gen::arbitrary<std::int64_t>();
    case 3:
      return *rc::gen::arbitrary<std::uint64_t>();
    case 4: {
      const auto bits = std::bit_cast<double>(*rc::gen::arbitrary<std::uint64_t>());
      return std::isfinite(bits) ? bits : 0.5;
    }
    case 5: {
      std::string text = *rc::gen::arbitrary<std::string>();
      return text.substr(0, valid_utf8_prefix(text));
    }
    case 6: {
      JsonArray items;
      for (int i = *rc::gen::inRange(0, 5); i > 0; --i) items.push_back(random_json(depth - 1));
      return items;
    }
    default: {
      JsonObject object;
      for (int i = *rc::gen::inRange(0, 20); i > 0; --i) {
        object.set(std::to_string(*rc::gen::inRange(0, 1000)), random_json(depth - 1));
      }
      return object;
    }
  }
}

TEST(ParseJson, ReadsBackWhatIsWrittenCompactOrPretty) {
  EXPECT_TRUE(rc::check("round trip", [] {
    const Json json = random_json(3);
    const std::string text = write_json(json);
    const auto compact = parse_json(text);
    RC_ASSERT(compact.ok());
    RC_ASSERT(*compact == json);
    RC_ASSERT(write_json(*compact) == text);
    const auto pretty = parse_json(write_json_pretty(json));
    RC_ASSERT(pretty.ok());
    RC_ASSERT(*pretty == json);
  }));
}

}  // namespace
}  // namespace ward::codec
