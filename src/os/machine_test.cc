// What the process asks of its machine: randomness, accounts, environment, signals, the service
// manager.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "os/accounts.h"
#include "os/environment.h"
#include "os/hardening.h"
#include "os/random.h"
#include "os/service.h"
#include "os/signals.h"

namespace ward::os {
namespace {

// The exit code of `body` in a process of its own, for what cannot be taken back.
template <typename Body>
int in_child(const Body& body) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(body());
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

TEST(SystemRandom, FillsAllBytesAndDoesNotRepeat) {
  SystemRandom random;
  EXPECT_NE(random.bytes(32), random.bytes(32));
  Bytes seen(1000, 0);
  for (int i = 0; i < 10; ++i) {  // a byte that is never written stays 0 with odds of 256^-10
    const Bytes bytes = random.bytes(seen.size());
    for (std::size_t k = 0; k < seen.size(); ++k) seen[k] |= bytes[k];
  }
  EXPECT_THAT(seen, ::testing::Each(::testing::Ne(0)));
}

TEST(Accounts, NamesAndNumbersOfRoot) {
  EXPECT_EQ(user_name(0).value(), "root");
  EXPECT_EQ(group_name(0).value(), "root");
  EXPECT_EQ(user_id("root").value(), uid_t{0});
  EXPECT_EQ(group_id("root").value(), gid_t{0});
}

TEST(Accounts, NoSuchAccountIsNothing) {
  EXPECT_EQ(user_name(987'654'321).value(), std::nullopt);
  EXPECT_EQ(group_name(987'654'321).value(), std::nullopt);
  EXPECT_EQ(user_id("no-such-user").value(), std::nullopt);
  EXPECT_EQ(group_id("no-such-group").value(), std::nullopt);
}

TEST(Environment, IsACopyOfTheProcesss) {
  ASSERT_EQ(::setenv("WARD_TEST_NAME", "a=b", 1), 0);
  const Environment environment = Environment::of_process();
  ::unsetenv("WARD_TEST_NAME");
  EXPECT_EQ(environment.get("WARD_TEST_NAME"), "a=b");
  EXPECT_EQ(environment.get("WARD_TEST_NONE"), std::nullopt);
}

TEST(SignalSource, GivesBlockedSignalsInTurn) {
  EXPECT_EQ(in_child([] {
              auto source = SignalSource::open({SIGTERM, SIGHUP});
              if (!source.ok() || source->next().value().has_value()) return 1;
              ::raise(SIGHUP);
              if (source->next().value() != SIGHUP) return 2;
              ::raise(SIGTERM);
              if (source->next().value() != SIGTERM) return 3;
              return source->next().value().has_value() ? 4 : 0;
            }),
            0);
}

TEST(NotifyServiceManager, SendsOneDatagramToThePathOrTheAbstractName) {
  const Fd receiver(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "@ward-notify-" + std::to_string(::getpid());
  std::memcpy(address.sun_path, name.data(), name.size());
  address.sun_path[0] = '\0';
  ASSERT_EQ(::bind(receiver.get(), reinterpret_cast<const sockaddr*>(&address),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())),
            0);
  ASSERT_TRUE(notify_service_manager(Environment({{"NOTIFY_SOCKET", name}}), "READY=1").ok());
  char buffer[64];
  const ssize_t got = ::recv(receiver.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  ASSERT_GT(got, 0);
  EXPECT_EQ(std::string_view(buffer, static_cast<std::size_t>(got)), "READY=1");
}

TEST(NotifyServiceManager, NoSocketIsNoErrorAndABadOneIs) {
  EXPECT_TRUE(notify_service_manager(Environment(), "READY=1").ok());
  for (const std::string& bad :
       {std::string("relative"), "/" + std::string(200, 'x'), std::string("/no/such/socket")}) {
    EXPECT_FALSE(notify_service_manager(Environment({{"NOTIFY_SOCKET", bad}}), "READY=1").ok())
        << bad;
  }
}

TEST(TakeInheritedSockets, TakesThoseMeantForThisProcess) {
  EXPECT_EQ(in_child([] {
              int ends[2];
              if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return 1;
              // The two descriptors are put where a service manager puts them.
              const int high = ::fcntl(ends[1], F_DUPFD, 10);
              if (::dup2(ends[0], 3) != 3 || ::dup2(high, 4) != 4) return 2;
              const auto sockets =
                  take_inherited_sockets(Environment({{"LISTEN_PID", std::to_string(::getpid())},
                                                      {"LISTEN_FDS", "2"},
                                                      {"LISTEN_FDNAMES", "admin"}}));
              if (!sockets.ok() || sockets->size() != 2) return 3;
              if ((*sockets)[0].name != "admin" || (*sockets)[1].name != "unknown") return 4;
              if ((*sockets)[0].socket.get() != 3) return 5;
              return (::fcntl(4, F_GETFD) & FD_CLOEXEC) != 0 ? 0 : 6;
            }),
            0);
}

TEST(TakeInheritedSockets, LeavesOthersAloneAndRefusesNonsense) {
  EXPECT_TRUE(take_inherited_sockets(Environment()).value().empty());
  EXPECT_TRUE(take_inherited_sockets(Environment({{"LISTEN_PID", "1"}, {"LISTEN_FDS", "1"}}))
                  .value()
                  .empty());
  const std::string self = std::to_string(::getpid());
  for (const char* bad : {"", "x", "-1", "65", "99999999999"}) {
    EXPECT_FALSE(
        take_inherited_sockets(Environment({{"LISTEN_PID", self}, {"LISTEN_FDS", bad}})).ok())
        << bad;
  }
}

TEST(ProtectMemory, ForbidsCoreFilesAndDumps) {
  EXPECT_EQ(in_child([] {
              if (!protect_memory().ok()) return 1;
              rlimit limit{};
              if (::getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_max != 0) return 2;
              return ::prctl(PR_GET_DUMPABLE) == 0 ? 0 : 3;
            }),
            0);
}

TEST(Limits, OpenFilesRiseToTheHardLimit) {
  EXPECT_EQ(in_child([] {
              const auto raised = raise_open_file_limit();
              rlimit limit{};
              if (!raised.ok() || ::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
              return limit.rlim_cur == limit.rlim_max && *raised == limit.rlim_max ? 0 : 2;
            }),
            0);
}

TEST(ResidentBytes, GrowWithWhatIsTouched) {
  const std::uint64_t before = resident_bytes().value();
  EXPECT_GT(before, 500'000U);
  const Bytes touched(64 << 20, 1);
  // Someone may look at the bytes: else the compiler may leave the allocation out, and clang does.
  asm volatile("" : : "r"(touched.data()) : "memory");
  EXPECT_GT(resident_bytes().value(), before + (touched.size() * 3 / 4));
}

}  // namespace
}  // namespace ward::os
