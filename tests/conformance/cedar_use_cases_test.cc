// The example applications of the Cedar project, template links included, and its entity files,
// read by their schemas.
#include <gtest/gtest.h>

#include <algorithm>

#include "cedar/policy_json/policy_set_json.h"
#include "tests/conformance/cedar_case.h"
#include "tests/support/cedar_engines.h"
#include "tests/support/conformance.h"

namespace ward::testing {
namespace {

namespace fs = std::filesystem;

Result<cedar::Request> read_request(const fs::path& path, const cedar::Schema& schema) {
  WARD_TRY(const codec::Json json, read_json(path));
  WARD_TRY(codec::JsonReader reader, codec::JsonReader::of(json));
  WARD_TRY(const std::string_view principal, reader.string("principal"));
  WARD_TRY(const std::string_view action, reader.string("action"));
  WARD_TRY(const std::string_view resource, reader.string("resource"));
  WARD_TRY(const codec::Json* context, reader.any("context"));
  WARD_TRY(cedar::EntityUid principal_uid, cedar::EntityUid::parse(principal));
  WARD_TRY(cedar::EntityUid action_uid, cedar::EntityUid::parse(action));
  WARD_TRY(cedar::EntityUid resource_uid, cedar::EntityUid::parse(resource));
  WARD_TRY(cedar::Record record, cedar::context_from_json(*context, schema, action_uid));
  cedar::Request out{std::move(principal_uid), std::move(action_uid), std::move(resource_uid),
                     std::move(record)};
  WARD_RETURN_IF_ERROR(cedar::check_request(out, schema));
  return out;
}

Result<std::optional<cedar::EntityUid>> slot(const codec::Json& arguments, std::string_view name) {
  const codec::Json* text = arguments.find(name);
  if (text == nullptr) return std::optional<cedar::EntityUid>();
  WARD_TRY(cedar::EntityUid uid, cedar::EntityUid::parse(*text->if_string()));
  return std::optional(std::move(uid));
}

// The file `linked`, if there is one.
Result<void> link_all(cedar::PolicySet& policies, const fs::path& path) {
  if (!fs::exists(path)) return {};
  WARD_TRY(const codec::Json links, read_json(path));
  for (const codec::Json& link : *links.if_array()) {
    WARD_TRY(codec::JsonReader reader, codec::JsonReader::of(link, "link"));
    WARD_TRY(const std::string_view from, reader.string("template_id"));
    WARD_TRY(const std::string_view id, reader.string("link_id"));
    WARD_TRY(const codec::Json* arguments, reader.any("args"));
    WARD_TRY(auto principal, slot(*arguments, "?principal"));
    WARD_TRY(auto resource, slot(*arguments, "?resource"));
    WARD_RETURN_IF_ERROR(
        policies.link(from, std::string(id),
                      {.principal = std::move(principal), .resource = std::move(resource)}));
  }
  return {};
}

struct UseCase {
  std::string_view folder;
  bool conforms = true;
};

class CedarUseCase : public ::testing::TestWithParam<UseCase> {};

TEST_P(CedarUseCase, RequestsAreDecidedAsTheirFolderSays) {
  WARD_CONFORMANCE_DATA(const fs::path root, "cedar/use-cases");
  const fs::path folder = root / GetParam().folder;
  const auto policies_text = read_text(folder / "policies.cedar");
  ASSERT_TRUE(policies_text.ok()) << policies_text.error().text();
  const auto parsed = cedar::parse_policies(*policies_text, "policies.cedar");
  ASSERT_TRUE(parsed.ok()) << parsed.error().text();
  auto policies = parsed->renamed_by_annotation("id");
  ASSERT_TRUE(policies.ok()) << policies.error().text();
  const auto linked = link_all(*policies, folder / "linked");
  ASSERT_TRUE(linked.ok()) << linked.error().text();
  const auto json = cedar::policy_set_to_json(*policies);
  ASSERT_TRUE(json.ok()) << json.error().text();
  const auto from_json = cedar::policy_set_from_json(*json, "policies.json");
  ASSERT_TRUE(from_json.ok()) << from_json.error().text();
  const auto schema_text = read_text(folder / "policies.cedarschema");
  ASSERT_TRUE(schema_text.ok()) << schema_text.error().text();
  const auto schema = cedar::Schema::from_text(*schema_text, "policies.cedarschema");
  ASSERT_TRUE(schema.ok()) << schema.error().text();
  const auto entities_text = read_text(folder / "entities.json");
  ASSERT_TRUE(entities_text.ok()) << entities_text.error().text();
  auto entities = cedar::Entities::from_json(*entities_text, *schema);
  ASSERT_EQ(entities.ok(), GetParam().conforms);
  if (!entities.ok()) entities = cedar::Entities::from_json(*entities_text);
  ASSERT_TRUE(entities.ok()) << entities.error().text();
  const auto compiled = cedar::CompiledPolicies::compile(*policies);
  for (const std::string_view decision : {"ALLOW", "DENY"}) {
    std::size_t requests = 0;
    for (const auto& file : fs::directory_iterator(folder / decision)) {
      const auto request = read_request(file.path(), *schema);
      ASSERT_TRUE(request.ok()) << file.path() << request.error().text();
      const cedar::Response got = cedar::authorize(*request, *policies, *entities);
      EXPECT_EQ(difference(got, *request, *compiled, *entities), "") << file.path();
      EXPECT_EQ(got.decision == cedar::Decision::kAllow, decision == "ALLOW") << file.path();
      EXPECT_TRUE(got.errors.empty()) << file.path() << got.errors.front().error.message;
      const cedar::Response again = cedar::authorize(*request, *from_json, *entities);
      EXPECT_EQ(again.decision, got.decision) << file.path();
      EXPECT_EQ(again.reasons, got.reasons) << file.path();
      ++requests;
    }
    EXPECT_GT(requests, 0u);
  }
}

// Two have entities that their own schemas do not know: documents for shares, a user in a group of
// another type.
INSTANTIATE_TEST_SUITE_P(
    Applications, CedarUseCase,
    ::testing::Values(UseCase{"document_cloud", false}, UseCase{"github_example", false},
                      UseCase{"hotel_chains/static"}, UseCase{"hotel_chains/templated"},
                      UseCase{"sales_orgs/static"}, UseCase{"sales_orgs/templated"},
                      UseCase{"streaming_service"}, UseCase{"tags_n_roles"},
                      UseCase{"tax_preparer"}));

// The entities one by one, as the verdict names them: `Type::id`.
void check_each(const codec::Json& entities, const cedar::Schema& schema,
                const codec::Json& verdict, const fs::path& file) {
  std::size_t each = 0;
  for (const codec::Json& entity : *entities.if_array()) {
    const codec::Json& uid = *entity.find("uid");
    const std::string name =
        fmt::format("{}::{}", *uid.find("type")->if_string(), *uid.find("id")->if_string());
    const codec::Json* expected = verdict.find(name);
    ASSERT_NE(expected, nullptr) << file << name;
    const auto got =
        cedar::Entities::from_json(codec::write_json(codec::Json::array({entity})), schema);
    EXPECT_EQ(got.ok(), *expected->find("success")->if_bool())
        << file << name << (got.ok() ? "" : got.error().text());
    ++each;
  }
  EXPECT_EQ(each, verdict.if_object()->size()) << file;
}

TEST(CedarEntityCases, FilesAreReadOrRefusedAsTheReferenceDoes) {
  WARD_CONFORMANCE_DATA(const fs::path root, "cedar/entity-cases");
  std::size_t read = 0;
  std::size_t refused = 0;
  for (const auto& entry : fs::directory_iterator(root)) {
    const std::string name = entry.path().filename().string();
    constexpr std::string_view kVerdict = ".parsing.json";
    if (!name.ends_with(kVerdict)) continue;
    const std::string stem = name.substr(0, name.size() - kVerdict.size());
    const auto verdict = read_json(entry.path());
    ASSERT_TRUE(verdict.ok()) << verdict.error().text();
    const auto test = read_json(root / (stem + ".json"));
    ASSERT_TRUE(test.ok()) << test.error().text();
    const auto schema = read_schema(root, *test);
    ASSERT_TRUE(schema.ok()) << schema.error().text();
    const auto text = read_text(root / *test->find("entities")->if_string());
    ASSERT_TRUE(text.ok()) << text.error().text();
    const bool is_read = *verdict->find("allEntities")->find("success")->if_bool();
    const auto entities = cedar::Entities::from_json(*text, *schema);
    EXPECT_EQ(entities.ok(), is_read) << name << (entities.ok() ? "" : entities.error().text());
    ++(is_read ? read : refused);
    const auto json = codec::parse_json(*text);
    if (json.ok()) check_each(*json, *schema, *verdict->find("perEntity"), entry.path());
  }
  fmt::print("entity cases: {} read, {} refused\n", read, refused);
  EXPECT_EQ(read, 10u);
  EXPECT_EQ(refused, 12u);
}

// All of them parse, templates too.
TEST(CedarUseCases, PoliciesOfAllApplicationsParse) {
  WARD_CONFORMANCE_DATA(const fs::path root, "cedar/use-cases");
  std::size_t files = 0;
  for (const auto& file : fs::recursive_directory_iterator(root)) {
    if (file.path().filename() != "policies.cedar") continue;
    const auto text = read_text(file.path());
    ASSERT_TRUE(text.ok()) << text.error().text();
    const auto policies = cedar::parse_policies(*text, file.path().string());
    ASSERT_TRUE(policies.ok()) << policies.error().text();
    const auto named = policies->renamed_by_annotation("id");
    EXPECT_TRUE(named.ok()) << file.path() << named.error().text();
    ++files;
  }
  EXPECT_EQ(files, 9u);
}

}  // namespace
}  // namespace ward::testing
