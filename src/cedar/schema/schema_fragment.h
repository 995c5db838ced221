// One schema file as a tree: what was declared, names as they were written.
//
// The tree is the same whether the text form or the JSON form was read; names are resolved later,
// over all fragments of a schema (schema.h). Immutable once read; any thread may use it.
//
// Source: Cedar documentation, "Human-readable schema grammar" and "JSON schema format"; RFC 24
// (text form), RFC 48 (annotations), RFC 53 (enumerated entity types), RFC 82 (tags).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/syntax/annotation.h"
#include "cedar/syntax/source.h"

namespace ward::cedar {

// Sets and records inside one another, after common types were put in as well.
inline constexpr std::size_t kSchemaTypeDepthMax = 256;

struct SchemaLimits {
  std::size_t max_bytes = 16u << 20;
  std::size_t max_json_values = 4'000'000;
  std::size_t max_declarations = 100'000;  // names of entity types, actions and common types
};

struct SchemaType;
using SchemaTypePtr = std::shared_ptr<const SchemaType>;

// A type named where it is used: `User`, `NS::User`, `__cedar::Long`.
struct SchemaName {
  std::string name;
  Span span;  // nothing when it was read from JSON; so are all spans here
};

// A field of a record, an attribute of an entity type or a member of a context.
struct SchemaAttribute {
  std::string name;
  SchemaTypePtr type;  // never null
  bool is_required = true;
  std::vector<Annotation> annotations;
  Span span;
};

struct SchemaType {
  enum class Kind : std::uint8_t {
    kBool,
    kLong,
    kString,
    kExtension,       // `name` is one of the extension types; JSON only
    kEntity,          // `name` is an entity type; JSON only
    kCommon,          // `name` is a common type; JSON, and contexts in text
    kEntityOrCommon,  // `name` is either or a built-in type; every name in text
    kSet,
    kRecord,
  };

  Kind kind = Kind::kBool;
  std::string name;
  SchemaTypePtr element;                    // of kSet
  std::vector<SchemaAttribute> attributes;  // of kRecord: names distinct, in the order written
  Span span;
};

struct EntityTypeDeclaration {
  std::string name;  // one identifier
  std::vector<Annotation> annotations;
  std::vector<SchemaName> parents;    // `in`, memberOfTypes
  SchemaTypePtr shape;                // null when there are no attributes
  SchemaTypePtr tags;                 // null when entities of this type have none
  std::vector<std::string> enum_ids;  // all that exist; with them, nothing of the above. May repeat
  Span span;

  bool is_enum() const { return !enum_ids.empty(); }
};

// An action that another one is in: `"view"`, `NS::Action::"view"`.
struct ActionReference {
  std::optional<std::string> type;  // the nearest Action when there is none
  std::string id;
  Span span;
};

// Both lists hold at least one type, or the action applies to nothing.
struct AppliesTo {
  std::vector<SchemaName> principals;
  std::vector<SchemaName> resources;
  SchemaTypePtr context;  // null when it is empty
};

struct ActionDeclaration {
  std::string id;
  std::vector<Annotation> annotations;
  std::optional<std::vector<ActionReference>> parents;  // `in`, memberOf
  std::optional<AppliesTo> applies_to;                  // as in JSON; always there from text
  Span span;
};

struct CommonTypeDeclaration {
  std::string name;  // one identifier
  std::vector<Annotation> annotations;
  SchemaTypePtr type;  // never null
  Span span;
};

struct SchemaNamespace {
  std::string name;  // `A::B`, empty for the empty namespace
  std::vector<Annotation> annotations;
  std::vector<CommonTypeDeclaration> common_types;  // names distinct in each of the three lists
  std::vector<EntityTypeDeclaration> entity_types;
  std::vector<ActionDeclaration> actions;
  Span span;
};

struct SchemaFragment {
  std::vector<SchemaNamespace> namespaces;  // names distinct, in the order written
  std::string source_name;                  // a file name for messages; may be empty
  SourcePtr source;                         // null when it was read from JSON
};

// `entity type `User` in namespace `A``: for messages.
std::string declaration_text(std::string_view what, std::string_view name,
                             std::string_view name_space);

// What holds for declared names in either form. An error says what is wrong with the name, and not
// where it stands.
Result<void> check_entity_type_name(std::string_view name);
Result<void> check_common_type_name(std::string_view name);
// An identifier that is no reserved word, or several joined by `::`. Where `may_be_builtin`, names
// in `__cedar` are let through.
bool is_schema_path(std::string_view text, bool may_be_builtin);

}  // namespace ward::cedar
