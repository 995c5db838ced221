#include "net/testing/simulated_loop.h"

#include <gtest/gtest.h>

#include <string>

namespace ward::net::testing {
namespace {

using namespace std::chrono_literals;

class SimulatedLoopTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  SimulatedLoop loop_{clock_};
};

TEST_F(SimulatedLoopTest, TimersRunInOrderOfTimeThenOfMaking) {
  std::string order;
  const auto late = loop_.after(2s, [&] { order += 'c'; });
  const auto first = loop_.after(1s, [&] { order += 'a'; });
  const auto second = loop_.after(1s, [&] { order += 'b'; });
  loop_.run();
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(clock_.monotonic().time_since_epoch(), 2s);
}

TEST_F(SimulatedLoopTest, RunForStopsAtItsTimeAndLeavesLaterTimersAlone) {
  int runs = 0;
  const auto timer = loop_.after(10s, [&] { ++runs; });
  loop_.run_for(9s);
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(clock_.monotonic().time_since_epoch(), 9s);
  loop_.run_for(1s);
  EXPECT_EQ(runs, 1);
}

TEST_F(SimulatedLoopTest, ACancelledTimerDoesNotRunEvenWhenDueAtTheSameTime) {
  int runs = 0;
  Timer second;
  const auto first = loop_.after(1s, [&] { second.cancel(); });
  second = loop_.after(1s, [&] { ++runs; });
  loop_.run();
  EXPECT_EQ(runs, 0);
}

TEST_F(SimulatedLoopTest, ATimerMayBeReplacedInItsOwnCallbackAndOutliveItsLoop) {
  int runs = 0;
  Timer timer;
  {
    SimulatedLoop loop(clock_);
    timer = loop.after(1s, [&] {
      ++runs;
      timer = loop.after(1s, [&] { ++runs; });
    });
    loop.run_for(1500ms);
  }
  timer.cancel();
  EXPECT_EQ(runs, 1);
}

TEST_F(SimulatedLoopTest, StopKeepsWhatIsLeftForTheNextRun) {
  std::string order;
  loop_.post([&] {
    order += 'a';
    loop_.stop();
  });
  loop_.post([&] { order += 'b'; });
  loop_.run();
  EXPECT_EQ(order, "a");
  loop_.run();
  EXPECT_EQ(order, "ab");
}

}  // namespace
}  // namespace ward::net::testing
