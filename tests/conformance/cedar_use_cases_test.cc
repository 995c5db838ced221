// The example applications and entity files of the Cedar project that need no schema: of the
// applications those whose entities are written in explicit forms and
// whose schemas put no action into a group; the others wait for a reader that knows schemas.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/conformance/cedar_case.h"
#include "tests/support/conformance.h"

namespace ward::testing {
namespace {

namespace fs = std::filesystem;

Result<cedar::Request> read_request(const fs::path& path) {
  WARD_TRY(const codec::Json json, read_json(path));
  WARD_TRY(codec::JsonReader reader, codec::JsonReader::of(json));
  WARD_TRY(const std::string_view principal, reader.string("principal"));
  WARD_TRY(const std::string_view action, reader.string("action"));
  WARD_TRY(const std::string_view resource, reader.string("resource"));
  WARD_TRY(const codec::Json* context, reader.any("context"));
  WARD_TRY(cedar::EntityUid principal_uid, cedar::EntityUid::parse(principal));
  WARD_TRY(cedar::EntityUid action_uid, cedar::EntityUid::parse(action));
  WARD_TRY(cedar::EntityUid resource_uid, cedar::EntityUid::parse(resource));
  WARD_TRY(cedar::Record record, cedar::context_from_json(*context));
  return cedar::Request{std::move(principal_uid), std::move(action_uid), std::move(resource_uid),
                        std::move(record)};
}

class CedarUseCase : public ::testing::TestWithParam<std::string_view> {};

TEST_P(CedarUseCase, RequestsAreDecidedAsTheirFolderSays) {
  WARD_CONFORMANCE_DATA(const fs::path root, "cedar/use-cases");
  const fs::path folder = root / GetParam();
  const auto policies_text = read_text(folder / "policies.cedar");
  ASSERT_TRUE(policies_text.ok()) << policies_text.error().text();
  const auto policies = cedar::parse_policies(*policies_text, "policies.cedar");
  ASSERT_TRUE(policies.ok()) << policies.error().text();
  const auto entities_text = read_text(folder / "entities.json");
  ASSERT_TRUE(entities_text.ok()) << entities_text.error().text();
  const auto entities = cedar::Entities::from_json(*entities_text);
  ASSERT_TRUE(entities.ok()) << entities.error().text();
  for (const std::string_view decision : {"ALLOW", "DENY"}) {
    std::size_t requests = 0;
    for (const auto& file : fs::directory_iterator(folder / decision)) {
      const auto request = read_request(file.path());
      ASSERT_TRUE(request.ok()) << file.path() << request.error().text();
      const cedar::Response got = cedar::authorize(*request, *policies, *entities);
      EXPECT_EQ(got.decision == cedar::Decision::kAllow, decision == "ALLOW") << file.path();
      EXPECT_TRUE(got.errors.empty()) << file.path() << got.errors.front().error.message;
      ++requests;
    }
    EXPECT_GT(requests, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Applications, CedarUseCase,
                         ::testing::Values("github_example", "document_cloud"));

struct EntityCase {
  std::string_view name;
  bool is_read;
};

// Of the entity cases, those whose verdict does not rest on the schema.
TEST(CedarEntityCases, FilesAreReadOrRefusedAsTheReferenceDoes) {
  WARD_CONFORMANCE_DATA(const fs::path root, "cedar/entity-cases");
  for (const EntityCase& each : {EntityCase{"explicit-entity-form", true},
                                 {"explicit-entity-extra-field", true},
                                 {"uid-extra-field", true},
                                 {"tags-empty", true},
                                 {"tags-no-change", true},
                                 {"missing-attrs-field", false},
                                 {"bad-json", false}}) {
    const auto text = read_text(root / fmt::format("{}.entities.json", each.name));
    ASSERT_TRUE(text.ok()) << text.error().text();
    const auto verdict = read_json(root / fmt::format("{}.parsing.json", each.name));
    ASSERT_TRUE(verdict.ok()) << verdict.error().text();
    EXPECT_EQ(*verdict->find("allEntities")->find("success")->if_bool(), each.is_read);
    EXPECT_EQ(cedar::Entities::from_json(*text).ok(), each.is_read) << each.name;
  }
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
