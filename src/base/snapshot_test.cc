#include "base/snapshot.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace ward {
namespace {

TEST(Snapshot, ReaderSeesThePublishedVersionAndKeepsTheOldAlive) {
  Snapshot<int> snapshot(std::make_shared<const int>(1));
  Snapshot<int>::Reader reader(snapshot);
  const std::shared_ptr<const int> old = reader.shared();
  snapshot.publish(std::make_shared<const int>(2));
  EXPECT_EQ(reader.pin(), 2);
  EXPECT_EQ(*old, 1);
  EXPECT_EQ(*snapshot.load(), 2);
}

// Each version holds equal halves and versions only grow: a torn or stale read would show.
TEST(Snapshot, ManyReadersNeverSeeATornOrOlderVersion) {
  struct Pair {
    int a;
    int b;
  };
  Snapshot<Pair> snapshot(std::make_shared<const Pair>(Pair{0, 0}));
  std::vector<std::jthread> readers;
  std::atomic<int> bad{0};
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&](const std::stop_token& stop) {
      Snapshot<Pair>::Reader reader(snapshot);
      int last = 0;
      while (!stop.stop_requested()) {
        const Pair& now = reader.pin();
        if (now.a != now.b || now.a < last) bad.fetch_add(1);
        last = now.a;
      }
    });
  }
  for (int version = 1; version <= 2000; ++version) {
    snapshot.publish(std::make_shared<const Pair>(Pair{version, version}));
  }
  readers.clear();
  EXPECT_EQ(bad.load(), 0);
}

}  // namespace
}  // namespace ward
