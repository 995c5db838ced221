// The Cedar project's cases for validators: which entities and requests conform to their schema.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/conformance/cedar_case.h"
#include "tests/support/conformance.h"

namespace ward::testing {
namespace {

namespace fs = std::filesystem;

struct Tally {
  std::size_t conform = 0;
  std::size_t refused = 0;
};

void check_entities(const codec::Json& entities, const cedar::Schema& schema,
                    const codec::Json& verdict, const std::string& name, Tally& tally) {
  for (const codec::Json& entity : *entities.if_array()) {
    const auto uid = cedar::uid_from_json(*entity.find("uid"));
    ASSERT_TRUE(uid.ok()) << name;
    const codec::Json* expected =
        verdict.find(fmt::format("{}::{}", uid->type().name(), uid->id()));
    ASSERT_NE(expected, nullptr) << name << uid->text();
    const auto got =
        cedar::Entities::from_json(codec::write_json(codec::Json::array({entity})), schema);
    const bool conforms = expected->find("errors") == nullptr;
    EXPECT_EQ(got.ok(), conforms) << name << (got.ok() ? "" : got.error().text());
    ++(conforms ? tally.conform : tally.refused);
  }
}

void check_requests(const codec::Json& requests, const cedar::Schema& schema,
                    const codec::JsonArray& verdicts, const std::string& name, Tally& tally) {
  ASSERT_EQ(requests.if_array()->size(), verdicts.size()) << name;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    codec::Json request = (*requests.if_array())[i];
    // Whether it conforms is the question here, even where the test would not ask.
    request.if_object()->set("validateRequest", true);
    const auto got = read_question(request, &schema);
    const bool conforms = *verdicts[i].find("strict")->if_bool();
    EXPECT_EQ(got.ok(), conforms) << name << (got.ok() ? "" : got.error().text());
    ++(conforms ? tally.conform : tally.refused);
  }
}

TEST(CedarValidatorCases, EntitiesAndRequestsConformAsTheReferenceSays) {
  WARD_CONFORMANCE_DATA(const fs::path root, "cedar/validator-cases");
  Tally entities;
  Tally requests;
  std::size_t cases = 0;
  for (const auto& entry : fs::directory_iterator(root)) {
    const std::string name = entry.path().filename().string();
    constexpr std::string_view kVerdict = ".validation.json";
    if (!name.ends_with(kVerdict)) continue;
    const std::string stem = name.substr(0, name.size() - kVerdict.size());
    const auto verdict = read_json(entry.path());
    ASSERT_TRUE(verdict.ok()) << verdict.error().text();
    const auto text = read_text(root / (stem + ".cedarschema"));
    ASSERT_TRUE(text.ok()) << text.error().text();
    const auto schema = cedar::Schema::from_text(*text, stem);
    ASSERT_TRUE(schema.ok()) << schema.error().text();
    const auto given = read_json(root / (stem + ".entities.json"));
    ASSERT_TRUE(given.ok()) << given.error().text();
    check_entities(*given, *schema, *verdict->find("entityValidation")->find("perEntity"), name,
                   entities);
    const auto test = read_json(root / (stem + ".json"));
    ASSERT_TRUE(test.ok()) << test.error().text();
    check_requests(*test->find("requests"), *schema,
                   *verdict->find("requestValidation")->if_array(), name, requests);
    ++cases;
  }
  fmt::print(
      "validator cases: {}; entities: {} conform, {} refused; requests: {} conform, {} "
      "refused\n",
      cases, entities.conform, entities.refused, requests.conform, requests.refused);
  EXPECT_EQ(cases, 110u);
  EXPECT_EQ(entities.conform, 30u);
  EXPECT_EQ(entities.refused, 23u);
  EXPECT_EQ(requests.conform, 8u);
  EXPECT_EQ(requests.refused, 11u);
}

}  // namespace
}  // namespace ward::testing
