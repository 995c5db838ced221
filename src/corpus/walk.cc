#include "corpus/walk.h"

#include <algorithm>
#include <utility>

namespace ward::corpus {
namespace {

bool is_candidate(std::string_view name) {
  return name.ends_with(".json") && !name.ends_with(".entities.json");
}

class Walk {
 public:
  Walk(const os::FileSystem& files, const std::string& directory)
      : files_(files), directory_(directory) {}

  Result<std::vector<FoundFile>> run() {
    WARD_TRY(const auto names, files_.list_directory(directory_, kDirectoryNamesMax));
    WARD_RETURN_IF_ERROR(take(names, ""));
    while (!pending_.empty()) {
      const std::string folder = std::move(pending_.back());
      pending_.pop_back();
      const auto below = files_.list_directory(directory_ + "/" + folder, kDirectoryNamesMax);
      if (below.ok()) {
        WARD_RETURN_IF_ERROR(take(*below, folder + "/"));
      } else {
        found_.push_back({folder, below.error()});
      }
    }
    std::ranges::sort(found_, {}, &FoundFile::path);
    return std::move(found_);
  }

 private:
  Result<void> take(const std::vector<std::string>& names, const std::string& prefix) {
    names_ += names.size();
    if (names_ > kWalkedNamesMax) {
      return make_error(ErrorCode::kResourceExhausted, "`{}`: expected at most {} names in all",
                        directory_, kWalkedNamesMax);
    }
    for (const std::string& name : names) take_one(name, prefix + name);
    return {};
  }

  void take_one(std::string_view name, std::string path) {
    const auto status = files_.status(directory_ + "/" + path);
    if (!status.ok()) {
      found_.push_back({std::move(path), status.error()});
      return;
    }
    if (!*status) return;  // gone since it was listed
    switch ((*status)->kind) {
      case os::FileKind::kDirectory:
        pending_.push_back(std::move(path));
        return;
      case os::FileKind::kRegular:
        if (is_candidate(name)) found_.push_back({std::move(path), std::nullopt});
        return;
      case os::FileKind::kSymlink:
        return;
      case os::FileKind::kSocket:
      case os::FileKind::kOther:
        if (!is_candidate(name)) return;
        found_.push_back({std::move(path), invalid_argument("expected a regular file")});
        return;
    }
    WARD_UNREACHABLE();
  }

  const os::FileSystem& files_;
  const std::string& directory_;
  std::vector<std::string> pending_;  // directories to list
  std::vector<FoundFile> found_;
  std::size_t names_ = 0;
};

}  // namespace

Result<std::vector<FoundFile>> find_json_files(const os::FileSystem& files,
                                               const std::string& directory) {
  return Walk(files, directory).run();
}

}  // namespace ward::corpus
