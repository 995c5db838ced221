#include "base/random.h"

#include <gtest/gtest.h>

#include <set>

namespace ward {
namespace {

TEST(SeededRandom, RepeatsForTheSameSeedOnly) {
  SeededRandom a(7);
  SeededRandom b(7);
  SeededRandom c(8);
  const Bytes first = a.bytes(37);
  EXPECT_EQ(first, b.bytes(37));
  EXPECT_NE(first, c.bytes(37));
}

TEST(Random, BelowStaysInBoundAndReachesEveryValue) {
  SeededRandom random(1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 500; ++i) {
    const std::uint64_t value = random.below(7);
    ASSERT_LT(value, 7U);
    seen.insert(value);
  }
  EXPECT_EQ(seen.size(), 7U);
}

}  // namespace
}  // namespace ward
