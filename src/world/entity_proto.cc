#include "world/entity_proto.h"

#include "codec/hex.h"
#include "world/text_map.h"

namespace ward::world {
namespace {

std::int64_t to_us(WallTime time) {
  return time.time_since_epoch().count();
}
WallTime from_us(std::int64_t us) {
  return WallTime{std::chrono::microseconds{us}};
}

Bytes bytes_of(const std::string& text) {
  return to_bytes(text);
}
std::string string_of(const Bytes& bytes) {
  return std::string(as_text(bytes));
}

template <typename Map>
void put_pairs(const TextMap& from, Map& to) {
  for (const auto& [key, value] : from) to[std::string(key)] = value;
}

template <typename Map>
Result<TextMap> take_pairs(const Map& from) {
  std::vector<TextMap::Pair> pairs;
  pairs.reserve(from.size());
  for (const auto& [key, value] : from) {
    if (key.size() > TextMap::kKeyBytesMax || value.size() > TextMap::kValueBytesMax) {
      return make_error(ErrorCode::kResourceExhausted,
                        "label or attribute: {} and {} bytes are past the bound", key.size(),
                        value.size());
    }
    pairs.emplace_back(key, value);
  }
  return TextMap(std::move(pairs));
}

template <typename Repeated>
void put_list(const std::vector<Text>& from, Repeated& to) {
  for (const Text& text : from) to.Add(text.str());
}

template <typename Repeated>
std::vector<Text> take_list(const Repeated& from) {
  return std::vector<Text>(from.begin(), from.end());
}

// A digest is kept as text in the world, where it is a key, and as bytes in a fact.
std::string to_hex(const std::string& bytes) {
  return codec::encode_hex(as_bytes(bytes));
}

// INVARIANT: check() has seen that it is hexadecimal.
std::string from_hex(std::string_view hex) {
  const auto bytes = codec::decode_hex(hex);
  return bytes.ok() ? string_of(*bytes) : std::string();
}

}  // namespace

void to_wire(const Identity& from, wire::Identity& to) {
  to.set_id(from.id.str());
  to.set_identity_class(static_cast<wire::IdentityClass>(from.identity_class));
  to.set_status(static_cast<wire::IdentityStatus>(from.status));
  to.set_status_reason(from.status_reason.str());
  to.set_owner(from.owner.str());
  to.set_environment(from.environment.str());
  to.set_segment(from.segment.str());
  put_pairs(from.labels, *to.mutable_labels());
  to.set_credential_age_max_s(from.credential_age_max_s);
  to.set_x509_ttl_s(from.x509_ttl_s);
  to.set_jwt_ttl_s(from.jwt_ttl_s);
}

Result<Identity> from_wire(const wire::Identity& from) {
  WARD_TRY(const auto identity_class,
           enum_from_wire("identity class", from.identity_class(), IdentityClass::kAiAgent));
  WARD_TRY(const auto status,
           enum_from_wire("identity status", from.status(), IdentityStatus::kRetired));
  WARD_TRY(auto labels, take_pairs(from.labels()));
  return Identity{.id = from.id(),
                  .identity_class = identity_class,
                  .status = status,
                  .status_reason = from.status_reason(),
                  .owner = from.owner(),
                  .environment = from.environment(),
                  .segment = from.segment(),
                  .labels = std::move(labels),
                  .credential_age_max_s = from.credential_age_max_s(),
                  .x509_ttl_s = from.x509_ttl_s(),
                  .jwt_ttl_s = from.jwt_ttl_s()};
}

void to_wire(const Owner& from, wire::Owner& to) {
  to.set_id(from.id.str());
  to.set_kind(static_cast<wire::OwnerKind>(from.kind));
  to.set_contact(from.contact.str());
  to.set_live(from.live);
}

Result<Owner> from_wire(const wire::Owner& from) {
  WARD_TRY(const auto kind, enum_from_wire("owner kind", from.kind(), OwnerKind::kTeam));
  return Owner{.id = from.id(), .kind = kind, .contact = from.contact(), .live = from.live()};
}

void to_wire(const Registration& from, wire::Registration& to) {
  to.set_id(from.id.str());
  to.set_spiffe_id(from.spiffe_id.str());
  to.set_parent(from.parent.str());
  put_list(from.selectors, *to.mutable_selectors());
  to.set_hint(from.hint.str());
  put_list(from.dns_names, *to.mutable_dns_names());
  to.set_x509_ttl_s(from.x509_ttl_s);
  to.set_jwt_ttl_s(from.jwt_ttl_s);
  put_list(from.federates_with, *to.mutable_federates_with());
}

Result<Registration> from_wire(const wire::Registration& from) {
  return Registration{.id = from.id(),
                      .spiffe_id = from.spiffe_id(),
                      .parent = from.parent(),
                      .selectors = take_list(from.selectors()),
                      .hint = from.hint(),
                      .dns_names = take_list(from.dns_names()),
                      .x509_ttl_s = from.x509_ttl_s(),
                      .jwt_ttl_s = from.jwt_ttl_s(),
                      .federates_with = take_list(from.federates_with())};
}

void to_wire(const Node& from, wire::Node& to) {
  to.set_id(from.id.str());
  to.set_attestation_type(from.attestation_type.str());
  put_list(from.selectors, *to.mutable_selectors());
  to.set_certificate_serial(from.certificate_serial.str());
  to.set_certificate_expires_us(to_us(from.certificate_expires));
  to.set_evidence_key(string_of(from.evidence_key));
  to.set_banned(from.banned);
}

Result<Node> from_wire(const wire::Node& from) {
  return Node{.id = from.id(),
              .attestation_type = from.attestation_type(),
              .selectors = take_list(from.selectors()),
              .certificate_serial = from.certificate_serial(),
              .certificate_expires = from_us(from.certificate_expires_us()),
              .evidence_key = bytes_of(from.evidence_key()),
              .banned = from.banned()};
}

void to_wire(const JoinToken& from, wire::JoinToken& to) {
  to.set_sha256(from_hex(from.sha256));
  to.set_node(from.node.str());
  to.set_expires_us(to_us(from.expires));
  to.set_consumed(from.consumed);
}

Result<JoinToken> from_wire(const wire::JoinToken& from) {
  return JoinToken{.sha256 = to_hex(from.sha256()),
                   .node = from.node(),
                   .expires = from_us(from.expires_us()),
                   .consumed = from.consumed()};
}

void to_wire(const EntityName& from, wire::EntityName& to) {
  to.set_type(from.type.str());
  to.set_id(from.id.str());
}

Result<EntityName> from_wire(const wire::EntityName& from) {
  return EntityName{from.type(), from.id()};
}

void to_wire(const Resource& from, wire::Resource& to) {
  to.set_type(from.type.str());
  to.set_id(from.id.str());
  put_pairs(from.attributes, *to.mutable_attributes());
  to.set_owner(from.owner.str());
  to.set_environment(from.environment.str());
  to.set_segment(from.segment.str());
  for (const EntityName& parent : from.parents) to_wire(parent, *to.add_parents());
}

Result<Resource> from_wire(const wire::Resource& from) {
  WARD_TRY(auto attributes, take_pairs(from.attributes()));
  Resource resource{.type = from.type(),
                    .id = from.id(),
                    .attributes = std::move(attributes),
                    .owner = from.owner(),
                    .environment = from.environment(),
                    .segment = from.segment(),
                    .parents = {}};
  for (const auto& parent : from.parents())
    resource.parents.push_back({parent.type(), parent.id()});
  return resource;
}

void to_wire(const Segment& from, wire::Segment& to) {
  to.set_id(from.id.str());
  to.set_description(from.description.str());
}

Result<Segment> from_wire(const wire::Segment& from) {
  return Segment{.id = from.id(), .description = from.description()};
}

void to_wire(const Flow& from, wire::Flow& to) {
  to.set_from(from.from.str());
  to.set_to(from.to.str());
  to.set_action(from.action.str());
}

Result<Flow> from_wire(const wire::Flow& from) {
  return Flow{.from = from.from(), .to = from.to(), .action = from.action()};
}

void to_wire(const PolicySet& from, wire::PolicySet& to) {
  to.set_name(from.name.str());
  to.set_version(from.version);
  for (const PolicyFile& file : from.files) {
    wire::PolicyFile& added = *to.add_files();
    added.set_name(file.name);
    added.set_text(file.text);
  }
  to.set_schema(from.schema);
  to.set_sha256(string_of(from.sha256));
}

Result<PolicySet> from_wire(const wire::PolicySet& from) {
  PolicySet set{.name = from.name(),
                .version = from.version(),
                .files = {},
                .schema = from.schema(),
                .sha256 = bytes_of(from.sha256())};
  for (const auto& file : from.files()) set.files.push_back({file.name(), file.text()});
  return set;
}

void to_wire(const Revocation& from, wire::Revocation& to) {
  to.set_kind(static_cast<wire::RevocationKind>(from.kind));
  to.set_id(from.id.str());
  to.set_identity(from.identity.str());
  to.set_not_before_us(to_us(from.not_before));
  to.set_reason(from.reason.str());
  to.set_lifted(from.lifted);
}

Result<Revocation> from_wire(const wire::Revocation& from) {
  WARD_TRY(const auto kind, enum_from_wire("revocation kind", from.kind(), RevocationKind::kNode));
  return Revocation{.kind = kind,
                    .id = from.id(),
                    .identity = from.identity(),
                    .not_before = from_us(from.not_before_us()),
                    .reason = from.reason(),
                    .lifted = from.lifted()};
}

void to_wire(const KeySlot& from, wire::KeySlot& to) {
  to.set_id(from.id.str());
  to.set_kind(static_cast<wire::KeyKind>(from.kind));
  to.set_status(static_cast<wire::KeyStatus>(from.status));
  to.set_key_id(from.key_id.str());
  to.set_public_material(string_of(from.public_material));
  to.set_sealed_private_key(string_of(from.sealed_private_key));
  to.set_not_before_us(to_us(from.not_before));
  to.set_not_after_us(to_us(from.not_after));
}

Result<KeySlot> from_wire(const wire::KeySlot& from) {
  WARD_TRY(const auto kind, enum_from_wire("key kind", from.kind(), KeyKind::kJwt));
  WARD_TRY(const auto status, enum_from_wire("key status", from.status(), KeyStatus::kRetired));
  return KeySlot{.id = from.id(),
                 .kind = kind,
                 .status = status,
                 .key_id = from.key_id(),
                 .public_material = bytes_of(from.public_material()),
                 .sealed_private_key = bytes_of(from.sealed_private_key()),
                 .not_before = from_us(from.not_before_us()),
                 .not_after = from_us(from.not_after_us())};
}

void to_wire(const Entity& from, wire::Entity& to) {
  struct Visitor {
    wire::Entity& to;
    void operator()(const Identity& one) const { to_wire(one, *to.mutable_identity()); }
    void operator()(const Owner& one) const { to_wire(one, *to.mutable_owner()); }
    void operator()(const Registration& one) const { to_wire(one, *to.mutable_registration()); }
    void operator()(const Node& one) const { to_wire(one, *to.mutable_node()); }
    void operator()(const JoinToken& one) const { to_wire(one, *to.mutable_join_token()); }
    void operator()(const Resource& one) const { to_wire(one, *to.mutable_resource()); }
    void operator()(const Segment& one) const { to_wire(one, *to.mutable_segment()); }
    void operator()(const Flow& one) const { to_wire(one, *to.mutable_flow()); }
    void operator()(const PolicySet& one) const { to_wire(one, *to.mutable_policy_set()); }
    void operator()(const Revocation& one) const { to_wire(one, *to.mutable_revocation()); }
    void operator()(const KeySlot& one) const { to_wire(one, *to.mutable_key_slot()); }
  };
  std::visit(Visitor{to}, from);
}

namespace {

template <typename Message>
Result<Entity> entity_from(const Message& message) {
  WARD_TRY(auto entity, from_wire(message));
  return Entity(std::move(entity));
}

}  // namespace

Result<Entity> from_wire(const wire::Entity& from) {
  switch (from.kind_case()) {
    case wire::Entity::kIdentity:
      return entity_from(from.identity());
    case wire::Entity::kOwner:
      return entity_from(from.owner());
    case wire::Entity::kRegistration:
      return entity_from(from.registration());
    case wire::Entity::kNode:
      return entity_from(from.node());
    case wire::Entity::kJoinToken:
      return entity_from(from.join_token());
    case wire::Entity::kResource:
      return entity_from(from.resource());
    case wire::Entity::kSegment:
      return entity_from(from.segment());
    case wire::Entity::kFlow:
      return entity_from(from.flow());
    case wire::Entity::kPolicySet:
      return entity_from(from.policy_set());
    case wire::Entity::kRevocation:
      return entity_from(from.revocation());
    case wire::Entity::kKeySlot:
      return entity_from(from.key_slot());
    case wire::Entity::KIND_NOT_SET:
      return invalid_argument("an entity of no kind that this Ward knows");
  }
  WARD_UNREACHABLE();
}

}  // namespace ward::world
