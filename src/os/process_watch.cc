#include "os/process_watch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "os/file_io.h"

namespace ward::os {

bool ProcessWatch::read_owner(const Fd& directory, Owner& owner) {
  struct stat status{};
  if (::fstat(directory.get(), &status) != 0) return false;
  owner = {.uid = status.st_uid, .gid = status.st_gid};
  return true;
}

bool ProcessWatch::has_memory(const Fd& memory) {
  std::uint64_t entry = 0;  // of the first page; what it says does not matter
  ssize_t count;
  do {
    count = ::pread(memory.get(), &entry, sizeof entry, 0);
  } while (count < 0 && errno == EINTR);
  return count == sizeof entry;
}

Result<ProcessWatch> ProcessWatch::begin(const ProcessHandle& process) {
  WARD_TRY(const pid_t pid, process.pid());
  const std::string path = fmt::format("/proc/{}", pid);
  WARD_TRY(Fd directory, open_file(path, O_RDONLY | O_DIRECTORY));
  WARD_TRY(Fd memory, open_file(path + "/pagemap", O_RDONLY));
  Owner owner{};
  const bool is_readable = read_owner(directory, owner) && has_memory(memory);
  // A live pidfd holds its pid, so what was opened is of this process and no other.
  if (!process.is_alive()) return Error(ErrorCode::kNotFound, "the process has exited");
  if (!is_readable) {
    return make_error(ErrorCode::kFailedPrecondition, "process {} cannot be watched", pid);
  }
  return ProcessWatch(std::move(directory), std::move(memory), owner);
}

bool ProcessWatch::is_unchanged() const {
  Owner now{};
  return read_owner(directory_, now) && now == owner_ && has_memory(memory_);
}

}  // namespace ward::os
