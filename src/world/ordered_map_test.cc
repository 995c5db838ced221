// The map against std::map, which is slow to copy and obvious.
#include "world/ordered_map.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"

namespace ward::world {
namespace {

struct Item {
  Text key;
  int value = 0;
};
std::string_view sort_key(const Ref<Item>& item) {
  return item->key.view();
}
Text key_text(const Ref<Item>& item) {
  return item->key;
}

using Map = OrderedMap<Ref<Item>>;
using Oracle = std::map<std::string, int>;

std::vector<std::pair<std::string, int>> contents(const Map& map, std::string_view from = {}) {
  std::vector<std::pair<std::string, int>> all;
  map.scan(from, [&](const Ref<Item>& item) {
    all.emplace_back(item->key.str(), item->value);
    return true;
  });
  return all;
}

void expect_same(const Map& map, const Oracle& oracle) {
  ASSERT_EQ(map.size(), oracle.size());
  ASSERT_EQ(contents(map),
            (std::vector<std::pair<std::string, int>>(oracle.begin(), oracle.end())));
}

std::string key_at(std::uint64_t n) {
  return "key/" + std::to_string(n);
}

class OrderedMapSeeded : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(OrderedMapSeeded, EqualsAMapThroughRandomChangesAndOldVersionsStay) {
  SeededRandom random(GetParam());
  Map map;
  Oracle oracle;
  std::vector<std::pair<Map, Oracle>> versions;
  const std::uint64_t keys = 50 + random.below(5000);
  for (int step = 0; step < 20'000; ++step) {
    const std::string key = key_at(random.below(keys));
    // Phases of growing and shrinking, so that nodes empty out as well.
    const bool grow = random.below(100) < ((step / 4000) % 2 == 0 ? 80u : 20u);
    if (grow) {
      map.put(Ref(Item{key, step}));
      oracle[key] = step;
    } else {
      ASSERT_EQ(map.erase(key), oracle.erase(key) == 1);
    }
    if (step % 4000 == 0) versions.emplace_back(map, oracle);
    const std::string probe = key_at(random.below(keys));
    const Ref<Item>* found = map.find(probe);
    ASSERT_EQ(found != nullptr, oracle.contains(probe));
    if (found) {
      ASSERT_EQ((*found)->value, oracle[probe]);
    }
  }
  expect_same(map, oracle);
  for (const auto& [version, then] : versions) expect_same(version, then);
  const std::string from = key_at(random.below(keys));
  EXPECT_EQ(contents(map, from),
            (std::vector<std::pair<std::string, int>>(oracle.lower_bound(from), oracle.end())));
  for (const auto& [key, value] : Oracle(oracle)) ASSERT_TRUE(map.erase(key));
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(contents(map), (std::vector<std::pair<std::string, int>>()));
}

INSTANTIATE_TEST_SUITE_P(Seeds, OrderedMapSeeded, ::testing::Range<std::uint64_t>(1, 9));

TEST(OrderedMap, ScansAPrefixAndStopsWhenTold) {
  Map map;
  for (int i = 0; i < 1000; ++i) map.put(Ref(Item{(i % 2 ? "a/" : "b/") + std::to_string(i), i}));
  int seen = 0;
  map.scan_prefix("a/", [&](const Ref<Item>& item) {
    EXPECT_EQ(item->value % 2, 1);
    ++seen;
    return true;
  });
  EXPECT_EQ(seen, 500);
  seen = 0;
  map.scan_prefix("b/", [&](const Ref<Item>&) { return ++seen < 7; });
  EXPECT_EQ(seen, 7);
}

TEST(OrderedMap, KeysInOrderFillTheirNodes) {
  // 100,000 keys in order: were nodes left half full, a find would still pass, but the bulk load of
  // a snapshot would take twice the memory. The scan shows that order did not suffer.
  Map map;
  std::set<std::string> keys;
  for (int i = 0; i < 100'000; ++i) keys.insert(key_at(static_cast<std::uint64_t>(i)));
  for (const std::string& key : keys) map.put(Ref(Item{key, 0}));
  EXPECT_EQ(map.size(), keys.size());
  auto expected = keys.begin();
  map.scan({}, [&](const Ref<Item>& item) { return item->key == *expected++; });
  EXPECT_EQ(expected, keys.end());
}

}  // namespace
}  // namespace ward::world
