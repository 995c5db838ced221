#include "os/child.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

namespace ward::os {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

ChildOptions shell(const std::string& script) {
  return {.arguments = {"/bin/sh", "-c", script},
          .environment = Environment({{"PATH", "/usr/bin:/bin"}, {"NAME", "value"}})};
}

TEST(RunChild, GathersOutputAndExitCode) {
  const auto ran = run_child(shell("echo $NAME; echo oops >&2; exit 3"), 10s);
  ASSERT_TRUE(ran.ok()) << ran.error().text();
  EXPECT_EQ(ran->output, "value\noops\n");
  EXPECT_EQ(ran->status.exit_code, 3);
  EXPECT_FALSE(ran->status.is_success());
}

TEST(RunChild, GivesNothingOfOurEnvironmentAndNoFurtherDescriptors) {
  ASSERT_EQ(::setenv("WARD_TEST_SECRET", "x", 1), 0);
  const auto ran = run_child(shell("env; ls /proc/self/fd | tr '\\n' ' '"), 10s);
  ::unsetenv("WARD_TEST_SECRET");
  ASSERT_TRUE(ran.ok());
  EXPECT_THAT(ran->output, ::testing::Not(HasSubstr("WARD_TEST_SECRET")));
  EXPECT_THAT(ran->output, HasSubstr("0 1 2 3 "));  // 3 is the directory that ls reads
  EXPECT_THAT(ran->output, ::testing::Not(HasSubstr("3 4 ")));
}

TEST(RunChild, EndsWhatTakesTooLongOrWritesTooMuch) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(run_child(shell("exec sleep 60"), 50ms).error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(run_child(shell("exec yes"), 10s, 100'000).error().code(),
            ErrorCode::kResourceExhausted);
  EXPECT_EQ(run_child(shell("exec >&- 2>&-; exec sleep 60"), 50ms).error().code(),
            ErrorCode::kDeadlineExceeded);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST(Child, AMissingProgramIsNotFound) {
  EXPECT_EQ(Child::spawn({.arguments = {"/no/such/program"}}).error(),
            Error(ErrorCode::kNotFound, "run `/no/such/program`: no such file or directory"));
}

TEST(Child, TakesSignalsEvenWhenWeBlockThem) {
  sigset_t set;
  sigset_t before;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, &set, &before), 0);
  auto child = Child::spawn({.arguments = {"/bin/sleep", "60"}}).value();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_FALSE(child.wait_for(20ms).value().has_value());
  ASSERT_TRUE(child.signal(SIGTERM).ok());
  const auto status = child.wait_for(10s).value();
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->signal, SIGTERM);
  EXPECT_FALSE(status->is_success());
  EXPECT_FALSE(child.is_running());
  EXPECT_FALSE(child.signal(SIGTERM).ok());
  EXPECT_FALSE(child.wait().ok());
}

TEST(Child, IsKilledAndReapedWhenItGoes) {
  pid_t pid = 0;
  {
    auto child = Child::spawn({.arguments = {"/bin/sleep", "60"}}).value();
    const Child moved = std::move(child);
    pid = moved.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

}  // namespace
}  // namespace ward::os
