// Where the files that a test names are.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "os/file_system.h"

namespace ward::corpus {

inline constexpr std::size_t kTestPathBytesMax = 4096;

// A path that stays below where it begins: kInvalidArgument when it is empty, absolute, longer than
// kTestPathBytesMax, holds a NUL, or has a part that is `..`.
Result<void> check_test_path(std::string_view path);

// `folder/path`; an empty folder is the directory itself.
std::string join_path(std::string_view folder, std::string_view path);

// Whether there is such a name below `directory`. An error when the way there leads over a link,
// which nothing follows, or cannot be looked at. `path` has passed check_test_path().
Result<bool> path_exists(const os::FileSystem& files, const std::string& directory,
                         std::string_view path);

// The nearest folder, from that of `test` upwards to the directory (""), under which `path` is.
// All are relative to `directory`. kNotFound when there is none.
Result<std::string> find_base_folder(const os::FileSystem& files, const std::string& directory,
                                     std::string_view test, std::string_view path);

// `a/b` of `a/b/c.json`, empty of `c.json`.
std::string_view folder_of(std::string_view path);

}  // namespace ward::corpus
