#include "cedar/policy_json/links_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ward::cedar {
namespace {

using testing::HasSubstr;

std::string error_of(std::string_view text) {
  const auto got = parse_links_json(text, "l.json");
  return got.ok() ? "" : got.error().message();
}

TEST(LinksJson, ReadsAndWritesTheSame) {
  const auto got = parse_links_json(
      R"([{"template_id": "t", "link_id": "l", "args": {"?principal": "User::\"a\"",
                                                        "?resource": {"type": "Doc", "id": "d"}}},
          {"template_id": "t", "link_id": "m", "args": {}}])",
      "l.json");
  ASSERT_TRUE(got.ok()) << got.error().text();
  ASSERT_EQ(got->size(), 2U);
  EXPECT_EQ(
      got->front(),
      (TemplateLink{
          "t", "l", {EntityUid::of("User", "a").value(), EntityUid::of("Doc", "d").value()}}));
  const std::string text = codec::write_json(links_to_json(*got));
  EXPECT_EQ(
      text,
      R"([{"template_id":"t","link_id":"l","args":{"?principal":"User::\"a\"","?resource":"Doc::\"d\""}},)"
      R"({"template_id":"t","link_id":"m","args":{}}])");
  EXPECT_EQ(*parse_links_json(text, "l.json"), *got);
}

TEST(LinksJson, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(error_of("["), HasSubstr("l.json: line 1"));
  EXPECT_THAT(error_of("{}"), HasSubstr("l.json: expected an array of links, got an object"));
  EXPECT_THAT(error_of("[{}]"), HasSubstr("`[0].template_id` is missing"));
  EXPECT_THAT(error_of(R"([{"template_id": "t", "link_id": "l"}])"),
              HasSubstr("`[0].args` is missing"));
  EXPECT_THAT(
      error_of(R"([{"template_id": "t", "link_id": "l", "args": {"?action": "A::\"x\""}}])"),
      HasSubstr("`[0].args.?action` is not known"));
  EXPECT_THAT(error_of(R"([{"template_id": "t", "link_id": "l", "args": {"?principal": "ann"}}])"),
              HasSubstr("[0].args.?principal: "));
}

}  // namespace
}  // namespace ward::cedar
