// The inputs of the benchmarks of Cedar's paper, with the reference implementation's answers.
#include "tests/conformance/cedar_oopsla.h"

#include <gtest/gtest.h>

#include "tests/support/cedar_engines.h"
#include "tests/support/conformance.h"

namespace ward::testing {
namespace {

struct Expected {
  std::string_view folder;
  std::string_view file;
  std::size_t links;
  std::size_t allows;  // so that an input of denies alone would be noticed
};

class CedarOopsla : public ::testing::TestWithParam<Expected> {};

TEST_P(CedarOopsla, InputGetsTheReferencesAnswers) {
  WARD_CONFORMANCE_DATA(const std::filesystem::path root, "cedar/oopsla");
  const auto input = read_oopsla(root / GetParam().folder, GetParam().file);
  ASSERT_TRUE(input.ok()) << input.error().text();
  EXPECT_EQ(input->links, GetParam().links);
  ASSERT_EQ(input->test.questions.size(), 100u);
  const auto compiled = cedar::CompiledPolicies::compile(input->policies);
  std::size_t allows = 0;
  for (const CedarQuestion& question : input->test.questions) {
    const cedar::Response got =
        cedar::authorize(question.request, input->policies, input->entities);
    EXPECT_EQ(difference(question, got), "") << question.description;
    EXPECT_EQ(difference(got, question.request, *compiled, input->entities), "");
    if (got.decision == cedar::Decision::kAllow) ++allows;
  }
  EXPECT_EQ(allows, GetParam().allows);
}

// Their entities conform to their schemas, and so do their requests; the answers are the same.
TEST_P(CedarOopsla, InputConformsToItsSchema) {
  WARD_CONFORMANCE_DATA(const std::filesystem::path root, "cedar/oopsla");
  const std::filesystem::path folder = root / GetParam().folder;
  const auto input = read_oopsla(folder, GetParam().file);
  ASSERT_TRUE(input.ok()) << input.error().text();
  const auto schema_text = read_text(folder / "schema.json");
  ASSERT_TRUE(schema_text.ok()) << schema_text.error().text();
  const auto schema = cedar::Schema::from_json(*schema_text, "schema.json");
  ASSERT_TRUE(schema.ok()) << schema.error().text();
  const auto text = read_text(folder / *input->test.json.find("entities")->if_string());
  ASSERT_TRUE(text.ok()) << text.error().text();
  const auto entities = cedar::Entities::from_json(*text, *schema);
  ASSERT_TRUE(entities.ok()) << entities.error().text();
  const auto questions = read_questions(input->test.json, &*schema);
  ASSERT_TRUE(questions.ok()) << questions.error().text();
  for (const CedarQuestion& question : *questions) {
    const cedar::Response got = cedar::authorize(question.request, input->policies, *entities);
    EXPECT_EQ(difference(question, got), "") << question.description;
  }
}

INSTANTIATE_TEST_SUITE_P(Inputs, CedarOopsla,
                         ::testing::Values(Expected{"gdrive-templates", "n05_h0.json", 4, 7},
                                           Expected{"gdrive-templates", "n50_h0.json", 517, 31},
                                           Expected{"tinytodo", "n05_h0.json", 0, 39},
                                           Expected{"tinytodo", "n50_h0.json", 0, 31}));

}  // namespace
}  // namespace ward::testing
