// Every policy that came with the Cedar project's tests, for tests that look at each.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/conformance/cedar_case.h"

namespace ward::testing {

// Calls `take` with the path and the text of each policy file below `root`.
template <typename Take>
void each_policy_file(const std::filesystem::path& root, Take take) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".cedar") continue;
    const auto text = read_text(entry.path());
    ASSERT_TRUE(text.ok()) << text.error().text();
    take(entry.path(), *text);
  }
}

}  // namespace ward::testing
