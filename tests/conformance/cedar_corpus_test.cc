// The Cedar project's integration tests: 22 written by hand and a corpus of 7,809 that its fuzzer
// found worth keeping, each request with the reference implementation's decision, reasons, errors.
//
// The reference reads entities and contexts by the schema of the test. What is written in explicit
// forms means the same without it; what is not waits for a reader that knows schemas, is counted
// and is printed.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "tests/conformance/cedar_case.h"
#include "tests/support/conformance.h"

namespace ward::testing {
namespace {

namespace fs = std::filesystem;

struct Tally {
  std::size_t tests = 0;          // with at least one request compared
  std::size_t compared = 0;       // requests
  std::size_t erring = 0;         // of these, with an error expected
  std::set<std::string> waiting;  // files that need a schema to be read
  std::vector<std::string> differences;

  void add(const Tally& other) {
    tests += other.tests;
    compared += other.compared;
    erring += other.erring;
    waiting.insert(other.waiting.begin(), other.waiting.end());
    differences.insert(differences.end(), other.differences.begin(), other.differences.end());
  }
};

// Adds the names of the members that hold a value which means something else without a schema: an
// entity reference without its escape or, by what the hand-written tests' schemas say of these two
// members of contexts, an ipaddr and a decimal in a plain string. (The corpus escapes both.)
void find_implicit(const codec::Json& json, const std::string& name, std::set<std::string>& out) {
  if (const codec::JsonArray* array = json.if_array()) {
    for (const codec::Json& item : *array) find_implicit(item, name, out);
  }
  if (json.if_string() != nullptr && (name == "source_ip" || name == "confidence_score")) {
    out.insert(name);
  }
  const codec::JsonObject* object = json.if_object();
  if (object == nullptr || object->contains("__entity") || object->contains("__extn")) return;
  if (object->size() == 2 && object->contains("type") && object->contains("id")) out.insert(name);
  for (const auto& [member, value] : *object) find_implicit(value, member, out);
}

std::set<std::string> implicit_in_entities(const codec::Json& entities) {
  std::set<std::string> out;
  for (const codec::Json& entity : *entities.if_array()) {
    find_implicit(*entity.find("attrs"), "attrs", out);
    if (const codec::Json* tags = entity.find("tags")) find_implicit(*tags, "tags", out);
  }
  return out;
}

// A member that no policy names cannot change an answer, however it was read.
bool any_named(const std::set<std::string>& members, std::string_view policies) {
  return std::ranges::any_of(members, [&](const std::string& member) {
    return policies.find(member) != std::string_view::npos;
  });
}

// One test file; its paths are relative to `root`.
void run_file(const fs::path& root, const fs::path& file, Tally& tally) {
  const auto fault = [&](std::string_view what, const Error& error) {
    tally.differences.push_back(fmt::format("{}: {}: {}", file.string(), what, error.text()));
  };
  const auto test = read_case(root / file);
  if (!test.ok()) return fault("test", test.error());
  const fs::path policies_path = root / *test->json.find("policies")->if_string();
  const fs::path entities_path = root / *test->json.find("entities")->if_string();
  const auto entities_text = read_text(entities_path);
  if (!entities_text.ok()) return fault("entities", entities_text.error());
  const auto entities_json = read_json(entities_path);
  if (!entities_json.ok()) return fault("entities", entities_json.error());
  const auto entities = cedar::Entities::from_json(*entities_text);
  if (!entities.ok()) return fault("entities", entities.error());
  const auto policies_text = read_text(policies_path);
  if (!policies_text.ok()) return fault("policies", policies_text.error());
  const auto policies = cedar::parse_policies(*policies_text, file.string());
  if (!policies.ok()) return fault("policies", policies.error());
  if (any_named(implicit_in_entities(*entities_json), *policies_text)) {
    tally.waiting.insert(file.string());
    return;
  }
  const std::size_t before = tally.compared;
  for (const CedarQuestion& question : test->questions) {
    std::set<std::string> implicit;
    find_implicit(*question.context, "context", implicit);
    if (any_named(implicit, *policies_text)) {
      tally.waiting.insert(file.string());
      continue;
    }
    const cedar::Response got = cedar::authorize(question.request, *policies, *entities);
    ++tally.compared;
    if (!question.errors.empty()) ++tally.erring;
    if (const std::string what = difference(question, got); !what.empty()) {
      tally.differences.push_back(
          fmt::format("{}: {}:{}", file.string(), question.description, what));
    }
  }
  if (tally.compared > before) ++tally.tests;
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

// Unpacked once for a tarball of this size and time; the folder appears whole or not at all.
fs::path unpack(const fs::path& tarball) {
  const auto stamp = fs::last_write_time(tarball).time_since_epoch().count();
  const fs::path target = binary_dir() / "conformance" /
                          fmt::format("cedar-corpus-{}-{}", fs::file_size(tarball), stamp);
  if (fs::exists(target)) return target;
  const fs::path partial = target.string() + ".partial";
  fs::remove_all(partial);
  fs::create_directories(partial);
  const std::string command =
      fmt::format("tar -xzf '{}' -C '{}'", tarball.string(), partial.string());
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  fs::rename(partial, target);
  return target;
}

void report(std::string_view name, const Tally& tally) {
  fmt::print(
      "{}: {} tests, {} requests equal ({} of them with errors), {} files wait for "
      "schema-based parsing\n",
      name, tally.tests, tally.compared - tally.differences.size(), tally.erring,
      tally.waiting.size());
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
  EXPECT_EQ(tally.tests, 16u);
  EXPECT_EQ(tally.compared, 49u);  // of 74
  EXPECT_EQ(tally.waiting.size(), 6u);
}

TEST(CedarCorpus, CorpusGetsTheReferencesAnswers) {
  WARD_CONFORMANCE_DATA(const fs::path tarball, "cedar/integration-tests/corpus-tests.tar.gz");
  const fs::path root = unpack(tarball);
  const Tally tally = run_files(root, test_files(root, "corpus-tests"));
  report("corpus", tally);
  EXPECT_EQ(tally.tests, 7'809u);
  EXPECT_EQ(tally.compared, 62'472u);
  EXPECT_EQ(tally.erring, 3'782u);
  EXPECT_EQ(tally.waiting.size(), 0u);
}

}  // namespace
}  // namespace ward::testing
