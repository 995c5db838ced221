// A directory of tests on disk, made file by file, and what a run of it says.
#pragma once

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/runner.h"
#include "os/testing/forwarding_file_system.h"

namespace ward::corpus::testing {

// Files and directories of these paths cannot be read, whoever runs the test.
class UnreadableFiles final : public os::testing::ForwardingFileSystem {
 public:
  Result<Bytes> read_file(const std::string& path, std::size_t max) const override {
    if (paths.contains(path)) return make_error(ErrorCode::kPermissionDenied, "read `{}`", path);
    return ForwardingFileSystem::read_file(path, max);
  }
  Result<std::vector<std::string>> list_directory(const std::string& path,
                                                  std::size_t max) const override {
    if (paths.contains(path)) return make_error(ErrorCode::kPermissionDenied, "list `{}`", path);
    return ForwardingFileSystem::list_directory(path, max);
  }
  std::set<std::string> paths;
};

class CorpusTest : public ::testing::Test {
 protected:
  static constexpr std::string_view kSchema = R"(
entity User, Group;
entity Doc { owner: User };
action view, edit appliesTo { principal: User, resource: Doc, context: { n?: Long, by?: User } };)";
  static constexpr std::string_view kPolicies = R"(
permit(principal, action == Action::"view", resource) when { resource.owner == principal };
@id("named") forbid(principal, action, resource) when { context has n && context.n > 9007199254740993 };)";
  static constexpr std::string_view kEntities = R"([
{"uid": {"type": "Doc", "id": "d"}, "attrs": {"owner": {"type": "User", "id": "a"}}, "parents": []}])";
  static constexpr std::string_view kPaths =
      R"("policies": "p.cedar", "entities": "e.entities.json", "schema": "s.cedarschema")";

  CorpusTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ward-corpus-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    write("p.cedar", kPolicies);
    write("s.cedarschema", kSchema);
    write("e.entities.json", kEntities);
  }
  ~CorpusTest() override { std::filesystem::remove_all(directory_); }

  std::string path(std::string_view name) const { return fmt::format("{}/{}", directory_, name); }
  void write(std::string_view name, std::string_view text) const {
    const std::filesystem::path file = path(name);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }

  // A request of user `a` to view document `d`, which is allowed by policy0; `members` come last.
  static std::string request(
      std::string_view context = "{}",
      std::string_view expected = R"("decision": "allow", "reason": ["policy0"], "errors": [])") {
    return fmt::format(R"({{"description": "r", "principal": {{"type": "User", "id": "a"}},
"action": {{"type": "Action", "id": "view"}}, "resource": {{"type": "Doc", "id": "d"}},
"context": {}, {}}})",
                       context, expected);
  }
  static std::string test(const std::string& requests, std::string_view paths = kPaths) {
    return fmt::format(R"({{{}, "shouldValidate": true, "requests": [{}]}})", paths, requests);
  }
  void write_test(std::string_view name, const std::string& requests) const {
    write(name, test(requests));
  }

  // `test check: detail` of each difference.
  std::vector<std::string> run() {
    std::vector<std::string> out;
    const auto ran = run_corpus(files_, directory_, exclusions_, [&](const Difference& found) {
      out.push_back(fmt::format("{} {}: {}", found.test, found.check, found.detail));
    });
    EXPECT_TRUE(ran.ok()) << ran.error().text();
    if (ran.ok()) totals_ = *ran;
    EXPECT_EQ(out.size(), totals_.different);
    return out;
  }
  // Everything is equal, and this many checks are.
  void expect_equal(std::size_t checks) {
    for (const std::string& each : run()) ADD_FAILURE() << each;
    EXPECT_EQ(totals_.equal, checks);
  }
  // The one difference of a run.
  std::string only_difference() {
    const auto found = run();
    EXPECT_EQ(found.size(), 1u) << fmt::format("{}", fmt::join(found, "\n"));
    return found.empty() ? "" : found.front();
  }

  std::string directory_;
  UnreadableFiles files_;
  Exclusions exclusions_;
  CorpusTotals totals_;
};

}  // namespace ward::corpus::testing
