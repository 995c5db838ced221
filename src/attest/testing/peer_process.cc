#include "attest/testing/peer_process.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/check.h"

namespace ward::attest::testing {
namespace {

// SAFETY: the kernel reads a sockaddr_un through its common first member.
sockaddr* generic(sockaddr_un& address) {
  return reinterpret_cast<sockaddr*>(&address);
}

// Bound to a free name in the abstract namespace (unix(7), autobind), which needs no directory that
// every user may enter.
os::Fd listen_anywhere(sockaddr_un& address, socklen_t& size) {
  os::Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  address = {};
  address.sun_family = AF_UNIX;
  WARD_CHECK(::bind(listener.get(), generic(address), sizeof(sa_family_t)) == 0);
  WARD_CHECK(::listen(listener.get(), 1) == 0);
  size = sizeof address;
  WARD_CHECK(::getsockname(listener.get(), generic(address), &size) == 0);
  return listener;
}

[[noreturn]] void run_child(const PeerHooks& hooks, sockaddr_un address, socklen_t size) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  hooks.before_connect();
  const int connection = ::socket(AF_UNIX, SOCK_STREAM, 0);
  if (::connect(connection, generic(address), size) != 0) ::_exit(1);
  hooks.after_connect();
  for (;;) ::pause();
}

}  // namespace

PeerProcess::PeerProcess(const PeerHooks& hooks) {
  sockaddr_un address{};
  socklen_t size = 0;
  const os::Fd listener = listen_anywhere(address, size);
  pid_ = ::fork();
  WARD_CHECK(pid_ >= 0);
  if (pid_ == 0) run_child(hooks, address, size);
  connection_ = os::Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  WARD_CHECK(connection_.is_open());
  auto credentials = os::peer_credentials(connection_.get());
  WARD_CHECK(credentials.ok());
  credentials_.emplace(std::move(credentials).value());
}

PeerProcess::~PeerProcess() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void PeerProcess::kill() {
  ::kill(pid_, SIGKILL);
  siginfo_t info{};
  WARD_CHECK(::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) == 0);
}

void PeerProcess::reap() {
  WARD_CHECK(::waitpid(pid_, nullptr, 0) == pid_);
  pid_ = -1;
}

}  // namespace ward::attest::testing
