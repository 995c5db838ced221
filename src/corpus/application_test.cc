// Tests of applications with links (rule 11 of docs/rooms/corpus.md).
#include <gmock/gmock.h>

#include "corpus/testing/corpus_fixture.h"

namespace ward::corpus {
namespace {

using testing::CorpusTest;
using ::testing::HasSubstr;

class ApplicationTest : public CorpusTest {
 protected:
  ApplicationTest() {
    write("app/schema.json", R"({"": {"entityTypes": {"User": {}, "Doc": {}}, "actions": {"view":
      {"appliesTo": {"principalTypes": ["User"], "resourceTypes": ["Doc"]}}}}})");
    write("app/e.entities.json", "[]");
    write("app/p.cedar", R"(
@id("share") permit(principal == ?principal, action, resource == ?resource);
@id("not this") permit(principal, action, resource) when { false };
forbid(principal, action, resource) when { principal == User::"b" };)");
    write("app/links.json", R"([{"template_name": "share",
      "principal": {"__entity": {"type": "User", "id": "a"}},
      "resource": {"type": "Doc", "id": "d"}}])");
  }
  void write_app(std::string_view links, const std::string& requests,
                 std::string_view more = "") const {
    write("app/n.json",
          fmt::format(R"({{"app": "x", "n": 1, "hierarchy": 0, "seed": "s", "numLinks": 1,
            "numEntities": 0, "policies": "p.cedar", "schema": "schema.json",
            "entities": "e.entities.json", "links": {}, "requests": [{}]{}}})",
                      links, requests, more));
  }
  static constexpr std::string_view kByLink =
      R"("decision": "allow", "reason": ["share:User::a:Doc::d"], "errors": [])";
};

TEST_F(ApplicationTest, PoliciesTemplatesAndLinksHaveTheirIds) {
  write_app("\"links.json\"", request("{}", kByLink));
  expect_equal(1);  // and no shouldValidate
  write_app("null", request("{}", R"("decision": "deny", "reason": [], "errors": [])"));
  expect_equal(1);
  std::string by_b = request("{}", R"("decision": "deny", "reason": ["static1"], "errors": [])");
  by_b.replace(by_b.find("\"a\""), 3, "\"b\"");
  write_app("null", by_b);
  expect_equal(1);
}

TEST_F(ApplicationTest, PathsAreBesideTheFile) {
  write("p.cedar", "this is not it");
  write_app("\"../app/links.json\"", request("{}", kByLink));
  EXPECT_THAT(only_difference(), HasSubstr("leads upwards"));
  write("app/deeper/n.json", R"({"app": "x", "policies": "p.cedar", "schema": "schema.json",
    "entities": "e.entities.json", "links": null, "requests": [1]})");
  std::filesystem::remove(path("app/n.json"));
  EXPECT_THAT(only_difference(), HasSubstr("requests[0]"));
}

TEST_F(ApplicationTest, WhatIsWrongWithLinksIsSaid) {
  write_app("\"none.json\"", request("{}", kByLink));
  EXPECT_THAT(only_difference(), HasSubstr("links: there is no `app/none.json`"));
  write("app/links.json", R"([{"template_name": "nope", "principal": {"type": "User", "id": "a"},
    "resource": {"type": "Doc", "id": "d"}}])");
  write_app("\"links.json\"", request("{}", kByLink));
  EXPECT_THAT(only_difference(), HasSubstr("app/links.json[0]: there is no template `nope`"));
  write("app/links.json", "{}");
  EXPECT_THAT(only_difference(), HasSubstr("expected an array"));
  write("app/p.cedar", "permit(principal == ?principal, action, resource);");
  EXPECT_THAT(only_difference(), HasSubstr("expected an @id"));
}

TEST_F(ApplicationTest, UnknownMembersAndNoRequestsDiffer) {
  write_app("null", request("{}", kByLink), R"(, "shouldValidate": true)");
  EXPECT_THAT(only_difference(), HasSubstr("shouldValidate"));
  write("app/n.json", R"({"app": "x", "requests": {}})");
  EXPECT_THAT(only_difference(), HasSubstr("n.json file: "));
  EXPECT_EQ(totals_.tests, 1u);
}

}  // namespace
}  // namespace ward::corpus
