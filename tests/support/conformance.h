// Where the conformance data made by others lies: WARD_CONFORMANCE_DIR, else ../shared/conformance
// beside the checkout.
//
// Absent data is a loud skip on a developer's machine and a failure where CI is set.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace ward::testing {

inline std::filesystem::path conformance_dir() {
  if (const char* dir = std::getenv("WARD_CONFORMANCE_DIR")) return dir;
  return std::filesystem::path(WARD_SOURCE_DIR).parent_path() / "shared" / "conformance";
}

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
