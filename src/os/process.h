// Processes of this machine, held so that a recycled pid can never stand for another.
//
// A pid is a name that the kernel gives again; a pidfd is the process itself. Everything here
// starts from a pidfd and checks, after reading, that the process was alive all the while.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace ward::os {

class ProcessHandle {
 public:
  static Result<ProcessHandle> open(pid_t pid);  // kNotFound when there is none
  explicit ProcessHandle(Fd pidfd) : pidfd_(std::move(pidfd)) {}

  // False from the moment it is a zombie. The descriptor polls readable then, so that an event loop
  // can wait for it.
  bool is_alive() const;
  int descriptor() const { return pidfd_.get(); }

  // From /proc/self/fdinfo. kNotFound when the process is gone (`Pid: -1`: a peer that is already
  // reaped has a pidfd all the same) and kFailedPrecondition when it is outside our pid namespace
  // (`Pid: 0`).
  Result<pid_t> pid() const;

  Result<ProcessHandle> duplicate() const;

 private:
  Fd pidfd_;
};

// Who is at the other end of a connected Unix socket, as it was when it connected (or listened).
struct PeerCredentials {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
  ProcessHandle process;
};

// SO_PEERCRED and SO_PEERPIDFD (Linux 6.5); kUnimplemented when the kernel has no SO_PEERPIDFD,
// kNotFound when the peer is gone. A pid is not used as a second best: it could name another
// process by now.
Result<PeerCredentials> peer_credentials(int socket);

struct ProcessInfo {
  pid_t pid = 0;
  pid_t parent = 0;
  uid_t uid = 0;                       // effective
  gid_t gid = 0;                       // effective
  std::vector<gid_t> groups;           // supplementary
  std::uint64_t start_time_ticks = 0;  // since boot; with the pid it names a process for good
  // Where the executable is, in the mount namespace of that process; ends in ` (deleted)` when it
  // is no more. Nothing when we may not look (other user without CAP_SYS_PTRACE, or a process that
  // is not dumpable).
  std::optional<std::string> executable;

  bool operator==(const ProcessInfo&) const = default;
};

// A snapshot that was true at one time: /proc is read twice with the same answer, and the process
// is alive after. kNotFound when it is gone, kAborted when it changed between the readings (exec,
// setuid): ask again.
Result<ProcessInfo> read_process(const ProcessHandle& process);

// The file that the process runs, not what its path names now. Checked alive after opening.
Result<Fd> open_executable(const ProcessHandle& process);

namespace internal {
// The texts of /proc/PID/stat and /proc/PID/status, read into `info`.
Result<void> parse_stat(std::string_view text, ProcessInfo& info);
Result<void> parse_status(std::string_view text, ProcessInfo& info);
}  // namespace internal

}  // namespace ward::os
