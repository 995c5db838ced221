#include "os/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "os/file_identity.h"
#include "os/file_io.h"
#include "os/system_error.h"

namespace ward::os {
namespace {

constexpr int kSoPeerPidfd = 77;               // Linux 6.5; glibc 2.36 has no name for it
constexpr std::size_t kMaxProcFile = 1 << 20;  // NGROUPS_MAX (65536) groups of 11 characters fit

Error gone() {
  return make_error(ErrorCode::kNotFound, "the process has exited");
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

// Takes the next word, separated by blanks, off the front of `text`.
std::string_view take_word(std::string_view& text) {
  const std::size_t start = std::min(text.find_first_not_of(" \t\n"), text.size());
  text.remove_prefix(start);
  const std::size_t end = std::min(text.find_first_of(" \t\n"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

// The rest of the line that starts with `label`, as in `Uid:`.
std::optional<std::string_view> line_of(std::string_view text, std::string_view label) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(label)) return line.substr(label.size());
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

Result<std::string> read_proc(const std::string& path) {
  WARD_TRY(const Fd file, open_file(path, O_RDONLY));
  WARD_TRY(const Bytes bytes, read_to_end(file.get(), kMaxProcFile, path));
  return std::string(as_text(bytes));
}

Error malformed(std::string_view what) {
  return make_error(ErrorCode::kInternal, "/proc: no {} where the kernel documents it", what);
}

Result<std::optional<std::string>> read_executable_link(pid_t pid) {
  auto target = read_link(fmt::format("/proc/{}/exe", pid));
  if (target.ok()) return std::optional(std::move(target).value());
  if (target.error().code() == ErrorCode::kPermissionDenied) return std::optional<std::string>();
  if (target.error().code() == ErrorCode::kNotFound) return gone();
  return target.error();
}

Result<ProcessInfo> read_once(pid_t pid) {
  ProcessInfo info;
  info.pid = pid;
  WARD_TRY(const std::string stat, read_proc(fmt::format("/proc/{}/stat", pid)));
  WARD_RETURN_IF_ERROR(internal::parse_stat(stat, info));
  WARD_TRY(const std::string status, read_proc(fmt::format("/proc/{}/status", pid)));
  WARD_RETURN_IF_ERROR(internal::parse_status(status, info));
  WARD_TRY(info.executable, read_executable_link(pid));
  return info;
}

}  // namespace

namespace internal {

// proc(5): `pid (comm) state ppid ...`, starttime is field 22. comm may hold blanks and
// parentheses, so that the fields are counted from the last `)`.
Result<void> parse_stat(std::string_view text, ProcessInfo& info) {
  const std::size_t close = text.rfind(')');
  if (close == std::string_view::npos) return malformed("command in stat");
  text.remove_prefix(close + 1);
  take_word(text);  // state, field 3
  const auto parent = parse_number<pid_t>(take_word(text));
  for (int field = 5; field < 22; ++field) take_word(text);
  const auto start = parse_number<std::uint64_t>(take_word(text));
  if (!parent || !start) return malformed("parent and start time in stat");
  info.parent = *parent;
  info.start_time_ticks = *start;
  return {};
}

// proc(5): `Uid:` and `Gid:` hold real, effective, saved and file system id.
Result<void> parse_status(std::string_view text, ProcessInfo& info) {
  auto uids = line_of(text, "Uid:");
  auto gids = line_of(text, "Gid:");
  auto groups = line_of(text, "Groups:");
  if (!uids || !gids || !groups) return malformed("ids in status");
  take_word(*uids);
  take_word(*gids);
  const auto uid = parse_number<uid_t>(take_word(*uids));
  const auto gid = parse_number<gid_t>(take_word(*gids));
  if (!uid || !gid) return malformed("effective ids in status");
  info.uid = *uid;
  info.gid = *gid;
  info.groups.clear();
  for (std::string_view word = take_word(*groups); !word.empty(); word = take_word(*groups)) {
    const auto group = parse_number<gid_t>(word);
    if (!group) return malformed("groups in status");
    info.groups.push_back(*group);
  }
  return {};
}

}  // namespace internal

Result<ProcessHandle> ProcessHandle::open(pid_t pid) {
  const long descriptor = ::syscall(SYS_pidfd_open, pid, 0);
  if (descriptor < 0) return system_error(errno, "open process", std::to_string(pid));
  return ProcessHandle(Fd(static_cast<int>(descriptor)));
}

bool ProcessHandle::is_alive() const {
  pollfd state{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
  int ready;
  do {
    ready = ::poll(&state, 1, 0);
  } while (ready < 0 && errno == EINTR);
  return ready == 0;
}

Result<pid_t> ProcessHandle::pid() const {
  WARD_TRY(const std::string text, read_proc(fmt::format("/proc/self/fdinfo/{}", pidfd_.get())));
  auto line = line_of(text, "Pid:");
  if (!line) return malformed("pid in fdinfo");
  const auto pid = parse_number<pid_t>(take_word(*line));
  if (!pid) return malformed("pid in fdinfo");
  if (*pid < 0) return gone();
  if (*pid == 0) {
    return make_error(ErrorCode::kFailedPrecondition,
                      "the process is outside the pid namespace of this one");
  }
  return *pid;
}

Result<ProcessHandle> ProcessHandle::duplicate() const {
  const int copy = ::fcntl(pidfd_.get(), F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return system_error(errno, "duplicate pidfd");
  return ProcessHandle(Fd(copy));
}

Result<PeerCredentials> peer_credentials(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return system_error(errno, "read peer credentials");
  }
  int pidfd = -1;
  size = sizeof pidfd;
  if (::getsockopt(socket, SOL_SOCKET, kSoPeerPidfd, &pidfd, &size) != 0) {
    if (errno == ENOPROTOOPT) {
      return make_error(ErrorCode::kUnimplemented,
                        "the kernel has no SO_PEERPIDFD; expected Linux 6.5 or newer");
    }
    if (errno == ESRCH) return gone();
    return system_error(errno, "read peer pidfd");
  }
  PeerCredentials peer{.uid = credentials.uid,
                       .gid = credentials.gid,
                       .pid = 0,
                       .process = ProcessHandle(Fd(pidfd))};
  WARD_TRY(peer.pid, peer.process.pid());
  if (!peer.process.is_alive()) return gone();
  return peer;
}

Result<ProcessInfo> read_process(const ProcessHandle& process) {
  WARD_TRY(const pid_t pid, process.pid());
  const auto first = read_once(pid);
  const auto second = read_once(pid);
  // A live pidfd holds its pid: had the number passed to another process in between, this one were
  // dead.
  if (!process.is_alive()) return gone();
  if (!first.ok()) return first.error();
  if (!second.ok()) return second.error();
  if (*first == *second) return *second;
  return make_error(ErrorCode::kAborted, "process {} changed while it was read", pid);
}

Result<Fd> open_executable(const ProcessHandle& process) {
  WARD_TRY(const pid_t pid, process.pid());
  auto file = open_file(fmt::format("/proc/{}/exe", pid), O_RDONLY);
  if (!process.is_alive()) return gone();
  return file;
}

}  // namespace ward::os
