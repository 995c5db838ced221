// A schema: fragments put together, names resolved, common types put in, hierarchies closed.
//
// Source: Cedar documentation, "Schema"; RFC 24 and RFC 70 (names), RFC 53 (enumerated types);
// SDK 4.12. A name without `::` means what is declared in its own namespace, else what is declared
// in the empty one; in either a common type goes before an entity type. Bool, Long, String and the
// extension types are common types of the namespace `__cedar`, and of the empty namespace unless it
// declares the name itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "cedar/schema/schema_fragment.h"
#include "cedar/schema/type.h"

namespace ward::cedar {

// Entity types and actions are numbered by their place in entity_types() and actions(). Lists of
// such numbers are ascending and distinct.
struct EntityTypeInfo {
  EntityType name;
  const Type* attributes = nullptr;        // a record, never null
  const Type* tags = nullptr;              // null when entities of this type have none
  std::vector<std::string> enum_ids = {};  // ascending, distinct; empty when any id may exist
  std::vector<std::uint32_t> ancestors =
      {};  // types its entities may be in, over any number of steps
  std::vector<std::uint32_t> descendants = {};  // types whose entities may be in its
  std::vector<Annotation> annotations = {};

  bool is_enum() const { return !enum_ids.empty(); }
  bool has_id(std::string_view id) const;  // of an enumerated type: whether it is among the ids
};

struct ActionInfo {
  EntityUid uid;
  std::vector<std::uint32_t> principals = {};  // entity types
  std::vector<std::uint32_t> resources = {};   // entity types
  const Type* context = nullptr;               // a record, never null
  std::vector<std::uint32_t> parents = {};     // actions, as declared
  std::vector<std::uint32_t> ancestors = {};
  std::vector<std::uint32_t> descendants = {};
  std::vector<Annotation> annotations = {};
};

// Immutable once resolved; any thread may read it. Moving it keeps its types where they are.
class Schema {
 public:
  // kInvalidArgument, naming place, declaration and name, when a name is declared twice or shadows
  // one of the empty namespace, is not declared or is of the wrong kind; when common types or
  // actions lead back to themselves; when attributes or a context are no record.
  // kResourceExhausted when types go deeper than kSchemaTypeDepthMax or hierarchies are too large.
  static Result<Schema> resolve(std::span<const SchemaFragment> fragments);

  // One fragment and nothing else.
  static Result<Schema> from_text(std::string_view text, std::string source_name = {},
                                  const SchemaLimits& limits = {});
  static Result<Schema> from_json(std::string_view text, std::string source_name = {},
                                  const SchemaLimits& limits = {});

  std::span<const EntityTypeInfo> entity_types() const { return entity_types_; }  // by name
  std::span<const ActionInfo> actions() const { return actions_; }                // by uid
  const EntityTypeInfo* find(const EntityType& name) const;                       // or nullptr
  const ActionInfo* find_action(const EntityUid& uid) const;                      // or nullptr
  std::uint32_t index_of(const EntityTypeInfo& info) const;
  std::uint32_t index_of(const ActionInfo& info) const;

  // The types that end in `Action` of namespaces with actions.
  bool is_action_type(const EntityType& name) const;

  // Triples of principal type, action and resource type that requests may have.
  std::size_t environment_count() const;

  std::size_t type_count() const { return types_.size(); }

 private:
  friend class SchemaResolver;

  Schema() = default;

  TypeTable types_;
  std::vector<EntityTypeInfo> entity_types_;
  std::vector<ActionInfo> actions_;
  std::unordered_map<std::string, std::uint32_t> entity_type_index_;
  std::unordered_map<EntityUid, std::uint32_t> action_index_;
  std::unordered_map<std::string, bool> action_types_;
};

}  // namespace ward::cedar
