// Child processes, for tests, end-to-end runs and plugins.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/environment.h"
#include "os/fd.h"

namespace ward::os {

struct ChildOptions {
  std::vector<std::string> arguments =
      {};                        // the program first; a name without `/` is searched in PATH
  Environment environment = {};  // all that the child gets
  // Descriptors of the parent that become the child's; -1 is /dev/null. It gets no others.
  int stdin_descriptor = -1;
  int stdout_descriptor = -1;
  int stderr_descriptor = -1;
};

struct ChildStatus {
  int exit_code = 0;  // meaningful when signal is 0
  int signal = 0;     // that ended it
  bool is_success() const { return signal == 0 && exit_code == 0; }
};

// Killed (SIGKILL) and reaped when it goes. Its signal mask and handlers are the default ones. One
// thread.
class Child {
 public:
  // kNotFound when there is no such program.
  static Result<Child> spawn(const ChildOptions& options);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child();

  pid_t pid() const { return pid_; }
  bool is_running() const { return pid_ > 0; }     // not waited for yet
  int descriptor() const { return pidfd_.get(); }  // a pidfd: polls readable when it has ended

  Result<void> signal(int number);
  Result<ChildStatus> wait();
  // Nothing when it has not ended by then.
  Result<std::optional<ChildStatus>> wait_for(std::chrono::milliseconds timeout);

 private:
  Child(pid_t pid, Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  void end();

  pid_t pid_ = -1;
  Fd pidfd_;
};

struct ChildOutput {
  ChildStatus status;
  std::string output;  // of stdout and stderr together
};

// Runs to the end. kDeadlineExceeded after `timeout` and kResourceExhausted beyond `max_output`
// bytes, both with the child killed.
Result<ChildOutput> run_child(ChildOptions options, std::chrono::milliseconds timeout,
                              std::size_t max_output = 16 << 20);

}  // namespace ward::os
