// Every policy that came with the Cedar project's tests, formatted: the same policies, and nothing
// changes the second time.
#include <gtest/gtest.h>

#include "cedar/format/formatter.h"
#include "tests/conformance/cedar_policy_files.h"
#include "tests/support/conformance.h"
#include "tests/support/unpack.h"

namespace ward::testing {
namespace {

namespace fs = std::filesystem;

// Empty, or what went wrong.
std::string format_twice(const std::string& text, const cedar::FormatOptions& options) {
  const auto once = cedar::format_policies(text, "p", options);
  if (!once.ok()) return once.error().text();
  const auto before = cedar::parse_policy_trees(text);
  const auto after = cedar::parse_policy_trees(*once);
  if (!after.ok()) return after.error().text();
  if (!std::ranges::equal(*before, *after, [](const auto& a, const auto& b) {
        return cedar::same_policy(*a, *b);
      })) {
    return "other policies: " + *once;
  }
  const auto twice = cedar::format_policies(*once, "p", options);
  if (!twice.ok()) return twice.error().text();
  return *twice == *once ? "" : "changed again: " + *once + *twice;
}

std::size_t format_all(const fs::path& root) {
  std::size_t files = 0;
  each_policy_file(root, [&](const fs::path& path, const std::string& text) {
    EXPECT_EQ(format_twice(text, {}), "") << path;
    EXPECT_EQ(format_twice(text, {.line_width = 24, .indent_width = 3}), "") << path;
    ++files;
  });
  return files;
}

TEST(CedarFormat, CorpusPoliciesStayWhatTheyAre) {
  WARD_CONFORMANCE_DATA(const fs::path tarball, "cedar/integration-tests/corpus-tests.tar.gz");
  const std::size_t files = format_all(unpack(tarball, "cedar-corpus"));
  fmt::print("corpus: {} files formatted\n", files);
  EXPECT_EQ(files, 7'809u);
}

TEST(CedarFormat, OtherPoliciesStayWhatTheyAre) {
  WARD_CONFORMANCE_DATA(const fs::path root, "cedar");
  const std::size_t files = format_all(root);
  fmt::print("{} more files formatted\n", files);
  EXPECT_EQ(files, 143u);
}

}  // namespace
}  // namespace ward::testing
