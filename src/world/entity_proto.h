// Entities to and from their messages, for facts, snapshots and views alike. Private to the room:
// it shows protobuf.
#pragma once

#include "base/result.h"
#include "ward/fact/v1/fact.pb.h"
#include "world/entities.h"

namespace ward::world {

namespace wire = ::ward::fact::v1;

void to_wire(const Identity& from, wire::Identity& to);
void to_wire(const Owner& from, wire::Owner& to);
void to_wire(const Registration& from, wire::Registration& to);
void to_wire(const Node& from, wire::Node& to);
void to_wire(const JoinToken& from, wire::JoinToken& to);
void to_wire(const EntityName& from, wire::EntityName& to);
void to_wire(const Resource& from, wire::Resource& to);
void to_wire(const Segment& from, wire::Segment& to);
void to_wire(const Flow& from, wire::Flow& to);
void to_wire(const PolicySet& from, wire::PolicySet& to);
void to_wire(const Revocation& from, wire::Revocation& to);
void to_wire(const KeySlot& from, wire::KeySlot& to);
void to_wire(const Entity& from, wire::Entity& to);

// Errors: kInvalidArgument for a value outside an enumeration or a pair past what a TextMap holds;
// names and sizes are checked by check() on the result.
Result<Identity> from_wire(const wire::Identity& from);
Result<Owner> from_wire(const wire::Owner& from);
Result<Registration> from_wire(const wire::Registration& from);
Result<Node> from_wire(const wire::Node& from);
Result<JoinToken> from_wire(const wire::JoinToken& from);
Result<EntityName> from_wire(const wire::EntityName& from);
Result<Resource> from_wire(const wire::Resource& from);
Result<Segment> from_wire(const wire::Segment& from);
Result<Flow> from_wire(const wire::Flow& from);
Result<PolicySet> from_wire(const wire::PolicySet& from);
Result<Revocation> from_wire(const wire::Revocation& from);
Result<KeySlot> from_wire(const wire::KeySlot& from);
Result<Entity> from_wire(const wire::Entity& from);

// Names present, free of control characters, everything within the bounds of fact.h.
Result<void> check(const Identity& identity);
Result<void> check(const Owner& owner);
Result<void> check(const Registration& registration);
Result<void> check(const Node& node);
Result<void> check(const JoinToken& token);
Result<void> check(const EntityName& name);
Result<void> check(const Resource& resource);
Result<void> check(const Segment& segment);
Result<void> check(const Flow& flow);
Result<void> check(const PolicySet& set);
Result<void> check(const Revocation& revocation);
Result<void> check(const KeySlot& slot);
Result<void> check(const Entity& entity);
Result<void> check_name(std::string_view what, std::string_view name);
Result<void> check_text(std::string_view what, std::string_view text, std::size_t size_max);

// Sizes of enumerations that are read.
template <typename Enum>
Result<Enum> enum_from_wire(std::string_view what, int value, Enum last) {
  if (value >= 1 && value <= static_cast<int>(last)) return static_cast<Enum>(value);
  return invalid_argument("{} {} is none that this Ward knows", what, value);
}

}  // namespace ward::world
