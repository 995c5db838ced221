#include "net/loop.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace ward::net {
namespace {

using namespace std::chrono_literals;

class SystemLoopTest : public ::testing::Test {
 protected:
  SystemClock clock_;
  SystemLoop loop_{clock_};
};

TEST_F(SystemLoopTest, TimersRunInOrderOfTimeThenOfMaking) {
  std::string order;
  const auto late = loop_.after(20ms, [&] {
    order += 'c';
    loop_.stop();
  });
  const auto early = loop_.after(5ms, [&] { order += 'a'; });
  auto cancelled = loop_.after(6ms, [&] { order += 'x'; });
  const auto second = loop_.after(10ms, [&] { order += 'b'; });
  cancelled.cancel();
  loop_.run();
  EXPECT_EQ(order, "abc");
}

TEST_F(SystemLoopTest, AnEarlierTimerOvertakesAnArmedOne) {
  const auto start = clock_.monotonic();
  const auto late = loop_.after(10s, [&] { loop_.stop(); });
  const auto early = loop_.after(1ms, [&] { loop_.stop(); });
  loop_.run();
  EXPECT_LT(clock_.monotonic() - start, 5s);
}

TEST_F(SystemLoopTest, ATimerMayOutliveItsLoop) {
  Timer timer;
  {
    SystemLoop loop(clock_);
    timer = loop.after(1h, [] { FAIL(); });
  }
  timer.cancel();
}

TEST_F(SystemLoopTest, PostsOfManyThreadsAllRunOnTheLoopThread) {
  constexpr int kThreads = 4, kPosts = 1000;
  int runs = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < kPosts; ++k) {
        loop_.post([&] {
          EXPECT_TRUE(loop_.is_loop_thread());
          if (++runs == kThreads * kPosts) loop_.stop();
        });
      }
    });
  }
  loop_.run();
  EXPECT_EQ(runs, kThreads * kPosts);
}

TEST_F(SystemLoopTest, OtherThreadsAreNotTheLoopThreadWhileItRuns) {
  bool is_loop_thread = true;
  loop_.post([&] {
    std::jthread([&] { is_loop_thread = loop_.is_loop_thread(); }).join();
    loop_.stop();
  });
  loop_.run();
  EXPECT_FALSE(is_loop_thread);
}

TEST_F(SystemLoopTest, AStopBeforeRunEndsTheNextRunOnly) {
  int runs = 0;
  loop_.post([&] { ++runs; });
  loop_.stop();
  loop_.run();
  EXPECT_EQ(runs, 0);
  loop_.run_for(1ms);
  EXPECT_EQ(runs, 1);
}

TEST_F(SystemLoopTest, WhatIsStillPostedIsDroppedWithTheLoop) {
  auto held = std::make_shared<int>();
  {
    SystemLoop loop(clock_);
    loop.post([held] { FAIL(); });
  }
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace ward::net
