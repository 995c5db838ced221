#include "os/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/check.h"
#include "os/file_io.h"

namespace ward::os {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;

// A child that runs `body` and then waits to be killed; reaped when it goes.
class Fork {
 public:
  template <typename Body>
  explicit Fork(const Body& body) : pid_(::fork()) {
    WARD_CHECK(pid_ >= 0);
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    body();
    while (true) ::pause();
  }
  ~Fork() { end(); }
  void end() {
    kill_only();
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void kill_only() const {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

void wait_until_dead(const ProcessHandle& process) {
  for (int i = 0; i < 5000 && process.is_alive(); ++i) ::usleep(1000);
}

TEST(ReadProcess, TellsAboutThisVeryProcess) {
  const auto self = ProcessHandle::open(::getpid()).value();
  EXPECT_TRUE(self.is_alive());
  EXPECT_EQ(self.pid().value(), ::getpid());
  const ProcessInfo info = read_process(self).value();
  EXPECT_EQ(info.pid, ::getpid());
  EXPECT_EQ(info.parent, ::getppid());
  EXPECT_EQ(info.uid, ::geteuid());
  EXPECT_EQ(info.gid, ::getegid());
  EXPECT_GT(info.start_time_ticks, 0U);
  std::vector<gid_t> groups(static_cast<std::size_t>(::getgroups(0, nullptr)));
  ASSERT_GE(::getgroups(static_cast<int>(groups.size()), groups.data()), 0);
  EXPECT_THAT(info.groups, ::testing::UnorderedElementsAreArray(groups));
  ASSERT_TRUE(info.executable.has_value());
  EXPECT_THAT(*info.executable, EndsWith("/ward_os_test"));
}

TEST(OpenExecutable, OpensTheFileThatRuns) {
  const auto self = ProcessHandle::open(::getpid()).value();
  const Fd file = open_executable(self).value();
  struct stat opened{};
  struct stat expected{};
  ASSERT_EQ(::fstat(file.get(), &opened), 0);
  ASSERT_EQ(::stat("/proc/self/exe", &expected), 0);
  EXPECT_EQ(opened.st_ino, expected.st_ino);
  EXPECT_EQ(read_at(file.get(), 0, 4, "exe").value(), (Bytes{0x7f, 'E', 'L', 'F'}));
}

TEST(ProcessHandle, NoProcessIsNotFound) {
  EXPECT_EQ(ProcessHandle::open(0x3fffffff).error().code(), ErrorCode::kNotFound);
}

TEST(ProcessHandle, AZombieIsDeadAndAReapedProcessHasNoPid) {
  Fork child([] {});
  const auto handle = ProcessHandle::open(child.pid()).value();
  EXPECT_TRUE(handle.is_alive());
  ASSERT_TRUE(read_process(handle).ok());
  child.kill_only();
  wait_until_dead(handle);
  EXPECT_FALSE(handle.is_alive());
  EXPECT_EQ(read_process(handle).error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(open_executable(handle).ok());
  child.end();
  EXPECT_EQ(handle.pid().error(), Error(ErrorCode::kNotFound, "the process has exited"));
  EXPECT_EQ(read_process(handle).error().code(), ErrorCode::kNotFound);
}

// The pid of a reaped process is given again at once by asking the kernel for it.
TEST(ProcessHandle, ARecycledPidIsNotTakenForTheOldProcess) {
  auto first = std::make_unique<Fork>([] {});
  const pid_t pid = first->pid();
  const auto handle = ProcessHandle::open(pid).value();
  first->end();
  const auto last_pid = open_file("/proc/sys/kernel/ns_last_pid", 1 /* O_WRONLY */);
  if (!last_pid.ok()) GTEST_SKIP() << "may not choose the next pid: " << last_pid.error().text();
  for (int attempt = 0; attempt < 50; ++attempt) {
    const std::string wanted = std::to_string(pid - 1);
    if (!write_all(last_pid->get(), as_bytes(wanted), "ns_last_pid").ok()) {
      GTEST_SKIP() << "may not choose the next pid";
    }
    const Fork second([] {});
    if (second.pid() != pid) continue;
    EXPECT_FALSE(handle.is_alive());
    EXPECT_EQ(read_process(handle).error().code(), ErrorCode::kNotFound);
    EXPECT_EQ(open_executable(handle).error().code(), ErrorCode::kNotFound);
    EXPECT_TRUE(read_process(ProcessHandle::open(pid).value()).ok());
    return;
  }
  GTEST_SKIP() << "the pid was not given again";
}

// A listening socket of which the test takes connections.
class Listener {
 public:
  Listener() : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sun_family = AF_UNIX;
    // Abstract: the kernel picks a free name when only the family is bound.
    WARD_CHECK(::bind(socket_.get(), raw(), sizeof(sa_family_t)) == 0);
    size_ = sizeof address_;
    WARD_CHECK(::getsockname(socket_.get(), raw(), &size_) == 0);
    WARD_CHECK(::listen(socket_.get(), 8) == 0);
  }
  Fd connect() {
    Fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    WARD_CHECK(::connect(client.get(), raw(), size_) == 0);
    return client;
  }
  Fd accept() { return Fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }

 private:
  // SAFETY: a sockaddr_un is made to be passed as its header.
  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&address_); }

  Fd socket_;
  sockaddr_un address_{};
  socklen_t size_ = 0;
};

TEST(PeerCredentials, NameTheProcessAtTheOtherEnd) {
  Listener listener;
  Fork child([&] { (void)listener.connect().release(); });
  const Fd server = listener.accept();
  const auto peer = peer_credentials(server.get());
  ASSERT_TRUE(peer.ok()) << peer.error().text();
  EXPECT_EQ(peer->uid, ::geteuid());
  EXPECT_EQ(peer->gid, ::getegid());
  EXPECT_EQ(peer->pid, child.pid());
  EXPECT_TRUE(peer->process.is_alive());
  EXPECT_EQ(read_process(peer->process).value().parent, ::getpid());
  const auto copy = peer->process.duplicate().value();
  child.end();
  EXPECT_FALSE(copy.is_alive());
}

TEST(PeerCredentials, APeerThatIsGoneIsNotFound) {
  Listener listener;
  Fork child([&] { (void)listener.connect().release(); });
  const Fd server = listener.accept();
  child.end();
  EXPECT_EQ(peer_credentials(server.get()).error(),
            Error(ErrorCode::kNotFound, "the process has exited"));
}

TEST(PeerCredentials, OnlySocketsHavePeers) {
  const Fd file = open_file("/dev/null", 0).value();
  EXPECT_FALSE(peer_credentials(file.get()).ok());
}

TEST(ReadProcess, AnExecutableWeMayNotSeeIsAbsentNotAnError) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t reader = ::fork();
  ASSERT_GE(reader, 0);
  if (reader == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const pid_t roots = ::getppid();
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(2);
    const auto handle = ProcessHandle::open(roots);
    if (!handle.ok()) ::_exit(3);
    const auto info = read_process(*handle);
    ::_exit(info.ok() && !info->executable && info->uid == 0 ? 0 : 4);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(reader, &status, 0), reader);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ParseStat, CountsFieldsFromTheLastParenthesis) {
  ProcessInfo info;
  ASSERT_TRUE(internal::parse_stat("7 (a) R 99 (b) S 42 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 "
                                   "123456 9 9",
                                   info)
                  .ok());
  EXPECT_EQ(info.parent, 42);
  EXPECT_EQ(info.start_time_ticks, 123456U);
  EXPECT_FALSE(internal::parse_stat("7 (a) S 42 1", info).ok());
  EXPECT_FALSE(internal::parse_stat("", info).ok());
}

TEST(ParseStatus, TakesEffectiveIdsAndAllGroups) {
  ProcessInfo info;
  ASSERT_TRUE(internal::parse_status(
                  "Name:\tx\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t10 11 \n", info)
                  .ok());
  EXPECT_EQ(info.uid, 2U);
  EXPECT_EQ(info.gid, 6U);
  EXPECT_THAT(info.groups, ElementsAre(10U, 11U));
  EXPECT_FALSE(internal::parse_status("Uid:\t1\nGid:\t5\t6\nGroups:\n", info).ok());
  EXPECT_FALSE(internal::parse_status("Uid:\t1\t2\nGid:\t5\t6\n", info).ok());
  EXPECT_FALSE(internal::parse_status("Uid:\t1\tx\nGid:\t5\t6\nGroups:\n", info).ok());
}

}  // namespace
}  // namespace ward::os
