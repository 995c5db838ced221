#include "os/file_identity.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <utility>

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

Result<std::string> read_link(const std::string& path) {
  std::string target(PATH_MAX, '\0');
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return system_error(errno, "read link", path);
  target.resize(static_cast<std::size_t>(size));
  return target;
}

Result<std::string> path_of(const Fd& file) {
  return read_link(fmt::format("/proc/self/fd/{}", file.get()));
}

}  // namespace ward::os
