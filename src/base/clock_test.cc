#include "base/clock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ward {
namespace {

using namespace std::chrono_literals;

TEST(ManualClock, MovesBothTimesOnlyWhenTold) {
  ManualClock clock;
  const WallTime wall = clock.now();
  const MonotonicTime monotonic = clock.monotonic();
  EXPECT_EQ(clock.now(), wall);
  clock.advance(1500us);
  EXPECT_EQ(clock.now() - wall, 1500us);
  EXPECT_EQ(clock.monotonic() - monotonic, 1500us);
}

TEST(SystemClock, AgreesWithTheSystem) {
  const SystemClock clock;
  const auto difference = std::chrono::system_clock::now() - clock.now();
  EXPECT_LT(std::chrono::abs(difference), 1s);
  const MonotonicTime first = clock.monotonic();
  EXPECT_LE(first, clock.monotonic());
}

// What a child of this process sees that believes to have been suspended for 1,000 s: a time
// namespace moves CLOCK_BOOTTIME alone. 0: monotonic() counts them; 1: it does not; 2: no such
// namespace may be made here.
int in_a_process_that_was_suspended() {
  const pid_t outer = ::fork();
  if (outer != 0) {
    int status = 0;
    return ::waitpid(outer, &status, 0) == outer && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  if (::unshare(CLONE_NEWTIME) != 0) ::_exit(2);
  constexpr std::string_view kOffset = "boottime 1000 0\n";
  const int file = ::open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
  if (file < 0 || ::write(file, kOffset.data(), kOffset.size()) < 0) ::_exit(2);
  const pid_t inner = ::fork();  // the namespace is that of children
  if (inner == 0) {
    const MonotonicTime awake = std::chrono::steady_clock::now();
    ::_exit(SystemClock().monotonic() - awake >= 1000s ? 0 : 1);
  }
  int status = 0;
  ::_exit(::waitpid(inner, &status, 0) == inner && WIFEXITED(status) ? WEXITSTATUS(status) : 3);
}

TEST(SystemClock, MonotonicTimeGoesOnWhileTheMachineIsSuspended) {
  const int outcome = in_a_process_that_was_suspended();
  if (outcome == 2) GTEST_SKIP() << "no time namespace may be made here";
  EXPECT_EQ(outcome, 0);
}

}  // namespace
}  // namespace ward
