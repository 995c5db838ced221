#include "os/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "os/system_error.h"

namespace ward::os {

Result<SignalSource> SignalSource::open(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  const int error = ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  if (error != 0) return system_error(error, "block signals");
  const int descriptor = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor < 0) return system_error(errno, "open signalfd");
  return SignalSource(Fd(descriptor));
}

Result<std::optional<int>> SignalSource::next() {
  signalfd_siginfo info{};
  const ssize_t got = ::read(source_.get(), &info, sizeof info);
  if (got == static_cast<ssize_t>(sizeof info)) {
    return std::optional(static_cast<int>(info.ssi_signo));
  }
  if (got < 0 && errno != EAGAIN && errno != EINTR) return system_error(errno, "read signalfd");
  return std::optional<int>();
}

void ignore_broken_pipes() {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
}

}  // namespace ward::os
