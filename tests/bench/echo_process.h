// A server of nothing but our own http (or grpc) in a process of its own: the limit of what an
// agent can do, since whatever it decides it must at least receive and answer.
//
// Header only; shared by the benchmarks of the agent's socket.
#pragma once

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <memory>
#include <string>

#include "base/check.h"
#include "base/clock.h"
#include "http/router.h"
#include "http/server.h"
#include "net/listener.h"
#include "net/loop.h"

namespace ward::bench {

class EchoProcess {
 public:
  // `mount` puts what answers on the router; it runs in the child. Call while this process has one
  // thread.
  using Mount = std::function<void(net::SystemLoop&, http::Router&)>;

  EchoProcess(std::string path, const Mount& mount) : path_(std::move(path)) {
    int ready[2];
    WARD_CHECK(pipe(ready) == 0);
    pid_ = fork();
    WARD_CHECK(pid_ >= 0);
    if (pid_ == 0) serve(mount, ready[1]);
    close(ready[1]);
    char byte = 0;
    WARD_CHECK(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
  }
  ~EchoProcess() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    unlink(path_.c_str());
  }
  EchoProcess(const EchoProcess&) = delete;
  EchoProcess& operator=(const EchoProcess&) = delete;

  const std::string& path() const { return path_; }

 private:
  [[noreturn]] void serve(const Mount& mount, int ready) const {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const SystemClock clock;
    net::SystemLoop loop(clock);
    http::Router router;
    mount(loop, router);
    http::Server server(loop, router);
    const auto listener = net::listen_unix(
        loop, path_, 0600, {},
        [&](std::unique_ptr<net::Stream> stream) { server.serve(std::move(stream)); });
    if (!listener.ok() || write(ready, "r", 1) != 1) _exit(1);
    loop.run();
    _exit(0);
  }

  std::string path_;
  pid_t pid_ = -1;
};

}  // namespace ward::bench
