// Whether a process is still the program that it was, told in two system calls: for whoever must
// know before each of many answers. Reading /proc/PID as read_process() does takes forty.
//
// The kernel binds an open /proc/PID/pagemap to the memory of the program that ran when it was
// opened. execve(2) gives the process new memory and the end of a process frees it; from then on
// the descriptor reads nothing, whatever the process runs. The owner of /proc/PID is the effective
// user and group.
//
// Not seen: supplementary groups, and what changes outside the process (its file renamed, an
// account renamed). Nor the exec of a process that keeps its old memory alive in another by
// clone(CLONE_VM): a program that works to hide what follows it could as well answer for it. So
// read the process in full now and then.
#pragma once

#include <sys/types.h>

#include "base/result.h"
#include "os/fd.h"
#include "os/process.h"

namespace ward::os {

// Two descriptors. One thread at a time.
class ProcessWatch {
 public:
  // Of the process as it is now. kNotFound: it is gone. kPermissionDenied: we may not look (another
  // user without CAP_SYS_PTRACE, not dumpable). kFailedPrecondition: it cannot be watched (a kernel
  // thread, outside our pid namespace).
  static Result<ProcessWatch> begin(const ProcessHandle& process);

  // Since begin() it has not ended, executed nothing, and its effective user and group are the
  // same. False is no news of what happened: look in full.
  bool is_unchanged() const;

 private:
  struct Owner {
    uid_t uid;
    gid_t gid;
    bool operator==(const Owner&) const = default;
  };

  ProcessWatch(Fd directory, Fd memory, Owner owner)
      : directory_(std::move(directory)), memory_(std::move(memory)), owner_(owner) {}

  static bool read_owner(const Fd& directory, Owner& owner);
  static bool has_memory(const Fd& memory);

  Fd directory_;  // /proc/PID
  Fd memory_;     // /proc/PID/pagemap
  Owner owner_;
};

}  // namespace ward::os
