#include "world/snapshot.h"

#include <gtest/gtest.h>

#include "world/testing.h"

namespace ward::world {
namespace {

World furnished() {
  auto bodies = testing::one_of_each();
  bodies.resize(18);  // before the removals
  World world = testing::world_of(bodies);
  WorldEditor editor(std::move(world));
  for (int i = 0; i < 100; ++i)
    editor.put(testing::identity(fmt::format("spiffe://example.org/{}", i)));
  return std::move(editor).finish();
}

Bytes written(const World& world) {
  Bytes bytes;
  const auto done = write_snapshot(world, [&](ByteView chunk) {
    append(bytes, chunk);
    return Result<void>();
  });
  EXPECT_TRUE(done.ok());
  return bytes;
}

Result<World> read(ByteView bytes, std::size_t piece) {
  SnapshotReader reader;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    WARD_RETURN_IF_ERROR(reader.feed(bytes.subspan(at, std::min(piece, bytes.size() - at))));
  }
  return std::move(reader).finish();
}

TEST(WorldSnapshot, GivesTheSameWorldHoweverItIsCut) {
  const World world = furnished();
  const Bytes bytes = written(world);
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{7}, std::size_t{1000}, bytes.size()}) {
    const auto again = read(bytes, piece);
    ASSERT_TRUE(again.ok()) << again.error().text();
    EXPECT_EQ(again->revision(), world.revision());
    EXPECT_EQ(again->counts(), world.counts());
    EXPECT_EQ(written(*again), bytes);
    EXPECT_EQ(*again->identity("spiffe://example.org/shop"),
              *world.identity("spiffe://example.org/shop"));
    EXPECT_EQ(*again->policy_set("main"), *world.policy_set("main"));
    EXPECT_EQ(again->matching("spiffe://example.org/node", {"unix:path:/bin/shop", "unix:uid:1000"})
                  .size(),
              1u);
    EXPECT_EQ(again->revocations_of_identity("spiffe://example.org/shop", {}).size(), 1u);
  }
}

TEST(WorldSnapshot, OfAnEmptyWorldIsOne) {
  const auto again = read(written(World()), 64);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->revision(), 0u);
}

TEST(WorldSnapshot, AnyDamagedByteIsFound) {
  const Bytes bytes =
      written(testing::world_of({IdentityPut{testing::identity("spiffe://example.org/a")}}));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes damaged = bytes;
    damaged[i] ^= 0x20;
    EXPECT_FALSE(read(damaged, damaged.size()).ok()) << "byte " << i;
  }
}

TEST(WorldSnapshot, AnyCutIsFound) {
  const Bytes bytes =
      written(testing::world_of({IdentityPut{testing::identity("spiffe://example.org/a")}}));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto again = read(ByteView(bytes).first(size), bytes.size());
    ASSERT_FALSE(again.ok()) << size;
    EXPECT_EQ(again.error().code(), ErrorCode::kDataLoss);
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(read(longer, longer.size()).ok());
}

TEST(WorldSnapshot, SaysWhenItIsOfANewerWard) {
  Bytes bytes = written(World());
  bytes[7] = '2';
  EXPECT_EQ(read(bytes, bytes.size()).error().code(), ErrorCode::kUnimplemented);
}

TEST(WorldSnapshot, PassesOnTheErrorOfItsSink) {
  const auto done = write_snapshot(World(), [](ByteView) -> Result<void> {
    return Error(ErrorCode::kResourceExhausted, "disk full");
  });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().message(), "disk full");
}

}  // namespace
}  // namespace ward::world
