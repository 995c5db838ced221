// The things of a world, as values. Names are SPIFFE IDs or plain names, checked when a fact is
// read (fact.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "world/text.h"
#include "world/text_map.h"

namespace ward::world {

// The numbers are those of fact.proto.
enum class IdentityClass : std::uint8_t {
  kHuman = 1,
  kServiceAccount = 2,
  kWorkload = 3,
  kCiJob = 4,
  kDevice = 5,
  kAiAgent = 6,
};
enum class IdentityStatus : std::uint8_t { kActive = 1, kQuarantined = 2, kRetired = 3 };
enum class OwnerKind : std::uint8_t { kPerson = 1, kTeam = 2 };
enum class RevocationKind : std::uint8_t { kIdentity = 1, kCredential = 2, kNode = 3 };
enum class KeyKind : std::uint8_t { kX509 = 1, kJwt = 2 };
enum class KeyStatus : std::uint8_t { kPrepared = 1, kActive = 2, kRetired = 3 };

// `human`, `service-account`, `workload`, `ci-job`, `device`, `ai-agent`; `active`, ...
std::string_view name_of(IdentityClass value);
std::string_view name_of(IdentityStatus value);
std::string_view name_of(OwnerKind value);
std::string_view name_of(RevocationKind value);
std::string_view name_of(KeyKind value);
std::string_view name_of(KeyStatus value);

struct Identity {
  Text id;  // SPIFFE ID
  IdentityClass identity_class = IdentityClass::kWorkload;
  IdentityStatus status = IdentityStatus::kActive;
  Text status_reason;
  Text owner;
  Text environment;
  Text segment;
  TextMap labels;
  std::uint32_t credential_age_max_s = 0;  // 0: what its class allows
  std::uint32_t x509_ttl_s = 0;            // 0: the server's default
  std::uint32_t jwt_ttl_s = 0;             // 0: the server's default
  bool operator==(const Identity&) const = default;
};

// The human or team that answers for identities.
struct Owner {
  Text id;
  OwnerKind kind = OwnerKind::kTeam;
  Text contact;
  bool live = true;
  bool operator==(const Owner&) const = default;
};

// Which selectors make which identity, under which parent node.
struct Registration {
  Text id;
  Text spiffe_id;
  Text parent;                  // SPIFFE ID of the node
  std::vector<Text> selectors;  // "type:value", sorted, without duplicates, not empty
  Text hint;
  std::vector<Text> dns_names;
  std::uint32_t x509_ttl_s = 0;
  std::uint32_t jwt_ttl_s = 0;
  std::vector<Text> federates_with;
  bool operator==(const Registration&) const = default;
};

struct Node {
  Text id;  // SPIFFE ID
  Text attestation_type;
  std::vector<Text> selectors;
  Text certificate_serial;  // lower-case hex, of the current agent certificate
  WallTime certificate_expires{};
  Bytes evidence_key;  // public key of the agent's evidence log
  bool banned = false;
  bool operator==(const Node&) const = default;
};

struct JoinToken {
  Text sha256;  // lower-case hex; the token itself is never stored
  Text node;    // SPIFFE ID that it makes; empty: the default one for the token
  WallTime expires{};
  bool consumed = false;
  bool operator==(const JoinToken&) const = default;
};

struct EntityName {
  Text type;
  Text id;
  bool operator==(const EntityName&) const = default;
};

// `Ward::Service::"db"`: how a resource is named in maps, views and logs.
std::string resource_name(std::string_view type, std::string_view id);

struct Resource {
  Text type;  // Cedar entity type
  Text id;
  TextMap attributes;
  Text owner;
  Text environment;
  Text segment;
  std::vector<EntityName> parents;
  bool operator==(const Resource&) const = default;
};

struct Segment {
  Text id;
  Text description;
  bool operator==(const Segment&) const = default;
};

// Traffic of an action group from one segment to another is open.
struct Flow {
  Text from;
  Text to;
  Text action;
  bool operator==(const Flow&) const = default;
};

struct PolicyFile {
  std::string name;
  std::string text;
  bool operator==(const PolicyFile&) const = default;
};

struct PolicySet {
  Text name;
  std::uint64_t version = 0;  // 1, 2, ... without gaps
  std::vector<PolicyFile> files;
  std::string schema;
  Bytes sha256;  // policy_set_digest()
  bool operator==(const PolicySet&) const = default;
};

// A credential: it does not hold. An identity or node: nothing holds that was issued to it before
// `not_before`, and nothing at all until the revocation is taken back. Taking it back lifts it: new
// credentials hold, those from before stay revoked, as whoever took them may still have them.
struct Revocation {
  RevocationKind kind = RevocationKind::kIdentity;
  Text id;        // SPIFFE ID; of a credential `x509:<serial in hex>` or `jwt:<jti>`
  Text identity;  // of a credential: whose it is
  WallTime not_before{};
  Text reason;
  bool lifted = false;

  // Whether it stands as it was made, so that nothing is issued and nothing answered.
  bool stands() const { return !lifted; }
  // Whether a credential that was issued then is revoked.
  bool covers(WallTime issued) const { return stands() || issued < not_before; }
  bool operator==(const Revocation&) const = default;
};

// One key of the authority. Two slots a kind make rotation: one active, one prepared or retired.
struct KeySlot {
  Text id;
  KeyKind kind = KeyKind::kX509;
  KeyStatus status = KeyStatus::kPrepared;
  Text key_id;
  Bytes public_material;     // x509: CA certificate, DER; jwt: SubjectPublicKeyInfo, DER
  Bytes sealed_private_key;  // sealed by the key-encryption key; never leaves the server
  WallTime not_before{};
  WallTime not_after{};
  bool operator==(const KeySlot&) const = default;
};

// The hash that names the content of a policy set: SHA-256 over, for each file in order and then
// for ("schema", schema), the name and the text, each after its size as eight bytes, big-endian.
Bytes policy_set_digest(const std::vector<PolicyFile>& files, std::string_view schema);

using Entity = std::variant<Identity, Owner, Registration, Node, JoinToken, Resource, Segment, Flow,
                            PolicySet, Revocation, KeySlot>;

}  // namespace ward::world
