#include "evidence/tile.h"

#include <gtest/gtest.h>

#include <map>

namespace ward::evidence {
namespace {

TEST(Tile, PathsAreThoseOfTheSpecification) {
  EXPECT_EQ(tile_path({false, 0, 1234067, 256}), "tile/0/x001/x234/067");
  EXPECT_EQ(tile_path({false, 2, 0, 1}), "tile/2/000.p/1");
  EXPECT_EQ(tile_path({true, 0, 273, 112}), "tile/entries/273.p/112");
  EXPECT_EQ(tile_path({true, 0, 1000, 256}), "tile/entries/x001/000");
}

TEST(Tile, EveryPathWrittenReadsBack) {
  for (const std::uint64_t index : std::initializer_list<std::uint64_t>{
           0ull, 9ull, 999ull, 1000ull, 1234067ull, UINT64_MAX >> 8}) {
    for (const unsigned level : {0u, 1u, 9u, 63u}) {
      for (const std::uint32_t width : {1u, 10u, 255u, 256u}) {
        const TileName name{false, level, index, width};
        const auto read = parse_tile_path(tile_path(name));
        ASSERT_TRUE(read.ok()) << tile_path(name);
        EXPECT_EQ(*read, name);
      }
    }
    const TileName bundle{true, 0, index, 3};
    EXPECT_EQ(*parse_tile_path(tile_path(bundle)), bundle);
  }
}

TEST(Tile, OtherSpellingsOfAPathAreRefused) {
  for (const char* path : {"",
                           "tile",
                           "tile/",
                           "tile/0",
                           "tile/0/",
                           "tile/0/0",
                           "tile/0/00",
                           "tile/0/0000",
                           "tile/00/000",
                           "tile/64/000",
                           "tile/-1/000",
                           "tile/+1/000",
                           "tile/0/x000/000",
                           "tile/0/001/000",
                           "tile/0/x001/x000",
                           "tile/0/x1/000",
                           "tile/0/000.p/0",
                           "tile/0/000.p/256",
                           "tile/0/000.p/01",
                           "tile/0/000.p/",
                           "tile/0/000.p",
                           "tile/0/000/",
                           "/tile/0/000",
                           "tile//000",
                           "tile/entries",
                           "tile/Entries/000",
                           "tile/0/000 ",
                           "tile/0/00x",
                           "tile/0/x/000",
                           "tile/0/..",
                           "tile/0/x018/x446/x744/x073/x709/x551/616",
                           "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
                           "tile/0/000.p/1.p/1"}) {
    EXPECT_FALSE(parse_tile_path(path).ok()) << path;
  }
}

TEST(Tile, ATreeOfSeventyThousandHasTheTilesOfTheSpecification) {
  EXPECT_EQ(tile_levels(70'000), 3u);
  EXPECT_EQ(tile_width(70'000, 0, 272), 256u);
  EXPECT_EQ(tile_width(70'000, 0, 273), 112u);
  EXPECT_EQ(tile_width(70'000, 0, 274), 0u);
  EXPECT_EQ(tile_width(70'000, 1, 0), 256u);
  EXPECT_EQ(tile_width(70'000, 1, 1), 17u);
  EXPECT_EQ(tile_width(70'000, 2, 0), 1u);
  EXPECT_EQ(tile_width(70'000, 3, 0), 0u);
  const std::vector<TileName> expected = {
      {true, 0, 273, 112}, {false, 0, 273, 112}, {false, 1, 1, 17}, {false, 2, 0, 1}};
  EXPECT_EQ(partial_tiles(70'000), expected);
  EXPECT_EQ(partial_tiles(256), (std::vector<TileName>{{false, 1, 0, 1}}));
  EXPECT_TRUE(partial_tiles(0).empty());
  EXPECT_EQ(tile_levels(UINT64_MAX), 8u);
}

TEST(Tile, BundlesReadBackAndDamageToTheirFramesIsFound) {
  Bytes bundle;
  const std::vector<Bytes> entries = {{}, {1}, Bytes(300, 7), Bytes(kEntryBytesMax, 9)};
  for (const Bytes& entry : entries) append_bundle_entry(bundle, entry);
  const auto read = parse_bundle(bundle, 4);
  ASSERT_TRUE(read.ok());
  for (std::size_t i = 0; i < entries.size(); ++i) EXPECT_EQ(to_bytes((*read)[i]), entries[i]);
  EXPECT_FALSE(parse_bundle(bundle, 3).ok());
  EXPECT_FALSE(parse_bundle(bundle, 5).ok());
  EXPECT_FALSE(parse_bundle(ByteView(bundle).first(bundle.size() - 1), 4).ok());
  Bytes longer = bundle;
  longer.push_back(0);
  EXPECT_FALSE(parse_bundle(longer, 4).ok());
  const Bytes too_large{0xff, 0xff};
  EXPECT_EQ(parse_bundle(too_large, 1).error().code(), ErrorCode::kDataLoss);
}

TEST(Tile, ProofsOutOfTilesEqualThoseOutOfLeaves) {
  constexpr std::uint64_t kSize = 70'000;
  std::map<std::pair<unsigned, std::uint64_t>, std::vector<Hash>> tiles;
  CompactRange range;
  std::vector<Hash> leaves;
  for (std::uint64_t i = 0; i < kSize; ++i) {
    leaves.push_back(leaf_hash(as_bytes(std::to_string(i))));
    range.append(leaves.back());
    Hash hash = leaves.back();
    std::uint64_t index = i;
    for (unsigned level = 0;; ++level, index /= kTileWidth) {
      auto& tile = tiles[{level, index / kTileWidth}];
      tile.push_back(hash);
      if (tile.size() < kTileWidth) break;
      hash = complete_root(tile);
    }
  }
  const SubtreeSource source =
      subtrees_of_tiles(kSize, [&](const TileName& name) -> Result<std::vector<Hash>> {
        return tiles.at({name.level, name.index});
      });
  const auto head = head_at(kSize, source);
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(*head, range.head());
  for (const std::uint64_t index : std::initializer_list<std::uint64_t>{
           0ull, 255ull, 256ull, 65'535ull, 65'536ull, 69'887ull, 69'999ull}) {
    const auto proof = prove_inclusion(index, kSize, source);
    ASSERT_TRUE(proof.ok());
    EXPECT_TRUE(verify_inclusion(leaves[index], index, *head, *proof).ok());
  }
  EXPECT_FALSE(source(0, kSize).ok());
  EXPECT_FALSE(source(17, 0).ok());
}

}  // namespace
}  // namespace ward::evidence
