#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world/testing.h"

namespace ward::world {
namespace {

using testing::fact;
using ::testing::HasSubstr;
using testing::world_of;

constexpr std::string_view kShop = "spiffe://example.org/shop";
constexpr std::string_view kNode = "spiffe://example.org/node";
const std::string kToken(64, 'a');

World furnished() {
  return world_of(
      {SegmentPut{{"dmz", ""}}, SegmentPut{{"core", ""}}, FlowOpened{{"dmz", "core", "read"}},
       IdentityPut{testing::identity(kShop)}, NodePut{testing::node(kNode)},
       RegistrationPut{testing::registration("r1", kShop, kNode, {"unix:uid:1"})},
       JoinTokenCreated{
           {.sha256 = kToken, .node = {}, .expires = testing::kNow + std::chrono::hours{1}}},
       PolicySetPublished{testing::policy_set(1)},
       KeySlotPut{testing::key_slot("a", KeyStatus::kActive)}});
}

void expect_refused(const World& world, const FactBody& body, ErrorCode code,
                    std::string_view why) {
  const auto may = admissible(world, fact(body));
  ASSERT_FALSE(may.ok()) << body_name(body) << ": " << why;
  EXPECT_EQ(may.error().code(), code) << may.error().text();
  EXPECT_THAT(may.error().message(), HasSubstr(std::string(why)));
}

TEST(Admissible, RefusesWhatRestsOnNothing) {
  const World world = furnished();
  expect_refused(
      world, RegistrationPut{testing::registration("r2", kShop, "spiffe://example.org/x", {"a:b"})},
      ErrorCode::kNotFound, "no parent node `spiffe://example.org/x`");
  expect_refused(
      world, RegistrationPut{testing::registration("r2", "spiffe://example.org/x", kNode, {"a:b"})},
      ErrorCode::kNotFound, "no identity `spiffe://example.org/x`");
  Identity lost = testing::identity("spiffe://example.org/lost");
  lost.segment = "nowhere";
  expect_refused(world, IdentityPut{lost}, ErrorCode::kNotFound, "no segment `nowhere`");
  expect_refused(world, FlowOpened{{"dmz", "nowhere", "read"}}, ErrorCode::kNotFound,
                 "no segment `nowhere`");
  expect_refused(world,
                 Revoked{{.kind = RevocationKind::kIdentity,
                          .id = "spiffe://example.org/x",
                          .identity = {},
                          .reason = {}}},
                 ErrorCode::kNotFound, "no identity");
}

TEST(Admissible, RefusesToRemoveWhatIsNotThere) {
  const World world = furnished();
  expect_refused(world, IdentityRemoved{"spiffe://example.org/x"}, ErrorCode::kNotFound,
                 "no identity");
  expect_refused(world, RegistrationRemoved{"r9", kNode, kShop}, ErrorCode::kNotFound,
                 "no registration `r9`");
  expect_refused(world, NodeRemoved{"spiffe://example.org/x"}, ErrorCode::kNotFound, "no node");
  expect_refused(world, ResourceRemoved{{"T", "x"}}, ErrorCode::kNotFound,
                 "no resource `T::\"x\"`");
  expect_refused(world, SegmentRemoved{"x"}, ErrorCode::kNotFound, "no segment `x`");
  expect_refused(world, FlowClosed{{"core", "dmz", "read"}}, ErrorCode::kNotFound, "no open flow");
  expect_refused(world, OwnerRemoved{"x"}, ErrorCode::kNotFound, "no owner `x`");
  expect_refused(world, Restored{RevocationKind::kIdentity, kShop, {}}, ErrorCode::kNotFound,
                 "is not revoked");
  expect_refused(world, KeySlotRemoved{"x"}, ErrorCode::kNotFound, "no key slot `x`");
}

TEST(Admissible, RefusesToRemoveWhatOthersRestOn) {
  const World world = furnished();
  expect_refused(world, IdentityRemoved{kShop}, ErrorCode::kFailedPrecondition,
                 "still has registration `r1`");
  expect_refused(world, NodeRemoved{kNode}, ErrorCode::kFailedPrecondition,
                 "is parent of registration `r1`");
  expect_refused(world, SegmentRemoved{"core"}, ErrorCode::kFailedPrecondition,
                 "has an open flow `read`");
  expect_refused(world, KeySlotRemoved{"a"}, ErrorCode::kFailedPrecondition, "is active");
}

TEST(Admissible, AJoinTokenServesOnceAndOnlyInItsTime) {
  const World fresh = furnished();
  EXPECT_TRUE(admissible(fresh, fact(JoinTokenConsumed{kToken})).ok());
  const World used = world_of({JoinTokenConsumed{kToken}}, fresh);
  expect_refused(used, JoinTokenConsumed{kToken}, ErrorCode::kFailedPrecondition, "used already");
  expect_refused(fresh, JoinTokenConsumed{std::string(64, 'b')}, ErrorCode::kNotFound,
                 "no such join token");
  Fact late = fact(JoinTokenConsumed{kToken});
  late.time = testing::kNow + std::chrono::hours{1};
  EXPECT_EQ(admissible(fresh, late).error().code(), ErrorCode::kFailedPrecondition);
  expect_refused(fresh, JoinTokenCreated{{.sha256 = kToken, .node = {}, .expires = late.time}},
                 ErrorCode::kAlreadyExists, "made already");
  expect_refused(
      fresh,
      JoinTokenCreated{{.sha256 = std::string(64, 'c'), .node = {}, .expires = testing::kNow}},
      ErrorCode::kInvalidArgument, "expired");
}

TEST(Admissible, AStatusIsChangedOnlyByItsOwnFact) {
  const World world = furnished();
  Identity raised = testing::identity(kShop);
  raised.status = IdentityStatus::kRetired;
  expect_refused(world, IdentityPut{raised}, ErrorCode::kInvalidArgument,
                 "a status is changed by a fact of its own");
  expect_refused(world, IdentityStatusChanged{kShop, IdentityStatus::kActive, ""},
                 ErrorCode::kAlreadyExists, "is active already");
  const World retired =
      world_of({IdentityStatusChanged{kShop, IdentityStatus::kRetired, ""}}, world);
  expect_refused(retired, IdentityStatusChanged{kShop, IdentityStatus::kActive, ""},
                 ErrorCode::kFailedPrecondition, "retired for good");
}

TEST(Admissible, ABannedNodeDoesNotAttestAgain) {
  const World banned = world_of({NodeBanned{kNode, true}}, furnished());
  expect_refused(banned, NodePut{testing::node(kNode)}, ErrorCode::kFailedPrecondition,
                 "is banned");
  expect_refused(banned, NodeBanned{kNode, true}, ErrorCode::kAlreadyExists, "is banned already");
  EXPECT_TRUE(admissible(banned, fact(NodeBanned{kNode, false})).ok());
}

TEST(Admissible, ARegistrationKeepsItsParentAndIdentity) {
  const World world =
      world_of({IdentityPut{testing::identity("spiffe://example.org/other")}}, furnished());
  expect_refused(world,
                 RegistrationPut{testing::registration("r1", "spiffe://example.org/other", kNode,
                                                       {"unix:uid:1"})},
                 ErrorCode::kFailedPrecondition, "never changes");
  expect_refused(world, RegistrationRemoved{"r1", kNode, "spiffe://example.org/other"},
                 ErrorCode::kFailedPrecondition, "is for `spiffe://example.org/shop`");
  EXPECT_TRUE(
      admissible(world, fact(RegistrationPut{testing::registration("r1", kShop, kNode, {"a:b"})}))
          .ok());
}

TEST(Admissible, PolicyVersionsHaveNoGapsAndTheirHashIsTrue) {
  const World world = furnished();
  expect_refused(world, PolicySetPublished{testing::policy_set(1)}, ErrorCode::kFailedPrecondition,
                 "version 2 was expected");
  expect_refused(world, PolicySetPublished{testing::policy_set(3)}, ErrorCode::kFailedPrecondition,
                 "version 2 was expected");
  PolicySet forged = testing::policy_set(2);
  forged.files[0].text = "forbid(principal, action, resource);";
  expect_refused(world, PolicySetPublished{forged}, ErrorCode::kInvalidArgument, "SHA-256");
  EXPECT_TRUE(admissible(world, fact(PolicySetPublished{testing::policy_set(2)})).ok());
}

TEST(Admissible, ARevocationIsNotMadeEarlier) {
  const auto revoked_at = [](WallTime at) {
    return Revoked{{.kind = RevocationKind::kIdentity,
                    .id = kShop,
                    .identity = {},
                    .not_before = at,
                    .reason = {}}};
  };
  const World world = world_of({revoked_at(testing::kNow)}, furnished());
  expect_refused(world, revoked_at(testing::kNow), ErrorCode::kAlreadyExists, "is revoked already");
  expect_refused(world, revoked_at(testing::kNow - std::chrono::hours{1}),
                 ErrorCode::kAlreadyExists, "already");
  EXPECT_TRUE(admissible(world, fact(revoked_at(testing::kNow + std::chrono::hours{1}))).ok());
}

TEST(Admissible, ARevocationIsTakenBackOnce) {
  const Restored restored{RevocationKind::kIdentity, kShop, {}};
  const World world = world_of({Revoked{{.kind = RevocationKind::kIdentity,
                                         .id = kShop,
                                         .identity = {},
                                         .not_before = testing::kNow,
                                         .reason = {}}}},
                               furnished());
  EXPECT_TRUE(admissible(world, fact(restored)).ok());
  expect_refused(world_of({restored}, world), restored, ErrorCode::kNotFound, "is not revoked");
}

TEST(Admissible, OneKeyOfAKindIsActive) {
  const World world = furnished();
  expect_refused(world, KeySlotPut{testing::key_slot("b", KeyStatus::kActive)},
                 ErrorCode::kFailedPrecondition, "key slot `a` is active: retire it first");
  const World retired = world_of({KeySlotPut{testing::key_slot("a", KeyStatus::kRetired)}}, world);
  EXPECT_TRUE(
      admissible(retired, fact(KeySlotPut{testing::key_slot("b", KeyStatus::kActive)})).ok());
  KeySlot other = testing::key_slot("a", KeyStatus::kPrepared);
  other.kind = KeyKind::kX509;
  expect_refused(world, KeySlotPut{other}, ErrorCode::kFailedPrecondition, "is for jwt keys");
}

}  // namespace
}  // namespace ward::world
