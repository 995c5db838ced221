#include "world/view.h"

#include <gtest/gtest.h>

#include "world/testing.h"

namespace ward::world {
namespace {

using testing::fact;

constexpr std::string_view kShop = "spiffe://example.org/shop";
const Name kNodeName{NameKind::kNode, "spiffe://example.org/node"};
const Name kShopName{NameKind::kIdentity, std::string(kShop)};
const Name kEverywhere{NameKind::kEverywhere, ""};

World furnished() {
  auto bodies = testing::one_of_each();
  bodies.resize(18);
  return testing::world_of(bodies);
}

View started(const World& world, std::size_t names_max = 100) {
  View view(kNodeName, names_max);
  WARD_CHECK(view.insert(view_entry(world, kEverywhere)).ok());
  WARD_CHECK(view.insert(view_entry(world, kNodeName)).ok());
  return view;
}

TEST(View, EntriesSurviveTheirBytes) {
  const World world = furnished();
  for (const Name& name :
       {kEverywhere, kNodeName, kShopName, Name{NameKind::kResource, "Ward::Service::\"db\""},
        Name{NameKind::kOwner, "team:payments"}, Name{NameKind::kIdentity, "spiffe://a/none"}}) {
    const ViewEntry entry = view_entry(world, name);
    EXPECT_EQ(entry.entities.empty(), name.id == "spiffe://a/none") << name.id;
    const auto bytes = encode_view_entry(entry);
    ASSERT_TRUE(bytes.ok());
    const auto again = decode_view_entry(*bytes);
    ASSERT_TRUE(again.ok()) << again.error().text();
    EXPECT_EQ(*again, entry);
  }
  EXPECT_FALSE(decode_view_entry(as_bytes("\xff\xff")).ok());
  EXPECT_FALSE(decode_view_entry(as_bytes("")).ok());
}

TEST(View, NoEntryShowsASealedKey) {
  for (const Entity& entity : view_entry(furnished(), kEverywhere).entities) {
    const auto* slot = std::get_if<KeySlot>(&entity);
    EXPECT_TRUE(!slot || slot->sealed_private_key.empty());
  }
}

TEST(View, KnowsItsNodesRegistrationsFromTheStart) {
  const View view = started(furnished());
  EXPECT_EQ(view.world().registrations_of_parent(kNodeName.id, {}).size(), 1u);
  EXPECT_TRUE(view.world().flow_open("dmz", "core", "read"));
  EXPECT_EQ(view.world().identity(kShop), nullptr);
  EXPECT_EQ(view.world().revision(), 18u);
}

TEST(View, TellsAbsentFromUnknown) {
  View view = started(furnished());
  const Name ghost{NameKind::kIdentity, "spiffe://example.org/ghost"};
  EXPECT_FALSE(view.holds(ghost));
  ASSERT_TRUE(view.insert(view_entry(furnished(), ghost)).ok());
  EXPECT_TRUE(view.holds(ghost));
  EXPECT_EQ(view.world().identity(ghost.id), nullptr);
  ASSERT_TRUE(view.fold(19, fact(IdentityPut{testing::identity(ghost.id)})).ok());
  EXPECT_NE(view.world().identity(ghost.id), nullptr);
}

TEST(View, FollowsTheFactsThatTouchIt) {
  const World world = furnished();
  View view = started(world);
  ASSERT_TRUE(view.insert(view_entry(world, kShopName)).ok());
  EXPECT_EQ(view.world().identity(kShop)->status, IdentityStatus::kQuarantined);
  EXPECT_NE(view.world().revocation(RevocationKind::kCredential, "x509:0a"), nullptr);
  ASSERT_TRUE(view.fold(25, fact(IdentityRemoved{kShop})).ok());  // 19 to 24 did not touch it
  EXPECT_EQ(view.world().identity(kShop), nullptr);
  EXPECT_EQ(view.world().revision(), 25u);
  ASSERT_TRUE(view.advance(30).ok());
  EXPECT_EQ(view.world().revision(), 30u);
}

TEST(View, RefusesWhatComesOutOfOrder) {
  const World world = furnished();
  View view = started(world);
  ASSERT_TRUE(view.advance(20).ok());
  EXPECT_EQ(view.insert(view_entry(world, kShopName)).error().code(), ErrorCode::kOutOfRange);
  EXPECT_EQ(view.fold(20, fact(IdentityRemoved{kShop})).error().code(), ErrorCode::kOutOfRange);
  EXPECT_EQ(view.advance(19).error().code(), ErrorCode::kOutOfRange);
}

TEST(View, WhatWasTakenAwayMeanwhileIsGoneAfterItIsInsertedAnew) {
  const World before = furnished();
  View view = started(before);
  ASSERT_TRUE(view.insert(view_entry(before, kShopName)).ok());
  const World after = testing::world_of(
      {FlowClosed{{"dmz", "core", "read"}}, Restored{RevocationKind::kCredential, "x509:0a", kShop},
       RegistrationRemoved{"r1", kNodeName.id, kShop}, IdentityRemoved{kShop}},
      before);
  for (const Name& name : {kEverywhere, kNodeName, kShopName})
    ASSERT_TRUE(view.insert(view_entry(after, name)).ok());
  EXPECT_FALSE(view.world().flow_open("dmz", "core", "read"));
  EXPECT_EQ(view.world().registrations_of_parent(kNodeName.id, {}).size(), 0u);
  EXPECT_EQ(view.world().identity(kShop), nullptr);
  EXPECT_EQ(view.world().revocation(RevocationKind::kCredential, "x509:0a"), nullptr);
}

TEST(View, LetsGoOfTheLeastRecentlyUsedButNotOfWhatIsPinned) {
  WorldEditor editor(furnished());
  for (char c = 'a'; c <= 'd'; ++c)
    editor.put(testing::identity(fmt::format("spiffe://example.org/{}", c)));
  const World world = std::move(editor).finish();
  const auto name = [](char c) {
    return Name{NameKind::kIdentity, fmt::format("spiffe://example.org/{}", c)};
  };
  View view = started(world, 4);
  for (char c = 'a'; c <= 'b'; ++c) ASSERT_TRUE(view.insert(view_entry(world, name(c))).ok());
  ASSERT_TRUE(view.holds(name('a')));  // so b is the oldest
  const auto let_go = view.insert(view_entry(world, name('c')));
  ASSERT_TRUE(let_go.ok());
  EXPECT_EQ(*let_go, (std::vector<Name>{name('b')}));
  EXPECT_FALSE(view.holds(name('b')));
  EXPECT_EQ(view.world().identity(name('b').id), nullptr);
  EXPECT_NE(view.world().identity(name('a').id), nullptr);
  EXPECT_EQ(*view.insert(view_entry(world, name('d'))), (std::vector<Name>{name('a')}));
  EXPECT_TRUE(view.holds(kNodeName));
  EXPECT_TRUE(view.holds(kEverywhere));
  EXPECT_EQ(view.size(), 4u);
}

}  // namespace
}  // namespace ward::world
