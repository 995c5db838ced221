// Thousands of connections from another process, which has a descriptor table of its own. Included
// by tests only.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace ward::net::testing {

// Room for that many descriptors and some more; false when the hard limit forbids it, which a test
// says and skips.
inline bool allow_descriptors(std::size_t count) {
  const rlim_t needed = count + 100;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  if (limit.rlim_cur >= needed) return true;
  const rlimit wanted{needed, std::max(limit.rlim_max, needed)};
  return setrlimit(RLIMIT_NOFILE, &wanted) == 0;
}

// `count` connections to a port of this machine, each of which sends `says(i)` and is then idle.
// The process ends when this object goes.
class ManyClients {
 public:
  template <typename Says>
  ManyClients(std::uint16_t port, int count, Says says) {
    EXPECT_EQ(pipe(pipe_), 0);
    process_ = fork();
    if (process_ != 0) return;
    ::close(pipe_[1]);
    for (int i = 0; i < count; ++i) {
      if (!connect_and_say(port, says(i))) _exit(1);
    }
    char byte = 0;
    _exit(static_cast<int>(::read(pipe_[0], &byte, 1)));
  }
  ManyClients(const ManyClients&) = delete;
  ManyClients& operator=(const ManyClients&) = delete;
  ~ManyClients() {
    ::close(pipe_[1]);
    int status = 0;
    EXPECT_EQ(waitpid(process_, &status, 0), process_);
    EXPECT_EQ(status, 0);
    ::close(pipe_[0]);
  }

 private:
  // Between fork and _exit: system calls alone.
  static bool connect_and_say(std::uint16_t port, std::string_view text) {
    const sockaddr_in to{.sin_family = AF_INET,
                         .sin_port = htons(port),
                         .sin_addr = {htonl(INADDR_LOOPBACK)},
                         .sin_zero = {}};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) return false;
    return ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }

  int pipe_[2] = {-1, -1};
  pid_t process_ = -1;
};

}  // namespace ward::net::testing
