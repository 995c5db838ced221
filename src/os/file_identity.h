// Which file a descriptor or a path stands for, and whether it is still as it was.
//
// Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "os/fd.h"

namespace ward::os {

// From stat(2). Two that are equal are the same file, unchanged: a write moves ctime, which no user
// can set.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  // mtime, ns since 1970
  std::int64_t changed_ns = 0;   // ctime

  bool is_same_file(const FileIdentity& other) const {
    return device == other.device && inode == other.inode;
  }
  bool operator==(const FileIdentity&) const = default;
};

Result<FileIdentity> identify_file(const Fd& file);
// As this process sees the path now, links followed. kNotFound when it names nothing.
Result<FileIdentity> identify_file(const std::string& path);

// The target of a symbolic link. proc(5)'s links to open files end in ` (deleted)` when the name is
// no more.
Result<std::string> read_link(const std::string& path);
// The path by which an open file was reached, as the kernel knows it now.
Result<std::string> path_of(const Fd& file);

}  // namespace ward::os
