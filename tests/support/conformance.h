// Tests on conformance data made by others: absent data is a loud skip on a developer's machine and
// a failure where CI is set.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/support/paths.h"

namespace ward::testing {

inline bool in_ci() {
  return std::getenv("CI") != nullptr;
}

}  // namespace ward::testing

// Use in a test body: WARD_CONFORMANCE_DATA(const auto dir, "cedar/integration-tests");
#define WARD_CONFORMANCE_DATA(declaration, part)                                                   \
  declaration = ::ward::testing::conformance_dir() / (part);                                       \
  if (!std::filesystem::exists(::ward::testing::conformance_dir() / (part))) {                     \
    if (::ward::testing::in_ci()) GTEST_FAIL() << "conformance data is missing: " << (part);       \
    GTEST_SKIP() << "CONFORMANCE DATA MISSING: " << (::ward::testing::conformance_dir() / (part)); \
  }                                                                                                \
  static_assert(true)
