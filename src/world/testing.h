// Facts for tests of this room.
#pragma once

#include <string>

#include "world/fact.h"
#include "world/world.h"

namespace ward::world::testing {

inline constexpr WallTime kNow{std::chrono::seconds{1'700'000'000}};

inline Fact fact(FactBody body) {
  return {.time = kNow, .actor = "uid:0", .reason = "a test", .body = std::move(body)};
}

inline Identity identity(std::string_view id) {
  return {.id = id,
          .identity_class = IdentityClass::kServiceAccount,
          .status_reason = {},
          .owner = "team:payments",
          .environment = "prod",
          .segment = {},
          .labels = {{"app", "shop"}, {"tier", "web"}},
          .credential_age_max_s = 3600};
}

inline Node node(std::string_view id) {
  return {.id = id,
          .attestation_type = "join_token",
          .selectors = {"join_token:a"},
          .certificate_serial = "0a1b",
          .certificate_expires = kNow + std::chrono::hours{1},
          .evidence_key = {1, 2, 3}};
}

inline Registration registration(std::string_view id, std::string_view spiffe_id,
                                 std::string_view parent, std::vector<Text> selectors) {
  return {.id = id,
          .spiffe_id = spiffe_id,
          .parent = parent,
          .selectors = std::move(selectors),
          .hint = {},
          .dns_names = {"db.example.org"},
          .x509_ttl_s = 600,
          .jwt_ttl_s = 300,
          .federates_with = {}};
}

inline Resource resource(std::string_view id) {
  return {.type = "Ward::Service",
          .id = id,
          .attributes = {{"tier", "1"}},
          .owner = "team:payments",
          .environment = "prod",
          .segment = {},
          .parents = {{"Ward::Group", "all"}}};
}

inline PolicySet policy_set(std::uint64_t version) {
  std::vector<PolicyFile> files{{"a.cedar", "permit(principal, action, resource);"}};
  Bytes digest = policy_set_digest(files, "entity A;");
  return {.name = "main",
          .version = version,
          .files = std::move(files),
          .schema = "entity A;",
          .sha256 = std::move(digest)};
}

inline KeySlot key_slot(std::string_view id, KeyStatus status) {
  return {.id = id,
          .kind = KeyKind::kJwt,
          .status = status,
          .key_id = "k1",
          .public_material = {1},
          .sealed_private_key = {9, 9},
          .not_before = kNow,
          .not_after = kNow + std::chrono::hours{24}};
}

// Folds the bodies one after the other.
inline World world_of(const std::vector<FactBody>& bodies, World start = {}) {
  WorldEditor editor(std::move(start));
  for (const FactBody& body : bodies) {
    const auto folded = editor.fold(editor.world().revision() + 1, fact(body));
    WARD_CHECK(folded.ok());
  }
  return std::move(editor).finish();
}

// One fact of each body, in an order in which each is admissible after those before it.
inline std::vector<FactBody> one_of_each() {
  const Flow flow{"dmz", "core", "read"};
  const std::string token(64, 'a');
  const auto later = kNow + std::chrono::hours{1};
  return {
      OwnerPut{{.id = "team:payments", .kind = OwnerKind::kTeam, .contact = "#payments"}},
      SegmentPut{{"dmz", "outside"}},
      SegmentPut{{"core", "inside"}},
      FlowOpened{flow},
      IdentityPut{identity("spiffe://example.org/shop")},
      IdentityStatusChanged{"spiffe://example.org/shop", IdentityStatus::kQuarantined,
                            "odd traffic"},
      JoinTokenCreated{{.sha256 = token, .node = "spiffe://example.org/node", .expires = later}},
      JoinTokenConsumed{token},
      NodePut{node("spiffe://example.org/node")},
      RegistrationPut{registration("r1", "spiffe://example.org/shop", "spiffe://example.org/node",
                                   {"unix:path:/bin/shop", "unix:uid:1000"})},
      ResourcePut{resource("db")},
      PolicySetPublished{policy_set(1)},
      KeySlotPut{key_slot("jwt-a", KeyStatus::kActive)},
      KeySlotPut{key_slot("jwt-b", KeyStatus::kPrepared)},
      Revoked{{.kind = RevocationKind::kIdentity,
               .id = "spiffe://example.org/shop",
               .identity = {},
               .not_before = kNow,
               .reason = "stolen"}},
      Revoked{{.kind = RevocationKind::kCredential,
               .id = "x509:0a",
               .identity = "spiffe://example.org/shop",
               .reason = "stolen"}},
      Restored{RevocationKind::kIdentity, "spiffe://example.org/shop", {}},
      NodeBanned{"spiffe://example.org/node", true},
      KeySlotRemoved{"jwt-b"},
      ResourceRemoved{{"Ward::Service", "db"}},
      RegistrationRemoved{"r1", "spiffe://example.org/node", "spiffe://example.org/shop"},
      NodeRemoved{"spiffe://example.org/node"},
      IdentityRemoved{"spiffe://example.org/shop"},
      FlowClosed{flow},
      SegmentRemoved{"dmz"},
      OwnerRemoved{"team:payments"}};
}

}  // namespace ward::world::testing
