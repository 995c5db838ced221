#include "decide/policy_directory.h"

#include <utility>

#include "codec/utf8.h"
#include "decide/policies.h"
#include "world/fact.h"

namespace ward::decide {
namespace {

bool is_policy_file_name(std::string_view name) {
  return name == "actions.json" || name.ends_with(".cedar") || name.ends_with(".cedarschema") ||
         name.ends_with(".test.json");
}

Result<world::PolicyFile> read_policy_file(const os::FileSystem& files, const std::string& path,
                                           const std::string& name) {
  if (!is_policy_file_name(name)) {
    return invalid_argument(
        "`{}/{}`: expected a name that is actions.json or ends in .cedar, .cedarschema or "
        ".test.json",
        path, name);
  }
  WARD_TRY(const Bytes bytes, files.read_file(path + "/" + name, kPolicyFileBytesMax));
  const std::string_view text = as_text(bytes);
  if (const std::size_t valid = codec::valid_utf8_prefix(text); valid != text.size()) {
    return invalid_argument("`{}/{}`: expected UTF-8, got another byte at offset {}", path, name,
                            valid);
  }
  return world::PolicyFile{.name = name, .text = std::string(text)};
}

}  // namespace

Result<std::vector<world::PolicyFile>> read_policy_directory(const os::FileSystem& files,
                                                             const std::string& path) {
  WARD_TRY(const std::vector<std::string> names,
           files.list_directory(path, kPolicyDirectoryNamesMax));
  std::vector<world::PolicyFile> read;
  std::size_t bytes = 0;
  for (const std::string& name : names) {
    if (name.starts_with('.')) continue;
    WARD_TRY(world::PolicyFile file, read_policy_file(files, path, name));
    bytes += file.name.size() + file.text.size();
    if (read.size() == world::kPolicyFilesMax || bytes > world::kPolicyFactBytesMax) {
      return make_error(ErrorCode::kResourceExhausted,
                        "`{}`: expected at most {} files with {} bytes in all", path,
                        world::kPolicyFilesMax, world::kPolicyFactBytesMax);
    }
    read.push_back(std::move(file));
  }
  return read;
}

}  // namespace ward::decide
