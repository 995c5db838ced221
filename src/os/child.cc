#include "os/child.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "base/bytes.h"
#include "os/system_error.h"

namespace ward::os {
namespace {

using Clock = std::chrono::steady_clock;

// Arguments and environment in the form that exec takes; the strings outlive it.
class PointerList {
 public:
  explicit PointerList(std::vector<std::string> texts) : texts_(std::move(texts)) {
    for (std::string& text : texts_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
  }
  char** data() { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

std::vector<std::string> environment_texts(const Environment& environment) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : environment.variables()) {
    texts.push_back(fmt::format("{}={}", name, value));
  }
  return texts;
}

// The actions and attributes of posix_spawn, freed when they go.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  void place(int from, int to, int null_flags) {
    if (from < 0) {
      ::posix_spawn_file_actions_addopen(&actions_, to, "/dev/null", null_flags, 0);
    } else {
      ::posix_spawn_file_actions_adddup2(&actions_, from, to);
    }
  }
  // Also what a library, or whoever started us, opened without O_CLOEXEC.
  void close_all_others() {
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// True when the descriptor is readable (or ended) by `deadline`.
bool wait_readable(int descriptor, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd state{.fd = descriptor, .events = POLLIN, .revents = 0};
    const int ready =
        ::poll(&state, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
    if (ready > 0) return true;
    if (ready == 0 && left <= 60'000) return false;
  }
}

// Appends what a pipe gives until its last writer has closed it.
Result<void> collect(int pipe, Clock::time_point deadline, std::size_t max_output,
                     std::string& output) {
  std::array<char, 16 * 1024> chunk;
  while (true) {
    if (!wait_readable(pipe, deadline)) {
      return make_error(ErrorCode::kDeadlineExceeded, "the child did not end in time");
    }
    const ssize_t got = ::read(pipe, chunk.data(), chunk.size());
    if (got == 0) return {};
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(errno, "read output of the child");
    output.append(chunk.data(), static_cast<std::size_t>(got));
    if (output.size() > max_output) {
      return make_error(ErrorCode::kResourceExhausted, "the child wrote more than {} bytes",
                        max_output);
    }
  }
}

}  // namespace

Result<Child> Child::spawn(const ChildOptions& options) {
  WARD_CHECK(!options.arguments.empty());
  SpawnPlan plan;
  plan.place(options.stdin_descriptor, STDIN_FILENO, O_RDONLY);
  plan.place(options.stdout_descriptor, STDOUT_FILENO, O_WRONLY);
  plan.place(options.stderr_descriptor, STDERR_FILENO, O_WRONLY);
  plan.close_all_others();
  PointerList arguments(options.arguments);
  PointerList environment(environment_texts(options.environment));
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, options.arguments[0].c_str(), plan.actions(),
                                   plan.attributes(), arguments.data(), environment.data());
  if (error != 0) return system_error(error, "run", options.arguments[0]);
  // Our own child that is not reaped: its pid cannot be another's.
  const long pidfd = ::syscall(SYS_pidfd_open, pid, 0);
  Child child(pid, Fd(static_cast<int>(pidfd)));
  if (pidfd < 0) return system_error(errno, "open process", options.arguments[0]);
  return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
  }
  return *this;
}

Child::~Child() {
  end();
}

void Child::end() {
  if (!is_running()) return;
  ::kill(pid_, SIGKILL);
  (void)wait();
}

Result<void> Child::signal(int number) {
  if (!is_running()) return make_error(ErrorCode::kNotFound, "the process has exited");
  if (::kill(pid_, number) != 0) return system_error(errno, "signal", std::to_string(pid_));
  return {};
}

Result<ChildStatus> Child::wait() {
  if (!is_running()) return make_error(ErrorCode::kNotFound, "the process has been waited for");
  int raw = 0;
  while (::waitpid(pid_, &raw, 0) < 0) {
    if (errno != EINTR) return system_error(errno, "wait for", std::to_string(pid_));
  }
  pid_ = -1;
  if (WIFSIGNALED(raw)) return ChildStatus{.exit_code = 0, .signal = WTERMSIG(raw)};
  return ChildStatus{.exit_code = WEXITSTATUS(raw), .signal = 0};
}

Result<std::optional<ChildStatus>> Child::wait_for(std::chrono::milliseconds timeout) {
  if (is_running() && !wait_readable(pidfd_.get(), Clock::now() + timeout)) {
    return std::optional<ChildStatus>();
  }
  WARD_TRY(const ChildStatus status, wait());
  return std::optional(status);
}

Result<ChildOutput> run_child(ChildOptions options, std::chrono::milliseconds timeout,
                              std::size_t max_output) {
  const auto deadline = Clock::now() + timeout;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error(errno, "open pipe");
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  options.stdout_descriptor = writer.get();
  options.stderr_descriptor = writer.get();
  WARD_TRY(Child child, Child::spawn(options));
  writer.close();
  ChildOutput result;
  WARD_RETURN_IF_ERROR(collect(reader.get(), deadline, max_output, result.output));
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  WARD_TRY(const auto status, child.wait_for(left));
  if (!status) return make_error(ErrorCode::kDeadlineExceeded, "the child did not end in time");
  result.status = *status;
  return result;
}

}  // namespace ward::os
