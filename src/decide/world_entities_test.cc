#include "decide/world_entities.h"

#include <gtest/gtest.h>

#include "cedar/engine/engine.h"
#include "tests/support/allocations.h"

namespace ward::decide {
namespace {

using cedar::EntityUid;

EntityUid uid(const char* type, const char* id) {
  return EntityUid::of(type, id).value();
}

class WorldEntitiesTest : public ::testing::Test {
 protected:
  WorldEntitiesTest() : policies_(Policies::parse({}).value()) {
    world::WorldEditor editor{world::World()};
    editor.put(world::Owner{.id = "team:db", .contact = ""});
    editor.put(world::Segment{.id = "core", .description = ""});
    world::Identity identity;
    identity.id = "spiffe://example.org/db";
    identity.identity_class = world::IdentityClass::kServiceAccount;
    identity.owner = "team:db";
    identity.environment = "prod";
    identity.segment = "core";
    identity.labels = {{"tier", "1"}};
    editor.put(identity);
    editor.put(resource("Table", "t", "Schema", "s"));
    editor.put(resource("Schema", "s", "Database", "d"));
    editor.put(resource("Database", "d", "Table", "t"));  // a cycle
    world_ = std::move(editor).finish();
  }

  static world::Resource resource(const char* type, const char* id, const char* parent_type,
                                  const char* parent) {
    world::Resource made;
    made.type = type;
    made.id = id;
    made.attributes = {{"owner", "said by nobody"}, {"state", "open"}};
    made.owner = "team:db";
    made.parents = {{parent_type, parent}};
    return made;
  }

  std::shared_ptr<const Policies> policies_;
  world::World world_;
  WorldEntities entities_{world_, *policies_};
};

TEST_F(WorldEntitiesTest, AnIdentityIsFoundUnderItsOwnClassOnly) {
  EXPECT_TRUE(entities_.find(uid("Ward::ServiceAccount", "spiffe://example.org/db")));
  EXPECT_FALSE(entities_.find(uid("Ward::Workload", "spiffe://example.org/db")));
}

TEST_F(WorldEntitiesTest, IdentityShowsWhatTheRegistryKnows) {
  const auto handle = entities_.find(uid("Ward::ServiceAccount", "spiffe://example.org/db"));
  EXPECT_EQ(entities_.attribute(handle, "status")->to_value(), cedar::Value("active"));
  EXPECT_EQ(entities_.attribute(handle, "owner_live")->to_value(), cedar::Value(true));
  EXPECT_EQ(entities_.attribute(handle, "trust_domain")->to_value(), cedar::Value("example.org"));
  EXPECT_EQ(entities_.attribute(handle, "segment")->to_value(),
            cedar::Value(uid("Ward::Segment", "core")));
  EXPECT_EQ(entities_.tag(handle, "tier")->to_value(), cedar::Value("1"));
  EXPECT_EQ(entities_.attribute(handle, "tier"), std::nullopt);
  EXPECT_TRUE(entities_.has_ancestor(handle, uid("Ward::Environment", "prod")));
  EXPECT_FALSE(entities_.has_ancestor(handle, uid("Ward::Environment", "staging")));
}

TEST_F(WorldEntitiesTest, RegistryFieldsWinOverAttributesOfTheSameName) {
  const auto handle = entities_.find(uid("Table", "t"));
  EXPECT_EQ(entities_.attribute(handle, "owner")->to_value(),
            cedar::Value(uid("Ward::Owner", "team:db")));
  EXPECT_EQ(entities_.attribute(handle, "state")->to_value(), cedar::Value("open"));
  EXPECT_EQ(entities_.attribute(handle, "absent"), std::nullopt);
}

TEST_F(WorldEntitiesTest, ParentsAreFollowedThroughCyclesAndToUnregisteredNames) {
  const auto handle = entities_.find(uid("Table", "t"));
  EXPECT_TRUE(entities_.has_ancestor(handle, uid("Database", "d")));
  EXPECT_FALSE(entities_.has_ancestor(handle, uid("Database", "other")));
  EXPECT_TRUE(entities_.has_ancestor(handle, uid("Ward::Owner", "team:db")));
}

TEST_F(WorldEntitiesTest, ADecisionOnTheWorldAllocatesNothing) {
  const auto policies = Policies::parse({{"t.cedar", R"(
      @id("t") permit (principal is Ward::ServiceAccount in Ward::Owner::"team:db",
                       action == Action::"read", resource in Ward::Owner::"team:db")
      when { principal.status == "active" && principal.owner_live && principal.hasTag("tier") }
      when { resource.state like "o*" && principal.owner == resource.owner };)"}});
  ASSERT_TRUE(policies.ok()) << policies.error().text();
  const auto& account = *world_.identity("spiffe://example.org/db");
  world::WorldEditor editor(world_);
  world::Resource orphan = resource("Table", "alone", "Schema", "s");
  orphan.parents.clear();
  editor.put(orphan);
  const world::World world = std::move(editor).finish();
  const WorldEntities entities(world, **policies);
  const cedar::Record context{{"revoked", false}, {"flow_open", true}};
  cedar::Query query({entity_type_of(account.identity_class), account.id.view()},
                     {"Action", "read"}, {"Table", "alone"}, context);
  query.locate_principal(WorldEntities::handle_of(account))
      .locate_resource(WorldEntities::handle_of(*world.resource("Table", "alone")));
  cedar::Workspace workspace;
  cedar::decide((*policies)->compiled(), query, entities, workspace);  // grows the workspace
  if (!testing::counts_allocations()) GTEST_SKIP() << "ThreadSanitizer has its own operators";
  const testing::AllocationCount count;
  const cedar::Answer answer = cedar::decide((*policies)->compiled(), query, entities, workspace);
  EXPECT_EQ(count.so_far(), 0u);
  EXPECT_EQ(answer.decision, cedar::Decision::kAllow);
}

}  // namespace
}  // namespace ward::decide
