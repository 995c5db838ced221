// The reference's verdicts: which policies are valid, which entities and requests conform, for the
// Cedar project's cases for validators and for its corpus.
#include <gtest/gtest.h>

#include <algorithm>

#include "cedar/validate/validator.h"
#include "tests/conformance/cedar_case.h"
#include "tests/support/conformance.h"
#include "tests/support/unpack.h"

namespace ward::testing {
namespace {

namespace fs = std::filesystem;

struct Tally {
  std::size_t conform = 0;
  std::size_t refused = 0;
  std::size_t only_permissive = 0;  // of the refused, those that permissive validation lets pass
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

void check_mode(const cedar::PolicyTreePtr& policy, const cedar::Schema& schema,
                cedar::ValidationMode mode, bool is_valid) {
  const auto got = cedar::validate_policy(*policy, schema, {.mode = mode});
  ASSERT_TRUE(got.ok()) << got.error().text();
  EXPECT_EQ(got->ok(), is_valid) << (mode == cedar::ValidationMode::kStrict ? "strict: "
                                                                            : "permissive: ")
                                 << policy->text()
                                 << (got->ok() ? "" : got->errors.front().message);
}

// The policies of a file against `perPolicy` of a verdict; how many were valid and how many not.
void check_policies(const std::string& text, const std::string& schema_text,
                    const codec::Json& verdict, const std::string& name, Tally& tally) {
  const auto schema = cedar::Schema::from_text(schema_text, name);
  ASSERT_TRUE(schema.ok()) << schema.error().text();
  const auto trees = cedar::parse_policy_trees(text, name);
  ASSERT_TRUE(trees.ok()) << trees.error().text();
  const codec::Json& policies = *verdict.find("policyValidation")->find("perPolicy");
  ASSERT_EQ(policies.if_object()->size(), trees->size()) << name;
  for (std::size_t i = 0; i < trees->size(); ++i) {
    const codec::Json& expected = *policies.find(fmt::format("policy{}", i));
    const bool is_valid = *expected.find("strict")->if_bool();
    const bool is_permissible = *expected.find("permissive")->if_bool();
    check_mode((*trees)[i], *schema, cedar::ValidationMode::kStrict, is_valid);
    check_mode((*trees)[i], *schema, cedar::ValidationMode::kPermissive, is_permissible);
    ++(is_valid ? tally.conform : tally.refused);
    if (!is_valid && is_permissible) ++tally.only_permissive;
  }
}

// Every verdict in a folder, the policies and schemas of another.
Tally check_folder(const fs::path& verdicts, const fs::path& root) {
  Tally tally;
  for (const auto& entry : fs::directory_iterator(verdicts)) {
    const std::string name = entry.path().filename().string();
    constexpr std::string_view kVerdict = ".validation.json";
    // The tarball has files of attributes, `._...`, beside the others.
    if (!name.ends_with(kVerdict) || name.starts_with("._")) continue;
    const std::string stem = name.substr(0, name.size() - kVerdict.size());
    const auto verdict = read_json(entry.path());
    const auto policies = read_text(root / (stem + ".cedar"));
    const auto schema = read_text(root / (stem + ".cedarschema"));
    EXPECT_TRUE(verdict.ok() && policies.ok() && schema.ok()) << name;
    if (!verdict.ok() || !policies.ok() || !schema.ok()) continue;
    check_policies(*policies, *schema, *verdict, stem, tally);
  }
  return tally;
}

TEST(CedarValidatorCases, PoliciesAreValidInBothModesAsTheReferenceSays) {
  WARD_CONFORMANCE_DATA(const fs::path root, "cedar/validator-cases");
  const Tally tally = check_folder(root, root);
  fmt::print("validator cases: {} policies strictly valid, {} not, {} of these permissible\n",
             tally.conform, tally.refused, tally.only_permissive);
  EXPECT_EQ(tally.conform, 125u);
  EXPECT_EQ(tally.refused, 213u);
  EXPECT_EQ(tally.only_permissive, 26u);
}

TEST(CedarValidation, CorpusPoliciesAreValidInBothModesAsTheReferenceSays) {
  WARD_CONFORMANCE_DATA(const fs::path texts, "cedar/integration-tests/corpus-tests.tar.gz");
  WARD_CONFORMANCE_DATA(const fs::path verdicts, "cedar/validation/corpus-tests-validation.tar.gz");
  const Tally tally = check_folder(unpack(verdicts, "cedar-validation") / "corpus-tests-validation",
                                   unpack(texts, "cedar-corpus") / "corpus-tests");
  fmt::print("corpus: {} policies strictly valid, {} not, {} of these permissible\n", tally.conform,
             tally.refused, tally.only_permissive);
  EXPECT_EQ(tally.conform, 6'147u);
  EXPECT_EQ(tally.refused, 1'603u);
  EXPECT_EQ(tally.only_permissive, 706u);
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
