// Conformance data that comes as a tarball.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "tests/support/paths.h"

namespace ward::testing {

// Unpacks once for a tarball of this size and time, into the build folder; the folder appears whole
// or not at all, whoever else unpacks the same at the same time.
inline std::filesystem::path unpack(const std::filesystem::path& tarball, std::string_view name) {
  namespace fs = std::filesystem;
  const auto stamp = fs::last_write_time(tarball).time_since_epoch().count();
  const fs::path target =
      binary_dir() / "conformance" / fmt::format("{}-{}-{}", name, fs::file_size(tarball), stamp);
  if (fs::exists(target)) return target;
  std::string partial = target.string() + ".XXXXXX";
  fs::create_directories(target.parent_path());
  EXPECT_NE(mkdtemp(partial.data()), nullptr);
  const std::string command =
      fmt::format("tar --warning=no-unknown-keyword -xzf '{}' -C '{}'", tarball.string(), partial);
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::error_code lost;
  fs::rename(partial, target, lost);
  if (lost) fs::remove_all(partial);  // another one was first
  return target;
}

}  // namespace ward::testing
