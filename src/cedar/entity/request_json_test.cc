#include "cedar/entity/request_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ward::cedar {
namespace {

using testing::HasSubstr;

constexpr std::string_view kAsked =
    R"({"principal": "User::\"ann\"", "action": {"type": "Action", "id": "view"}, "resource": "Doc::\"d\"")";

std::string error_of(std::string_view text, const Schema* schema = nullptr) {
  const auto got = parse_requests(text, "r.json", schema);
  return got.ok() ? "" : got.error().message();
}

TEST(RequestJson, ReadsOneOrMany) {
  const std::string one = std::string(kAsked) + R"(, "context": {"mfa": true}})";
  const auto got = parse_requests(one, "r.json", nullptr);
  ASSERT_TRUE(got.ok()) << got.error().text();
  ASSERT_EQ(got->size(), 1U);
  EXPECT_EQ(got->front().principal, *EntityUid::of("User", "ann"));
  EXPECT_EQ(got->front().action, *EntityUid::of("Action", "view"));
  EXPECT_EQ(got->front().resource, *EntityUid::of("Doc", "d"));
  EXPECT_EQ(to_text(Value(got->front().context)), R"({"mfa": true})");
  const auto many =
      parse_requests("[" + one + ", " + std::string(kAsked) + "}]", "r.json", nullptr);
  ASSERT_TRUE(many.ok()) << many.error().text();
  EXPECT_EQ(many->size(), 2U);
  EXPECT_EQ(to_text(Value(many->back().context)), "{}");
  EXPECT_TRUE(parse_requests("[]", "r.json", nullptr)->empty());
}

TEST(RequestJson, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(error_of("{"), HasSubstr("r.json: line 1"));
  EXPECT_THAT(error_of("1"), HasSubstr("r.json: expected an object"));
  EXPECT_THAT(error_of("[{}]"), HasSubstr("`[0].principal` is missing"));
  EXPECT_THAT(error_of(R"({"principal": "ann"})"), HasSubstr("principal: "));
  EXPECT_THAT(error_of(R"({"principal": 1})"), HasSubstr("principal: "));
  EXPECT_THAT(error_of(std::string(kAsked) + R"(, "context": []})"), HasSubstr("context: "));
  EXPECT_THAT(error_of(std::string(kAsked) + R"(, "contxt": {}})"),
              HasSubstr("`contxt` is not known, did you mean `context`?"));
}

TEST(RequestJson, HoldsTheRequestAgainstTheSchema) {
  const Schema schema = *Schema::from_text(
      "entity User, Doc; action view appliesTo { principal: User, resource: Doc, context: {ip: "
      "ipaddr} };"
      "action none;");
  const std::string good = std::string(kAsked) + R"(, "context": {"ip": "10.0.0.1"}})";
  const auto got = parse_requests(good, "r.json", &schema);
  ASSERT_TRUE(got.ok()) << got.error().text();
  EXPECT_EQ(to_text(Value(got->front().context)), R"({"ip": ip("10.0.0.1")})");
  EXPECT_THAT(error_of(std::string(kAsked) + "}", &schema), HasSubstr("r.json: "));
  EXPECT_THAT(
      error_of(
          R"({"principal": "Doc::\"d\"", "action": "Action::\"view\"", "resource": "Doc::\"d\"",
                           "context": {"ip": "10.0.0.1"}})",
          &schema),
      HasSubstr("Doc"));
  EXPECT_THAT(
      error_of(
          R"({"principal": "User::\"d\"", "action": "Action::\"edit\"", "resource": "Doc::\"d\""})",
          &schema),
      HasSubstr("edit"));
}

}  // namespace
}  // namespace ward::cedar
