// A real process at the other end of a real Unix socket, for tests of workload attestors.
//
//   PeerProcess peer({.before_connect = [] { ::setuid(1000); }});
//   attestor.attest(peer.credentials());
//
// The child is a fork of the test: it runs the hooks, then waits to be killed. One thread.
#pragma once

#include <functional>

#include "os/fd.h"
#include "os/process.h"

namespace ward::attest::testing {

struct PeerHooks {
  // In the child. May do what is safe after fork() in a program with one thread; _exit on failure.
  std::function<void()> before_connect = [] {};
  std::function<void()> after_connect = [] {};
};

class PeerProcess {
 public:
  explicit PeerProcess(const PeerHooks& hooks = {});  // aborts when it cannot be made
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;
  ~PeerProcess();  // kills and reaps

  // Taken right after it connected.
  const os::PeerCredentials& credentials() const { return *credentials_; }
  pid_t pid() const { return pid_; }

  void kill();  // and waits until it is a zombie
  void reap();  // after kill()

 private:
  pid_t pid_ = -1;
  os::Fd connection_;
  std::optional<os::PeerCredentials> credentials_;
};

}  // namespace ward::attest::testing
