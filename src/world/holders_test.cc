#include "world/holders.h"

#include <gtest/gtest.h>

namespace ward::world {
namespace {

const Name kA{NameKind::kIdentity, "spiffe://example.org/a"};
const Name kB{NameKind::kIdentity, "spiffe://example.org/b"};
const Name kEverywhere{NameKind::kEverywhere, ""};
using Views = std::vector<ViewId>;

TEST(Holders, KnowsWhoHoldsWhat) {
  Holders holders(10);
  for (const ViewId view : {ViewId{1}, ViewId{2}, ViewId{3}}) ASSERT_TRUE(holders.add(view).ok());
  ASSERT_TRUE(holders.hold(1, kA).ok());
  ASSERT_TRUE(holders.hold(3, kA).ok());
  ASSERT_TRUE(holders.hold(3, kA).ok());
  ASSERT_TRUE(holders.hold(2, kB).ok());
  EXPECT_EQ(holders.holding({kA}), (Views{1, 3}));
  EXPECT_EQ(holders.holding({kA, kB}), (Views{1, 2, 3}));
  EXPECT_EQ(holders.holding({kEverywhere}), (Views{1, 2, 3}));
  EXPECT_EQ(holders.holding({}), Views{});
  EXPECT_TRUE(holders.holds(1, kA));
  EXPECT_FALSE(holders.holds(1, kB));
  EXPECT_TRUE(holders.holds(1, kEverywhere));
  EXPECT_FALSE(holders.holds(9, kEverywhere));
}

TEST(Holders, ForgetsWhatIsReleasedAndWhoIsDropped) {
  Holders holders(10);
  ASSERT_TRUE(holders.add(1).ok());
  ASSERT_TRUE(holders.add(2).ok());
  for (const Name& name : {kA, kB}) {
    ASSERT_TRUE(holders.hold(1, name).ok());
    ASSERT_TRUE(holders.hold(2, name).ok());
  }
  holders.release(1, kA);
  holders.release(1, kA);
  EXPECT_EQ(holders.holding({kA}), (Views{2}));
  holders.drop(2);
  holders.drop(2);
  EXPECT_EQ(holders.holding({kA, kB}), (Views{1}));
  EXPECT_EQ(holders.names(), 1u);  // nothing is kept for a name that nobody holds
  EXPECT_EQ(holders.views(), 1u);
}

TEST(Holders, BoundsWhatOneViewMakesItRemember) {
  Holders holders(1);
  ASSERT_TRUE(holders.add(1).ok());
  EXPECT_EQ(holders.add(1).error().code(), ErrorCode::kAlreadyExists);
  ASSERT_TRUE(holders.hold(1, kA).ok());
  EXPECT_EQ(holders.hold(1, kB).error().code(), ErrorCode::kResourceExhausted);
  EXPECT_TRUE(holders.hold(1, kA).ok());
  holders.release(1, kA);
  EXPECT_TRUE(holders.hold(1, kB).ok());
  EXPECT_EQ(holders.hold(7, kA).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace ward::world
