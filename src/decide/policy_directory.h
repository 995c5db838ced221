// A directory of policy files as a set, for whoever publishes or tests one.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/file_system.h"
#include "world/entities.h"

namespace ward::decide {

inline constexpr std::size_t kPolicyDirectoryNamesMax = 4096;

// Its files with the names of policies.h, sorted. Names that begin with a dot are passed over (what
// editors and mounted volumes leave); any other name is an error, because a misspelt `.cedar` may
// be the one that forbids. Texts are read, not parsed.
//
// kInvalidArgument for a name, or a text that is no UTF-8; kResourceExhausted beyond
// kPolicyDirectoryNamesMax names, world::kPolicyFilesMax files, kPolicyFileBytesMax for one of them
// or world::kPolicyFactBytesMax for all.
Result<std::vector<world::PolicyFile>> read_policy_directory(const os::FileSystem& files,
                                                             const std::string& path);

}  // namespace ward::decide
