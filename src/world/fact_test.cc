#include "world/fact.h"

#include <gtest/gtest.h>

#include <set>

#include "ward/fact/v1/fact.pb.h"
#include "world/testing.h"

namespace ward::world {
namespace {

using testing::fact;

TEST(Fact, EveryBodySurvivesItsBytesAndTheBytesAreCanonical) {
  std::set<std::size_t> bodies;
  for (const FactBody& body : testing::one_of_each()) {
    const Fact before = fact(body);
    const auto bytes = encode_fact(before);
    ASSERT_TRUE(bytes.ok()) << bytes.error().text();
    const auto after = decode_fact(*bytes);
    ASSERT_TRUE(after.ok()) << body_name(body) << ": " << after.error().text();
    EXPECT_EQ(*after, before) << body_name(body);
    EXPECT_EQ(*encode_fact(*after), *bytes);
    bodies.insert(body.index());
  }
  // All but UnknownBody, so that a new body is not forgotten here.
  EXPECT_EQ(bodies.size(), std::variant_size_v<FactBody> - 1);
}

TEST(Fact, TheBytesOfAFactAreFixed) {
  // The leaf hashes of existing journals depend on these: a change here is a change of format.
  const auto bytes = encode_fact(fact(IdentityPut{{.id = "spiffe://a/b",
                                                   .status_reason = {},
                                                   .owner = "o",
                                                   .environment = {},
                                                   .segment = {},
                                                   .labels = {{"z", "1"}, {"a", "2"}}}}));
  ASSERT_TRUE(bytes.ok());
  std::string hex;
  for (const std::uint8_t byte : *bytes) hex += fmt::format("{:02x}", byte);
  // By hand from the protobuf encoding: format, time, actor, reason, identity_put with labels in
  // order.
  EXPECT_EQ(hex,
            "0801108080f9c0c1c48203"
            "1a057569643a30"
            "2206612074657374"
            "8201270a250a0c7370696666653a2f2f612f62100318012a016f"
            "42060a0161120132"
            "42060a017a120131");
}

TEST(Fact, NamesItsBody) {
  EXPECT_EQ(body_name(IdentityPut{}), "identity_put");
  EXPECT_EQ(body_name(KeySlotRemoved{}), "key_slot_removed");
  EXPECT_EQ(body_name(UnknownBody{}), "unknown");
}

TEST(Fact, RefusesANewerFormatAndSaysSo) {
  ward::fact::v1::Fact message;
  message.set_format(kFactFormat + 1);
  message.set_actor("system");
  message.mutable_segment_put()->mutable_segment()->set_id("s");
  const auto decoded = decode_fact(as_bytes(message.SerializeAsString()));
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().code(), ErrorCode::kUnimplemented);
}

TEST(Fact, PassesOverABodyOfThisFormatThatItDoesNotKnow) {
  ward::fact::v1::Fact message;
  message.set_format(kFactFormat);
  message.set_actor("system");
  // Field 1000, a string: what a newer Ward may add.
  const std::string bytes = message.SerializeAsString() + "\xc2\x3e\x01x";
  const auto decoded = decode_fact(as_bytes(bytes));
  ASSERT_TRUE(decoded.ok()) << decoded.error().text();
  EXPECT_TRUE(std::holds_alternative<UnknownBody>(decoded->body));
  const auto world = apply(World(), 1, *decoded);
  ASSERT_TRUE(world.ok());
  EXPECT_EQ(world->revision(), 1u);
  EXPECT_EQ(world->counts(), World::Counts());
}

TEST(Fact, RefusesBytesThatAreNone) {
  for (const std::string_view bytes :
       {std::string_view("\xff\xff\xff"), std::string_view(""), std::string_view("\x08\x01")}) {
    const auto decoded = decode_fact(as_bytes(bytes));
    ASSERT_FALSE(decoded.ok());
    EXPECT_EQ(decoded.error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(Fact, RefusesEnumeratorsThatItDoesNotKnow) {
  ward::fact::v1::Fact message;
  message.set_format(kFactFormat);
  message.set_actor("system");
  message.mutable_identity_status_changed()->set_id("spiffe://a/b");
  EXPECT_FALSE(decode_fact(as_bytes(message.SerializeAsString())).ok());
  message.mutable_identity_status_changed()->set_status(
      static_cast<ward::fact::v1::IdentityStatus>(77));
  EXPECT_FALSE(decode_fact(as_bytes(message.SerializeAsString())).ok());
}

void expect_unwritable(FactBody body, ErrorCode code, std::string_view why) {
  const auto bytes = encode_fact(fact(std::move(body)));
  ASSERT_FALSE(bytes.ok()) << why;
  EXPECT_EQ(bytes.error().code(), code) << why << ": " << bytes.error().text();
}

TEST(Fact, IsNotWrittenPastABound) {
  const std::string long_name(kNameBytesMax + 1, 'n');
  expect_unwritable(SegmentPut{{"", ""}}, ErrorCode::kInvalidArgument, "no name");
  expect_unwritable(SegmentPut{{long_name, ""}}, ErrorCode::kResourceExhausted, "name too long");
  expect_unwritable(SegmentPut{{std::string_view("a\0b", 3), ""}}, ErrorCode::kInvalidArgument,
                    "NUL in a name");
  expect_unwritable(SegmentPut{{"a\nb", ""}}, ErrorCode::kInvalidArgument, "line break in a name");
  expect_unwritable(SegmentPut{{"\xff", ""}}, ErrorCode::kInvalidArgument, "not UTF-8");
  expect_unwritable(SegmentPut{{"a", std::string(kTextBytesMax + 1, 't')}},
                    ErrorCode::kResourceExhausted, "text");
  expect_unwritable(RegistrationPut{testing::registration("r", "s", "p", {})},
                    ErrorCode::kInvalidArgument, "no selectors");
  expect_unwritable(RegistrationPut{testing::registration("r", "s", "p", {"b:1", "a:1"})},
                    ErrorCode::kInvalidArgument, "selectors out of order");
  expect_unwritable(RegistrationPut{testing::registration("r", "s", "p", {"a:1", "a:1"})},
                    ErrorCode::kInvalidArgument, "selector twice");
  expect_unwritable(
      RegistrationPut{testing::registration("r", "s", "p", std::vector<Text>(kListMax + 1, "a:1"))},
      ErrorCode::kResourceExhausted, "too many selectors");
  expect_unwritable(JoinTokenConsumed{"abc"}, ErrorCode::kInvalidArgument, "no digest");
  expect_unwritable(UnknownBody{}, ErrorCode::kInvalidArgument, "no body");
  expect_unwritable(
      Revoked{{.kind = RevocationKind::kCredential, .id = "x509:1", .identity = {}, .reason = {}}},
      ErrorCode::kInvalidArgument, "whose credential");
}

TEST(Fact, OnlyAPolicySetMayBeLarge) {
  PolicySet set = testing::policy_set(1);
  set.files[0].text.assign(kFactBytesMax * 2, ' ');
  set.sha256 = policy_set_digest(set.files, set.schema);
  const auto bytes = encode_fact(fact(PolicySetPublished{set}));
  ASSERT_TRUE(bytes.ok()) << bytes.error().text();
  EXPECT_TRUE(decode_fact(*bytes).ok());
  set.files[0].text.assign(kPolicyFactBytesMax, ' ');
  expect_unwritable(PolicySetPublished{set}, ErrorCode::kResourceExhausted, "policy text");
  Resource resource = testing::resource("db");
  std::vector<std::string> keys;
  const std::string value(kAttributeBytesMax, 'v');
  std::vector<TextMap::Pair> pairs;
  for (int i = 0; i < 40; ++i) keys.push_back(std::to_string(i));
  for (const std::string& key : keys) pairs.emplace_back(key, value);
  resource.attributes = TextMap(std::move(pairs));
  expect_unwritable(ResourcePut{resource}, ErrorCode::kResourceExhausted, "fact past 1 MiB");
}

TEST(Fact, TouchesTheNamesThatItChanges) {
  using Names = std::vector<Name>;
  EXPECT_EQ(touches(fact(IdentityRemoved{"spiffe://a/b"})),
            (Names{{NameKind::kIdentity, "spiffe://a/b"}}));
  EXPECT_EQ(touches(fact(Revoked{{.kind = RevocationKind::kCredential,
                                  .id = "x509:1",
                                  .identity = "spiffe://a/b",
                                  .reason = {}}})),
            (Names{{NameKind::kIdentity, "spiffe://a/b"}}));
  EXPECT_EQ(touches(fact(RegistrationRemoved{"r", "spiffe://a/node", "spiffe://a/b"})),
            (Names{{NameKind::kNode, "spiffe://a/node"}}));
  EXPECT_EQ(touches(fact(ResourceRemoved{{"T", "x"}})), (Names{{NameKind::kResource, "T::\"x\""}}));
  EXPECT_EQ(touches(fact(FlowClosed{{"a", "b", "c"}})), (Names{{NameKind::kEverywhere, ""}}));
  EXPECT_EQ(touches(fact(JoinTokenConsumed{"aa"})), Names{});  // the server's alone
}

TEST(Fact, AViewSeesNoSealedKey) {
  const Fact seen = for_view(fact(KeySlotPut{testing::key_slot("k", KeyStatus::kActive)}));
  EXPECT_TRUE(std::get<KeySlotPut>(seen.body).slot.sealed_private_key.empty());
  EXPECT_FALSE(std::get<KeySlotPut>(seen.body).slot.public_material.empty());
}

}  // namespace
}  // namespace ward::world
