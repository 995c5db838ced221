// The Cedar project's integration tests: 22 written by hand and a corpus of 7,809 that its fuzzer
// found worth keeping, each request with the reference implementation's decision, reasons, errors.
//
// As in the reference, entities and contexts are read by the schema of the test, entities must
// conform to it, and requests are checked unless the test says not to. Policies that are valid at a
// level are decided on the slice of that level too.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "cedar/validate/entity_slice.h"
#include "cedar/validate/validator.h"
#include "tests/conformance/cedar_case.h"
#include "tests/support/cedar_engines.h"
#include "tests/support/conformance.h"
#include "tests/support/unpack.h"

namespace ward::testing {
namespace {

namespace fs = std::filesystem;

struct Tally {
  std::size_t tests = 0;     // read whole and compared
  std::size_t compared = 0;  // requests
  std::size_t erring = 0;    // of these, with an error expected
  std::size_t validated = 0;
  std::size_t sliced = 0;  // requests that were decided on a slice of the entities too
  std::vector<std::string> differences;

  void add(const Tally& other) {
    tests += other.tests;
    compared += other.compared;
    erring += other.erring;
    validated += other.validated;
    sliced += other.sliced;
    differences.insert(differences.end(), other.differences.begin(), other.differences.end());
  }
};

// Whether all policies are strictly valid is `shouldValidate`.
void check_validity(const cedar::PolicySet& policies, const cedar::Schema& schema,
                    const codec::Json& test, const fs::path& file, Tally& tally) {
  bool is_valid = true;
  std::string why;
  for (const auto& [id, policy] : policies.policies()) {
    const auto got = cedar::validate_policy(policy.tree(), schema);
    is_valid = is_valid && got.ok() && got->ok();
    if (got.ok() && !got->ok()) why = fmt::format("{}: {}", id, got->errors.front().message);
  }
  if (is_valid != *test.find("shouldValidate")->if_bool()) {
    tally.differences.push_back(
        fmt::format("{}: shouldValidate: got {} {}", file.string(), is_valid, why));
  }
  ++tally.validated;
}

// The least level at which all policies are valid; nothing when they are not, or read entities that
// they name themselves.
std::optional<std::uint32_t> level_of(const cedar::PolicySet& policies,
                                      const cedar::Schema& schema) {
  constexpr std::uint32_t kLevelMax = 4;
  std::uint32_t level = 0;
  for (const auto& [id, policy] : policies.policies()) {
    while (true) {
      if (level > kLevelMax) return std::nullopt;
      const auto got = cedar::validate_policy(policy.tree(), schema, {.level = level});
      if (got.ok() && got->ok()) break;
      ++level;
    }
  }
  return level;
}

// One test file; its paths are relative to `root`.
void run_file(const fs::path& root, const fs::path& file, Tally& tally) {
  const auto fault = [&](std::string_view what, const Error& error) {
    tally.differences.push_back(fmt::format("{}: {}: {}", file.string(), what, error.text()));
  };
  const auto test = read_json(root / file);
  if (!test.ok()) return fault("test", test.error());
  const auto schema = read_schema(root, *test);
  if (!schema.ok()) return fault("schema", schema.error());
  const auto entities_text = read_text(root / *test->find("entities")->if_string());
  if (!entities_text.ok()) return fault("entities", entities_text.error());
  const auto entities = cedar::Entities::from_json(*entities_text, *schema);
  if (!entities.ok()) return fault("entities", entities.error());
  const auto policies_text = read_text(root / *test->find("policies")->if_string());
  if (!policies_text.ok()) return fault("policies", policies_text.error());
  const auto policies = cedar::parse_policies(*policies_text, file.string());
  if (!policies.ok()) return fault("policies", policies.error());
  check_validity(*policies, *schema, *test, file, tally);
  const auto level = level_of(*policies, *schema);
  const auto questions = read_questions(*test, &*schema);
  if (!questions.ok()) return fault("request", questions.error());
  const auto compiled = cedar::CompiledPolicies::compile(*policies);
  for (const CedarQuestion& question : *questions) {
    const cedar::Response got = cedar::authorize(question.request, *policies, *entities);
    ++tally.compared;
    if (const std::string what = difference(got, question.request, *compiled, *entities);
        !what.empty()) {
      tally.differences.push_back(
          fmt::format("{}: {}: engines: {}", file.string(), question.description, what));
    }
    if (!question.errors.empty()) ++tally.erring;
    if (const std::string what = difference(question, got); !what.empty()) {
      tally.differences.push_back(
          fmt::format("{}: {}:{}", file.string(), question.description, what));
    }
    if (!level) continue;
    const auto slice = cedar::slice_at_level(*entities, question.request, *level);
    if (!slice.ok()) return fault("slice", slice.error());
    const cedar::Response on_slice = cedar::authorize(question.request, *policies, *slice);
    ++tally.sliced;
    if (const std::string what = difference(question, on_slice); !what.empty()) {
      tally.differences.push_back(fmt::format("{}: {}: on the slice of level {}:{}", file.string(),
                                              question.description, *level, what));
    }
  }
  ++tally.tests;
}

Tally run_files(const fs::path& root, const std::vector<fs::path>& files) {
  Tally total;
  std::mutex mutex;
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    Tally mine;
    for (std::size_t i = next++; i < files.size(); i = next++) run_file(root, files[i], mine);
    const std::lock_guard lock(mutex);
    total.add(mine);
  };
  {
    const std::jthread other(work);
    work();
  }
  return total;
}

std::vector<fs::path> test_files(const fs::path& root, const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".json") && !name.ends_with(".entities.json")) {
      out.push_back(fs::relative(entry.path(), root));
    }
  }
  std::ranges::sort(out);
  return out;
}

void report(std::string_view name, const Tally& tally) {
  fmt::print(
      "{}: {} tests, {} validated, {} requests compared ({} of them with errors), {} of them again "
      "on a "
      "slice, {} different\n",
      name, tally.tests, tally.validated, tally.compared, tally.erring, tally.sliced,
      tally.differences.size());
  EXPECT_EQ(tally.validated, tally.tests);
  constexpr std::size_t kShown = 20;
  for (std::size_t i = 0; i < std::min(kShown, tally.differences.size()); ++i) {
    ADD_FAILURE() << tally.differences[i];
  }
  EXPECT_EQ(tally.differences.size(), 0u);
}

TEST(CedarCorpus, HandWrittenTestsGetTheReferencesAnswers) {
  WARD_CONFORMANCE_DATA(const fs::path root, "cedar/integration-tests");
  const Tally tally = run_files(root, test_files(root, "tests"));
  report("hand-written", tally);
  EXPECT_EQ(tally.tests, 22u);
  EXPECT_EQ(tally.compared, 74u);
}

TEST(CedarCorpus, CorpusGetsTheReferencesAnswers) {
  WARD_CONFORMANCE_DATA(const fs::path tarball, "cedar/integration-tests/corpus-tests.tar.gz");
  const fs::path root = unpack(tarball, "cedar-corpus");
  const Tally tally = run_files(root, test_files(root, "corpus-tests"));
  report("corpus", tally);
  EXPECT_EQ(tally.tests, 7'809u);
  EXPECT_EQ(tally.compared, 62'472u);
  EXPECT_EQ(tally.erring, 3'782u);
  EXPECT_EQ(tally.sliced, 47'912u);
}

}  // namespace
}  // namespace ward::testing
