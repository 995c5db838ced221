// The files of a directory of tests.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/file_system.h"

namespace ward::corpus {

inline constexpr std::size_t kDirectoryNamesMax = 1'000'000;
inline constexpr std::size_t kWalkedNamesMax = 10'000'000;

struct FoundFile {
  std::string path;            // relative to the directory walked
  std::optional<Error> error;  // why it cannot be read: of a directory, why it cannot be listed
};

// Every `*.json` below `directory` that is no `*.entities.json`, in the order of their paths as
// bytes. Links below it are passed over, `directory` itself may be one. What is neither file nor
// directory, and a directory below that cannot be listed, is found with an error. An error when
// `directory` cannot be listed, and kResourceExhausted beyond kWalkedNamesMax names.
Result<std::vector<FoundFile>> find_json_files(const os::FileSystem& files,
                                               const std::string& directory);

}  // namespace ward::corpus
