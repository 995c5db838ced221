#include "world/identity_reader.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "world/entity_proto.h"
#include "world/testing.h"

namespace ward::world {
namespace {

Bytes record_of(const wire::Entity& message) {
  return to_bytes(message.SerializeAsString());
}

Bytes record_of(const Entity& entity) {
  wire::Entity message;
  to_wire(entity, message);
  return record_of(message);
}

// The slow, obvious way: the library's message.
Result<Identity> read_by_library(ByteView record) {
  wire::Entity message;
  if (!message.ParseFromArray(record.data(), static_cast<int>(record.size())))
    return invalid_argument("a record does not parse");
  WARD_TRY(Entity entity, from_wire(message));
  if (auto* identity = std::get_if<Identity>(&entity)) return std::move(*identity);
  return invalid_argument("no identity");
}

std::vector<Identity> identities() {
  Identity full{.id = "spiffe://example.org/full",
                .identity_class = IdentityClass::kAiAgent,
                .status = IdentityStatus::kQuarantined,
                .status_reason = "stolen, says caf\u00e9",
                .owner = "team:shop",
                .environment = "prod",
                .segment = "core",
                .labels = {{"app", "shop"}, {"empty", ""}, {"region", std::string(300, 'r')}},
                .credential_age_max_s = 3600,
                .x509_ttl_s = 0xffffffff,
                .jwt_ttl_s = 127};
  Identity bare;
  bare.id = "spiffe://example.org/bare";
  return {full, bare, full, testing::identity("spiffe://example.org/a")};
}

TEST(IdentityReader, ReadsWhatTheLibraryReads) {
  IdentityReader reader;
  for (const Identity& identity : identities()) {
    const Bytes record = record_of(Entity(identity));
    const auto read = reader.read(record);
    ASSERT_TRUE(read.has_value()) << identity.id.view();
    EXPECT_EQ(*read, identity);
    EXPECT_EQ(*read, *read_by_library(record));
  }
}

TEST(IdentityReader, LeavesAllElseToTheLibrary) {
  IdentityReader reader;
  EXPECT_FALSE(reader.read({}).has_value());
  Owner owner;
  owner.id = "team:shop";
  EXPECT_FALSE(reader.read(record_of(Entity(owner))).has_value());
  const Bytes good = record_of(Entity(identities()[0]));
  Bytes twice = good;
  append(twice, good);
  EXPECT_FALSE(reader.read(twice).has_value());
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(reader.read(ByteView(good).first(size)).has_value()) << size;
}

// The body as the library would take it and the reader does not.
TEST(IdentityReader, TakesNoFieldThatIsUnknownTwiceOrOutOfOrder) {
  IdentityReader reader;
  const auto read = [&](std::string_view body) {
    Bytes record{0x0a, static_cast<std::uint8_t>(body.size())};
    append(record, body);
    EXPECT_TRUE(wire::Entity().ParseFromArray(record.data(), static_cast<int>(record.size())));
    return reader.read(record).has_value();
  };
  const std::string id = "\x0a\x01i", kind = "\x10\x03", status = "\x18\x01";
  EXPECT_TRUE(read(id + kind + status));
  EXPECT_FALSE(read(id + kind)) << "without a status";
  EXPECT_FALSE(read(id + status)) << "without a class";
  EXPECT_FALSE(read(kind + id + status));
  EXPECT_FALSE(read(id + id + kind + status));
  EXPECT_FALSE(read(id + kind + status + "\x60\x01")) << "field 12";
  EXPECT_FALSE(read(id + "\x10\x07" + status)) << "class 7";
  EXPECT_FALSE(read(id + kind + status + "\x42\x03\x0a\x01k")) << "a label without a value";
  EXPECT_TRUE(read(id + kind + status + "\x42\x06\x0a\x01k\x12\x01v"));
  EXPECT_TRUE(read(id + kind + status + "\x42\x06\x0a\x01k\x12\x01v\x42\x06\x0a\x01k\x12\x01w"));
  EXPECT_FALSE(read(id + kind + status + std::string("\x48\x80\x80\x80\x80\x10", 6))) << "2^32";
}

// Whatever is made of the bytes, the reader never takes what the library reads otherwise; text that
// is not UTF-8, which only the library looks at, is refused by check().
TEST(IdentityReader, NeverDiffersFromTheLibraryOnDamagedBytes) {
  SeededRandom random(11);
  IdentityReader reader;
  int taken = 0;
  for (const Identity& identity : identities()) {
    const Bytes good = record_of(Entity(identity));
    for (int round = 0; round < 20'000; ++round) {
      Bytes bad = good;
      for (std::uint64_t count = random.below(3) + 1; count > 0; --count)
        bad[random.below(bad.size())] = static_cast<std::uint8_t>(random.next());
      const auto read = reader.read(bad);
      if (!read) continue;
      ++taken;
      const auto expected = read_by_library(bad);
      if (expected.ok()) {
        EXPECT_EQ(*read, *expected);
      } else {
        EXPECT_FALSE(check(*read).ok()) << expected.error().message();
      }
    }
  }
  EXPECT_GT(taken, 1000);
}

}  // namespace
}  // namespace ward::world
