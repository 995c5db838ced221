#include "os/process_watch.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "base/check.h"

namespace ward::os {
namespace {

// A child that runs `body` each time it is told to, and says when it has.
class Puppet {
 public:
  explicit Puppet(const std::function<void()>& body) {
    WARD_CHECK(::pipe(to_child_) == 0 && ::pipe(from_child_) == 0);
    pid_ = ::fork();
    WARD_CHECK(pid_ >= 0);
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (char byte = 0; ::read(to_child_[0], &byte, 1) == 1;) {
      body();
      if (::write(from_child_[1], &byte, 1) != 1) break;
    }
    ::_exit(0);
  }
  ~Puppet() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    for (const int fd : {to_child_[0], to_child_[1], from_child_[0], from_child_[1]}) ::close(fd);
  }
  Puppet(const Puppet&) = delete;
  Puppet& operator=(const Puppet&) = delete;

  void tell() const { WARD_CHECK(::write(to_child_[1], "x", 1) == 1); }
  void act() const {
    char byte = 0;
    tell();
    WARD_CHECK(::read(from_child_[0], &byte, 1) == 1);
  }
  pid_t pid() const { return pid_; }

 private:
  int to_child_[2] = {};
  int from_child_[2] = {};
  pid_t pid_ = -1;
};

bool becomes_changed(const ProcessWatch& watch) {
  for (int i = 0; i < 5000 && watch.is_unchanged(); ++i) ::usleep(1000);
  return !watch.is_unchanged();
}

TEST(ProcessWatch, AProcessThatDoesItsWorkIsUnchanged) {
  const Puppet puppet([] {
    if (::fork() == 0) ::_exit(0);
    ::wait(nullptr);
  });
  const auto process = ProcessHandle::open(puppet.pid()).value();
  const auto watch = ProcessWatch::begin(process);
  ASSERT_TRUE(watch.ok()) << watch.error().text();
  for (int i = 0; i < 3; ++i) {
    puppet.act();
    EXPECT_TRUE(watch->is_unchanged());
  }
}

TEST(ProcessWatch, AnExecIsSeenEvenOfTheSameProgram) {
  const Puppet puppet([] {
    ::execl("/bin/sh", "sh", "-c", "while :; do read x; done", nullptr);
    ::_exit(1);
  });
  const auto process = ProcessHandle::open(puppet.pid()).value();
  const auto before = ProcessWatch::begin(process).value();
  puppet.tell();
  EXPECT_TRUE(becomes_changed(before));
  EXPECT_TRUE(process.is_alive());
}

TEST(ProcessWatch, TheEndIsSeenAlsoOfAZombieAndOfOneThatIsReaped) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    for (;;) ::pause();
  }
  const auto process = ProcessHandle::open(pid).value();
  const auto watch = ProcessWatch::begin(process).value();
  EXPECT_TRUE(watch.is_unchanged());
  ::kill(pid, SIGKILL);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(watch.is_unchanged()) << "a zombie";
  EXPECT_FALSE(ProcessWatch::begin(process).ok());
  ::waitpid(pid, nullptr, 0);
  EXPECT_FALSE(watch.is_unchanged()) << "reaped";
  EXPECT_EQ(ProcessWatch::begin(process).error().code(), ErrorCode::kNotFound);
}

TEST(ProcessWatch, AnotherUserOrGroupIsSeen) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  const Puppet user([] { WARD_CHECK(::seteuid(65534) == 0); });
  const Puppet group([] { WARD_CHECK(::setegid(65534) == 0); });
  for (const Puppet* puppet : {&user, &group}) {
    const auto process = ProcessHandle::open(puppet->pid()).value();
    const auto watch = ProcessWatch::begin(process).value();
    EXPECT_TRUE(watch.is_unchanged());
    puppet->act();
    EXPECT_FALSE(watch.is_unchanged());
  }
}

}  // namespace
}  // namespace ward::os
