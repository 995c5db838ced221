#include "world/world.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "world/testing.h"

namespace ward::world {
namespace {

using testing::world_of;

constexpr std::string_view kShop = "spiffe://example.org/shop";
constexpr std::string_view kNode = "spiffe://example.org/node";

template <typename T>
std::vector<std::string> ids(const std::vector<const T*>& entities) {
  std::vector<std::string> all;
  for (const T* entity : entities) all.push_back(entity->id.str());
  return all;
}
using Ids = std::vector<std::string>;

TEST(World, PagesInOrderAndEachOnce) {
  WorldEditor editor{World()};
  for (int i = 0; i < 1000; ++i)
    editor.put(testing::identity(fmt::format("spiffe://example.org/{:04}", 999 - i)));
  editor.put(testing::identity("spiffe://example.com/before"));
  const World world = std::move(editor).finish();
  Ids all;
  std::string after;
  while (true) {
    const auto page =
        world.identities({.prefix = "spiffe://example.org/", .after = after, .limit = 64});
    if (page.empty()) break;
    EXPECT_LE(page.size(), 64u);
    for (const Identity* identity : page) all.push_back(identity->id.str());
    after = all.back();
  }
  ASSERT_EQ(all.size(), 1000u);
  EXPECT_TRUE(std::ranges::is_sorted(all));
  EXPECT_EQ(all.front(), "spiffe://example.org/0000");
}

TEST(World, FindsAResourceByTypeAndId) {
  const World world = world_of({ResourcePut{testing::resource("db")}});
  ASSERT_NE(world.resource("Ward::Service", "db"), nullptr);
  EXPECT_EQ(world.resource("Ward::Service::\"db\""), world.resource("Ward::Service", "db"));
  EXPECT_EQ(world.resource("Ward::Service", "dbx"), nullptr);
  EXPECT_EQ(world.resource("Ward", "Service::db"), nullptr);
}

TEST(World, MatchesRegistrationsWhoseSelectorsAreAllThere) {
  const World world =
      world_of({RegistrationPut{testing::registration("uid", kShop, kNode, {"unix:uid:1"})},
                RegistrationPut{testing::registration("both", kShop, kNode,
                                                      {"unix:path:/bin/a", "unix:uid:1"})},
                RegistrationPut{testing::registration("other", kShop, kNode,
                                                      {"unix:path:/bin/b", "unix:uid:1"})},
                RegistrationPut{testing::registration("elsewhere", kShop, "spiffe://example.org/n2",
                                                      {"unix:uid:1"})}});
  EXPECT_EQ(ids(world.matching(kNode, {"unix:uid:1"})), (Ids{"uid"}));
  EXPECT_EQ(ids(world.matching(kNode, {"unix:uid:1", "unix:path:/bin/a", "unix:gid:5"})),
            (Ids{"both", "uid"}));
  EXPECT_EQ(ids(world.matching(kNode, {"unix:path:/bin/a"})), Ids{});
  EXPECT_EQ(ids(world.matching(kNode, {})), Ids{});
  EXPECT_EQ(ids(world.matching("spiffe://example.org/n2", {"unix:uid:1", "unix:uid:1"})),
            (Ids{"elsewhere"}));
}

TEST(World, ForgetsTheOldSelectorsOfARegistration) {
  const World world =
      world_of({RegistrationPut{testing::registration("r", kShop, kNode, {"a:1", "b:1"})},
                RegistrationPut{testing::registration("r", kShop, kNode, {"c:1"})}});
  EXPECT_EQ(ids(world.matching(kNode, {"a:1", "b:1"})), Ids{});
  EXPECT_EQ(ids(world.matching(kNode, {"c:1"})), (Ids{"r"}));
  EXPECT_EQ(ids(world.registrations_of_parent(kNode, {})), (Ids{"r"}));
  EXPECT_EQ(ids(world.registrations_of_identity(kShop, {})), (Ids{"r"}));
}

// The index against the definition, on random registrations that share most of their selectors.
TEST(World, MatchingEqualsTheSubsetTest) {
  SeededRandom random(7);
  WorldEditor editor{World()};
  std::vector<Registration> all;
  for (int i = 0; i < 2000; ++i) {
    std::set<std::string> selectors;
    for (std::uint64_t n = 1 + random.below(3); n > 0; --n)
      selectors.insert(fmt::format("s:{}", random.below(12)));
    all.push_back(testing::registration(fmt::format("r{:05}", i), kShop, kNode,
                                        {selectors.begin(), selectors.end()}));
    editor.put(all.back());
    if (i % 3 == 0) {  // put again with other selectors
      all.back().selectors = {"s:1", "s:2"};
      editor.put(all.back());
    }
  }
  const World world = std::move(editor).finish();
  for (int round = 0; round < 100; ++round) {
    std::set<std::string> have;
    for (int n = 0; n < 5; ++n) have.insert(fmt::format("s:{}", random.below(12)));
    Ids expected;
    for (const Registration& one : all) {
      if (std::ranges::all_of(one.selectors,
                              [&](const Text& s) { return have.contains(s.str()); })) {
        expected.push_back(one.id.str());
      }
    }
    ASSERT_EQ(ids(world.matching(kNode, {have.begin(), have.end()})), expected);
  }
}

TEST(World, FilesARegistrationUnderItsRarestSelector) {
  // 10,000 registrations share a uid; each has its own path. Were they filed under the uid, every
  // match would walk all.
  WorldEditor editor{World()};
  for (int i = 0; i < 10'000; ++i) {
    editor.put(testing::registration(fmt::format("r{}", i), kShop, kNode,
                                     {fmt::format("unix:path:/bin/{:05}", i), "unix:uid:1000"}));
  }
  const World world = std::move(editor).finish();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) {
    const auto found =
        world.matching(kNode, {fmt::format("unix:path:/bin/{:05}", i), "unix:uid:1000"});
    ASSERT_EQ(ids(found), (Ids{fmt::format("r{}", i)}));
  }
  // A walk over all takes over 100 us in any build; a thousand of them, well over this.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(500));
}

TEST(World, KnowsRevokedCredentialsOfAnIdentity) {
  const auto revoked = [](std::string_view id, std::string_view of) {
    return Revoked{{.kind = RevocationKind::kCredential, .id = id, .identity = of, .reason = {}}};
  };
  const World world = world_of({revoked("x509:01", kShop), revoked("jwt:a", kShop),
                                revoked("x509:02", kNode), revoked("x509:03", kShop),
                                Restored{RevocationKind::kCredential, "x509:03", kShop}});
  EXPECT_EQ(ids(world.revocations_of_identity(kShop, {})), (Ids{"jwt:a", "x509:01"}));
  EXPECT_NE(world.revocation(RevocationKind::kCredential, "x509:02"), nullptr);
  EXPECT_EQ(world.revocation(RevocationKind::kCredential, "x509:03"), nullptr);
  EXPECT_EQ(world.revocation(RevocationKind::kNode, "x509:02"), nullptr);
}

TEST(World, AFlowIsOpenOneWayAndForItsAction) {
  const World world = world_of({FlowOpened{{"a", "b", "read"}}});
  EXPECT_TRUE(world.flow_open("a", "b", "read"));
  EXPECT_FALSE(world.flow_open("b", "a", "read"));
  EXPECT_FALSE(world.flow_open("a", "b", "write"));
  EXPECT_FALSE(world.flow_open("a", "bread", ""));
}

}  // namespace
}  // namespace ward::world
