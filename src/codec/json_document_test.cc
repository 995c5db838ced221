#include "codec/json_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ward::codec {
namespace {

bool is_within(std::string_view part, std::string_view text) {
  return part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size();
}

JsonView member(JsonView object, std::string_view name) {
  for (const JsonView one : object.items())
    if (one.name() == name) return one;
  return {};
}

TEST(JsonDocument, ShowsEveryKindInTheOrderOfTheText) {
  constexpr std::string_view kText =
      R"({"n":null,"b":true,"i":-7,"u":9223372036854775808,"d":1.5,"s":"x","a":[1,[2],{}],"o":{"p":[]}})";
  const auto document = JsonDocument::parse(kText);
  ASSERT_TRUE(document.ok()) << document.error().message();
  const JsonView root = document->root();
  EXPECT_EQ(root.item_count(), 8U);
  EXPECT_EQ(member(root, "n").kind(), Json::Kind::kNull);
  EXPECT_EQ(member(root, "b").if_bool(), true);
  EXPECT_EQ(member(root, "i").if_integer(), -7);
  EXPECT_EQ(member(root, "u").if_unsigned(), 9223372036854775808U);
  EXPECT_EQ(member(root, "d").if_double(), 1.5);
  EXPECT_EQ(member(root, "s").if_string(), "x");
  EXPECT_EQ(member(root, "s").if_bool(), std::nullopt);
  EXPECT_EQ(member(root, "a").item_count(), 3U);
  EXPECT_TRUE(member(member(root, "o"), "p").items().empty());
  EXPECT_FALSE(member(root, "z"));
  EXPECT_EQ(root.to_json(), *parse_json(kText));
  EXPECT_EQ(write_json(root.to_json()), kText);
}

TEST(JsonDocument, TextsLieInTheSourceUnlessEscapesCutThem) {
  constexpr std::string_view kText = R"({"plain name":"plain text","esc\u0061ped":"a\nb","":""})";
  auto parsed = JsonDocument::parse(kText);
  ASSERT_TRUE(parsed.ok());
  const JsonDocument document = std::move(*parsed);  // views do not depend on where it is
  const JsonView plain = member(document.root(), "plain name");
  EXPECT_TRUE(is_within(plain.name(), kText));
  EXPECT_TRUE(is_within(*plain.if_string(), kText));
  const JsonView escaped = member(document.root(), "escaped");
  ASSERT_TRUE(escaped);
  EXPECT_EQ(escaped.if_string(), "a\nb");
  EXPECT_EQ(member(document.root(), "").if_string(), "");
}

TEST(JsonDocument, ATextLongerThanAnyBufferIsWhole) {
  const std::string long_text(100'000, 'x');
  const std::string text = "[\"" + long_text + "\\t" + long_text + "\"]";
  const auto document = JsonDocument::parse(text);
  ASSERT_TRUE(document.ok());
  EXPECT_EQ((*document->root().items().begin()).if_string(), long_text + "\t" + long_text);
}

TEST(JsonDocument, RefusesWhatParseJsonRefuses) {
  EXPECT_EQ(JsonDocument::parse(R"({"a":1,"a":2})").error().message(),
            parse_json(R"({"a":1,"a":2})").error().message());
  EXPECT_EQ(JsonDocument::parse("[1,2,3]", {.max_values = 3}).error().code(),
            ErrorCode::kResourceExhausted);
  EXPECT_TRUE(JsonDocument::parse("[1,2,3]", {.max_values = 4}).ok());
}

}  // namespace
}  // namespace ward::codec
