#include "os/file_identity.h"

#include <sys/stat.h>

#include <cerrno>

#include "os/system_error.h"

namespace ward::os {
namespace {

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileIdentity identity_of(const struct stat& status) {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .modified_ns = nanoseconds(status.st_mtim),
          .changed_ns = nanoseconds(status.st_ctim)};
}

}  // namespace

Result<FileIdentity> identify_file(const Fd& file) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_error(errno, "read status of open file");
  return identity_of(status);
}

Result<FileIdentity> identify_file(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return system_error(errno, "read status", path);
  return identity_of(status);
}

}  // namespace ward::os
