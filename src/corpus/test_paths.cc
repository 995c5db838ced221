#include "corpus/test_paths.h"

#include <fmt/format.h>

namespace ward::corpus {
namespace {

// What stands before the next `/`, which is taken away with it.
std::string_view take_part(std::string_view& rest) {
  const std::size_t end = rest.find('/');
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

}  // namespace

Result<void> check_test_path(std::string_view path) {
  if (path.empty()) return invalid_argument("expected a path, got an empty one");
  if (path.size() > kTestPathBytesMax) {
    return invalid_argument("expected a path of at most {} bytes, got {}", kTestPathBytesMax,
                            path.size());
  }
  if (path.starts_with('/')) {
    return invalid_argument("`{}` is absolute: expected a relative path", path);
  }
  if (path.contains('\0')) return invalid_argument("expected a path, got one with a NUL in it");
  for (std::string_view rest = path; !rest.empty();) {
    if (take_part(rest) == "..") {
      return invalid_argument("`{}` leads upwards: expected a path without `..`", path);
    }
  }
  return {};
}

std::string join_path(std::string_view folder, std::string_view path) {
  return folder.empty() ? std::string(path) : fmt::format("{}/{}", folder, path);
}

Result<bool> path_exists(const os::FileSystem& files, const std::string& directory,
                         std::string_view path) {
  std::string at = directory;
  for (std::string_view rest = path; !rest.empty();) {
    const std::string_view part = take_part(rest);
    if (part.empty() || part == ".") continue;
    at = join_path(at, part);
    WARD_TRY(const auto status, files.status(at));
    if (!status) return false;
    if (status->kind == os::FileKind::kSymlink) {
      return invalid_argument("`{}` leads over a link: expected a path without", path);
    }
    if (status->kind != os::FileKind::kDirectory) {
      return rest.find_first_not_of("/.") == std::string_view::npos;
    }
  }
  return true;
}

Result<std::string> find_base_folder(const os::FileSystem& files, const std::string& directory,
                                     std::string_view test, std::string_view path) {
  for (std::string_view folder = test; !folder.empty();) {
    folder = folder_of(folder);
    WARD_TRY(const bool is_there, path_exists(files, directory, join_path(folder, path)));
    if (is_there) return std::string(folder);
  }
  return make_error(ErrorCode::kNotFound,
                    "no folder from that of the test up to the directory has `{}`", path);
}

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace ward::corpus
