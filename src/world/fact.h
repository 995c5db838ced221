// A fact as a value, and as the bytes that the journal keeps (api/ward/fact/v1/fact.proto,
// docs/formats/journal.md).
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "world/entities.h"

namespace ward::world {

inline constexpr std::uint32_t kFactFormat = 1;

// Bounds of what is read and of what is written, so that a fact that could be appended can be read
// again.
inline constexpr std::size_t kFactBytesMax = 1 << 20;         // any fact but a policy set
inline constexpr std::size_t kPolicyFactBytesMax = 16 << 20;  // a policy set
inline constexpr std::size_t kNameBytesMax = 2048;  // SPIFFE ID 2.3; every other name as well
inline constexpr std::size_t kTextBytesMax = 4096;  // reasons, descriptions, values of labels
inline constexpr std::size_t kAttributeBytesMax = 32 << 10;  // values of attributes
inline constexpr std::size_t kKeyBytesMax = 64 << 10;        // certificates and keys
inline constexpr std::size_t kPairsMax = 256;                // labels, attributes
inline constexpr std::size_t kListMax = 256;                 // selectors, DNS names, parents, ...
inline constexpr std::size_t kPolicyFilesMax = 1024;

struct IdentityPut {
  Identity identity;  // status is kept, not put; a new identity is active
  bool operator==(const IdentityPut&) const = default;
};
struct IdentityRemoved {
  Text id;
  bool operator==(const IdentityRemoved&) const = default;
};
struct IdentityStatusChanged {
  Text id;
  IdentityStatus status = IdentityStatus::kActive;
  Text reason;
  bool operator==(const IdentityStatusChanged&) const = default;
};
struct OwnerPut {
  Owner owner;
  bool operator==(const OwnerPut&) const = default;
};
struct OwnerRemoved {
  Text id;
  bool operator==(const OwnerRemoved&) const = default;
};
struct RegistrationPut {
  Registration registration;  // the parent and SPIFFE ID of a registration never change
  bool operator==(const RegistrationPut&) const = default;
};
struct RegistrationRemoved {
  Text id;
  Text parent;  // parent and SPIFFE ID as they stood, so that the fact names all it touches
  Text spiffe_id;
  bool operator==(const RegistrationRemoved&) const = default;
};
struct NodePut {
  Node node;
  bool operator==(const NodePut&) const = default;
};
struct NodeRemoved {
  Text id;
  bool operator==(const NodeRemoved&) const = default;
};
struct NodeBanned {
  Text id;
  bool banned = true;
  bool operator==(const NodeBanned&) const = default;
};
struct JoinTokenCreated {
  JoinToken token;
  bool operator==(const JoinTokenCreated&) const = default;
};
struct JoinTokenConsumed {
  Text sha256;
  bool operator==(const JoinTokenConsumed&) const = default;
};
struct ResourcePut {
  Resource resource;
  bool operator==(const ResourcePut&) const = default;
};
struct ResourceRemoved {
  EntityName name;
  bool operator==(const ResourceRemoved&) const = default;
};
struct SegmentPut {
  Segment segment;
  bool operator==(const SegmentPut&) const = default;
};
struct SegmentRemoved {
  Text id;
  bool operator==(const SegmentRemoved&) const = default;
};
struct FlowOpened {
  Flow flow;
  bool operator==(const FlowOpened&) const = default;
};
struct FlowClosed {
  Flow flow;
  bool operator==(const FlowClosed&) const = default;
};
struct PolicySetPublished {
  PolicySet set;
  bool operator==(const PolicySetPublished&) const = default;
};
struct Revoked {
  Revocation revocation;
  bool operator==(const Revoked&) const = default;
};
struct Restored {
  RevocationKind kind = RevocationKind::kIdentity;
  Text id;
  Text identity;  // of a credential: whose it is
  bool operator==(const Restored&) const = default;
};
struct KeySlotPut {
  KeySlot slot;
  bool operator==(const KeySlotPut&) const = default;
};
struct KeySlotRemoved {
  Text id;
  bool operator==(const KeySlotRemoved&) const = default;
};

// Made true by a newer Ward, which says by the format that it may be passed over: folding it only
// moves the revision.
struct UnknownBody {
  bool operator==(const UnknownBody&) const = default;
};

using FactBody =
    std::variant<UnknownBody, IdentityPut, IdentityRemoved, IdentityStatusChanged, OwnerPut,
                 OwnerRemoved, RegistrationPut, RegistrationRemoved, NodePut, NodeRemoved,
                 NodeBanned, JoinTokenCreated, JoinTokenConsumed, ResourcePut, ResourceRemoved,
                 SegmentPut, SegmentRemoved, FlowOpened, FlowClosed, PolicySetPublished, Revoked,
                 Restored, KeySlotPut, KeySlotRemoved>;

struct Fact {
  WallTime time{};
  std::string actor;  // a SPIFFE ID, "uid:N" or "system"
  std::string reason;
  FactBody body;
  bool operator==(const Fact&) const = default;
};

// The canonical bytes: one fact, one encoding. Errors: kInvalidArgument or kResourceExhausted when
// the fact is past a bound or lacks a name, and for UnknownBody, which has no encoding here.
Result<Bytes> encode_fact(const Fact& fact);

// Errors: kInvalidArgument when the bytes are no fact or past a bound; kUnimplemented when the
// format is newer than kFactFormat. The bytes that were read are what to keep, never an encoding of
// the result.
Result<Fact> decode_fact(ByteView bytes);

// `identity_put`, ...: for logs and tables.
std::string_view body_name(const FactBody& body);

// What a view may hold. A fact is pushed to the views that hold a name it touches.
enum class NameKind : std::uint8_t {
  kIdentity = 1,  // by SPIFFE ID, with its revocations
  kResource = 2,  // by resource_name()
  kNode = 3,      // by SPIFFE ID, with its registrations
  kOwner = 4,
  kEverywhere = 5,  // policies, segments, flows, key slots: every view holds this one
};

struct Name {
  NameKind kind = NameKind::kEverywhere;
  std::string id;
  auto operator<=>(const Name&) const = default;
};

// Empty for what only the server may know: join tokens.
std::vector<Name> touches(const Fact& fact);

// The fact as a view may see it: without sealed private keys.
Fact for_view(Fact fact);

}  // namespace ward::world
