#include "base/clock.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace ward
