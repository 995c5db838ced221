#include <gtest/gtest.h>

#include "world/testing.h"

namespace ward::world {
namespace {

using testing::fact;
using testing::world_of;

constexpr std::string_view kShop = "spiffe://example.org/shop";
constexpr std::string_view kNode = "spiffe://example.org/node";

TEST(Fold, OfAllBodiesIsAdmissibleAndEndsWhereItSays) {
  World world;
  for (const FactBody& body : testing::one_of_each()) {
    const auto may = admissible(world, fact(body));
    ASSERT_TRUE(may.ok()) << body_name(body) << ": " << may.error().text();
    auto next = apply(world, world.revision() + 1, fact(body));
    ASSERT_TRUE(next.ok());
    world = *std::move(next);
  }
  EXPECT_EQ(world.revision(), testing::one_of_each().size());
  EXPECT_EQ(
      world.counts(),
      (World::Counts{
          .join_tokens = 1, .segments = 1, .policy_sets = 1, .revocations = 2, .key_slots = 1}));
}

TEST(Fold, RefusesARevisionThatIsNotTheNext) {
  const Fact one = fact(SegmentPut{{"a", ""}});
  EXPECT_EQ(apply(World(), 2, one).error().code(), ErrorCode::kOutOfRange);
  EXPECT_EQ(apply(World(), 0, one).error().code(), ErrorCode::kOutOfRange);
  EXPECT_TRUE(apply(World(), 1, one).ok());
}

TEST(Fold, LeavesTheWorldBeforeAsItWas) {
  const World before = world_of({IdentityPut{testing::identity(kShop)}});
  const auto after = apply(before, 2, fact(IdentityRemoved{kShop}));
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->identity(kShop), nullptr);
  ASSERT_NE(before.identity(kShop), nullptr);
  EXPECT_EQ(*before.identity(kShop), testing::identity(kShop));
  EXPECT_EQ(before.revision(), 1u);
}

TEST(Fold, PuttingAnIdentityAgainDoesNotLiftItsQuarantine) {
  const World world = world_of({IdentityPut{testing::identity(kShop)},
                                IdentityStatusChanged{kShop, IdentityStatus::kQuarantined, "odd"},
                                IdentityPut{testing::identity(kShop)}});
  EXPECT_EQ(world.identity(kShop)->status, IdentityStatus::kQuarantined);
  EXPECT_EQ(world.identity(kShop)->status_reason, "odd");
}

TEST(Fold, ABannedNodeThatAttestsAgainStaysBanned) {
  const World world = world_of(
      {NodePut{testing::node(kNode)}, NodeBanned{kNode, true}, NodePut{testing::node(kNode)}});
  EXPECT_TRUE(world.node(kNode)->banned);
}

TEST(Fold, ARevocationOutlivesTheIdentityItNames) {
  const World world = world_of({IdentityPut{testing::identity(kShop)},
                                Revoked{{.kind = RevocationKind::kIdentity,
                                         .id = kShop,
                                         .identity = {},
                                         .not_before = testing::kNow,
                                         .reason = {}}},
                                IdentityRemoved{kShop}, IdentityPut{testing::identity(kShop)}});
  const Revocation* revocation = world.revocation(RevocationKind::kIdentity, kShop);
  ASSERT_NE(revocation, nullptr);
  EXPECT_EQ(revocation->not_before, testing::kNow);
}

TEST(Fold, TakingARevocationBackLeavesItsCutOff) {
  const auto revoked_at = [](WallTime at) {
    return Revoked{{.kind = RevocationKind::kIdentity,
                    .id = kShop,
                    .identity = {},
                    .not_before = at,
                    .reason = {}}};
  };
  const Restored restored{RevocationKind::kIdentity, kShop, {}};
  const World world = world_of({revoked_at(testing::kNow), restored});
  const Revocation* revocation = world.revocation(RevocationKind::kIdentity, kShop);
  ASSERT_NE(revocation, nullptr);
  EXPECT_FALSE(revocation->stands());
  EXPECT_TRUE(revocation->covers(testing::kNow - std::chrono::seconds{1}));
  EXPECT_FALSE(revocation->covers(testing::kNow));
  const WallTime later = testing::kNow + std::chrono::hours{1};
  const World again = world_of({revoked_at(later)}, world);
  EXPECT_TRUE(again.revocation(RevocationKind::kIdentity, kShop)->stands());
}

TEST(Fold, ACredentialThatIsTakenBackHoldsAgain) {
  const World world = world_of({Revoked{{.kind = RevocationKind::kCredential,
                                         .id = "jwt:a",
                                         .identity = kShop,
                                         .not_before = testing::kNow,
                                         .reason = {}}},
                                Restored{RevocationKind::kCredential, "jwt:a", kShop}});
  EXPECT_EQ(world.revocation(RevocationKind::kCredential, "jwt:a"), nullptr);
}

TEST(Fold, PassesOverWhatAPartialWorldDoesNotHold) {
  const World world =
      world_of({IdentityStatusChanged{kShop, IdentityStatus::kRetired, ""}, IdentityRemoved{kShop},
                NodeBanned{kNode, true}, NodeRemoved{kNode}, RegistrationRemoved{"r", kNode, kShop},
                JoinTokenConsumed{"aa"}, ResourceRemoved{{"T", "x"}}, SegmentRemoved{"s"},
                FlowClosed{{"a", "b", "c"}}, Restored{RevocationKind::kNode, kNode, {}},
                KeySlotRemoved{"k"}, OwnerRemoved{"o"}});
  EXPECT_EQ(world.counts(), World::Counts());
}

TEST(Fold, IdentitiesShareTheirOwnersName) {
  const World world = world_of({IdentityPut{testing::identity("spiffe://example.org/a")},
                                IdentityPut{testing::identity("spiffe://example.org/b")}});
  EXPECT_EQ(world.identity("spiffe://example.org/a")->owner.view().data(),
            world.identity("spiffe://example.org/b")->owner.view().data());
}

}  // namespace
}  // namespace ward::world
