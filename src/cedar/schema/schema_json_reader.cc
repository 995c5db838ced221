// parse_schema_json(): one function for each kind of object.
#include "cedar/schema/schema_json.h"
#include "cedar/value/identifier.h"
#include "codec/json_reader.h"

namespace ward::cedar {
namespace {

using codec::Json;
using codec::JsonReader;
using Kind = SchemaType::Kind;

// A record with its attributes is two levels of JSON; the rest of the file is a handful.
constexpr std::size_t kJsonDepthMax = 2 * kSchemaTypeDepthMax + 16;

Error expected(std::string_view what, const Json& got) {
  return invalid_argument("expected {}, got {}", what, codec::json_kind_name(got.kind()));
}

class Reader {
 public:
  explicit Reader(const SchemaLimits& limits) : limits_(limits) {}

  Result<SchemaNamespace> name_space(const std::string& name, const Json& json) {
    SchemaNamespace out;
    out.name = name;
    if (!name.empty() && !is_schema_path(name, false)) {
      return invalid_argument(
          "`{}` is no name for a namespace: expected identifiers joined by `::`, none of them "
          "reserved",
          name);
    }
    WARD_TRY(JsonReader reader, JsonReader::of(json));
    WARD_TRY(std::optional<JsonReader> common_types, reader.optional_object("commonTypes"));
    WARD_TRY(const JsonReader entity_types, reader.object("entityTypes"));
    WARD_TRY(const JsonReader actions, reader.object("actions"));
    WARD_TRY(out.annotations, annotations(reader));
    WARD_RETURN_IF_ERROR(reader.no_other_names());
    if (name.empty() && !out.annotations.empty()) {
      return invalid_argument("the empty namespace has no annotations");
    }
    if (common_types) {
      WARD_TRY(out.common_types,
               read_all(common_types->json(), "common type", name, &Reader::common_type));
    }
    WARD_TRY(out.entity_types,
             read_all(entity_types.json(), "entity type", name, &Reader::entity_type));
    WARD_TRY(out.actions, read_all(actions.json(), "action", name, &Reader::action));
    return out;
  }

 private:
  template <typename Declaration>
  Result<std::vector<Declaration>> read_all(const codec::JsonObject& object, std::string_view what,
                                            std::string_view name_space,
                                            Result<Declaration> (Reader::*read)(const std::string&,
                                                                                const Json&)) {
    std::vector<Declaration> out;
    out.reserve(object.size());
    for (const auto& [name, json] : object) {
      if (++declarations_ > limits_.max_declarations) {
        return make_error(ErrorCode::kResourceExhausted, "more than {} declarations",
                          limits_.max_declarations);
      }
      auto declaration = (this->*read)(name, json);
      if (!declaration.ok()) {
        return declaration.error().in(declaration_text(what, name, name_space));
      }
      out.push_back(std::move(declaration).value());
    }
    return out;
  }

  Result<CommonTypeDeclaration> common_type(const std::string& name, const Json& json) {
    CommonTypeDeclaration out;
    out.name = name;
    WARD_RETURN_IF_ERROR(check_common_type_name(name));
    WARD_TRY(JsonReader reader, JsonReader::of(json));
    WARD_TRY(out.annotations, annotations(reader));
    WARD_TRY(out.type, type(reader));
    return out;
  }

  Result<EntityTypeDeclaration> entity_type(const std::string& name, const Json& json) {
    EntityTypeDeclaration out;
    out.name = name;
    WARD_RETURN_IF_ERROR(check_entity_type_name(name));
    WARD_TRY(JsonReader reader, JsonReader::of(json));
    WARD_TRY(out.annotations, annotations(reader));
    if (reader.json().contains("enum")) {
      WARD_TRY(const auto ids, reader.strings("enum"));
      if (ids.empty()) return invalid_argument("`enum` is empty: expected at least one id");
      out.enum_ids.assign(ids.begin(), ids.end());
    } else {
      WARD_TRY(out.parents, optional_names(reader, "memberOfTypes"));
      WARD_TRY(out.shape, optional_record(reader, "shape"));
      if (const Json* tags = reader.optional_any("tags")) {
        WARD_TRY(out.tags, type_of(*tags).in("`tags`"));
      }
    }
    WARD_RETURN_IF_ERROR(reader.no_other_names());
    return out;
  }

  Result<ActionDeclaration> action(const std::string& name, const Json& json) {
    ActionDeclaration out;
    out.id = name;
    WARD_TRY(JsonReader reader, JsonReader::of(json));
    WARD_TRY(out.annotations, annotations(reader));
    const Json* attributes = reader.optional_any("attributes");
    if (attributes != nullptr && !attributes->is_null()) {
      return invalid_argument("`attributes`: actions have no attributes");
    }
    // The reference takes null for absent in these two and nowhere else.
    const Json* parents = reader.optional_any("memberOf");
    if (parents != nullptr && !parents->is_null()) {
      WARD_TRY(out.parents, action_references(*parents).in("`memberOf`"));
    }
    const Json* applies_to = reader.optional_any("appliesTo");
    if (applies_to != nullptr && !applies_to->is_null()) {
      WARD_TRY(out.applies_to, this->applies_to(*applies_to).in("`appliesTo`"));
    }
    WARD_RETURN_IF_ERROR(reader.no_other_names());
    return out;
  }

  Result<std::vector<ActionReference>> action_references(const Json& json) {
    const codec::JsonArray* array = json.if_array();
    if (array == nullptr) return expected("an array", json);
    std::vector<ActionReference> out;
    out.reserve(array->size());
    for (const Json& item : *array) {
      const std::string place = fmt::format("[{}]", out.size());
      auto reference = action_reference(item);
      if (!reference.ok()) return reference.error().in(place);
      out.push_back(std::move(reference).value());
    }
    return out;
  }

  Result<ActionReference> action_reference(const Json& json) {
    WARD_TRY(JsonReader reader, JsonReader::of(json));
    ActionReference out;
    WARD_TRY(const std::string_view id, reader.string("id"));
    out.id = id;
    const Json* type = reader.optional_any("type");
    if (type != nullptr && !type->is_null()) {
      WARD_TRY(const std::string_view name, reader.string("type"));
      if (!is_schema_path(name, false)) {
        return invalid_argument("`type`: `{}` is no name of a type", name);
      }
      out.type = name;
    }
    WARD_RETURN_IF_ERROR(reader.no_other_names());
    return out;
  }

  Result<AppliesTo> applies_to(const Json& json) {
    WARD_TRY(JsonReader reader, JsonReader::of(json));
    AppliesTo out;
    WARD_TRY(out.principals, names(reader, "principalTypes"));
    WARD_TRY(out.resources, names(reader, "resourceTypes"));
    WARD_TRY(out.context, optional_record(reader, "context"));
    WARD_RETURN_IF_ERROR(reader.no_other_names());
    return out;
  }

  Result<std::vector<SchemaName>> names(JsonReader& reader, std::string_view member) {
    WARD_TRY(const auto strings, reader.strings(member));
    std::vector<SchemaName> out;
    out.reserve(strings.size());
    for (const std::string_view name : strings) {
      if (!is_schema_path(name, true)) {
        return invalid_argument(
            "`{}`: `{}` is no name of an entity type: expected identifiers joined by `::`", member,
            name);
      }
      out.push_back({std::string(name), {}});
    }
    return out;
  }

  Result<std::vector<SchemaName>> optional_names(JsonReader& reader, std::string_view member) {
    if (!reader.json().contains(member)) return std::vector<SchemaName>();
    return names(reader, member);
  }

  // A shape or a context: null for the empty record.
  Result<SchemaTypePtr> optional_record(JsonReader& reader, std::string_view member) {
    const Json* json = reader.optional_any(member);
    if (json == nullptr) return SchemaTypePtr();
    WARD_TRY(SchemaTypePtr out, type_of(*json).in(fmt::format("`{}`", member)));
    if (out->kind == Kind::kRecord && out->attributes.empty()) return SchemaTypePtr();
    return out;
  }

  Result<std::vector<Annotation>> annotations(JsonReader& reader) {
    std::vector<Annotation> out;
    WARD_TRY(const std::optional<JsonReader> object, reader.optional_object("annotations"));
    if (!object) return out;
    for (const auto& [key, value] : object->json()) {
      if (!is_identifier(key)) {
        return invalid_argument("`annotations`: `{}` is no identifier", key);
      }
      if (!value.is_null() && value.if_string() == nullptr) {
        return expected("a string or null", value).in(fmt::format("`annotations.{}`", key));
      }
      out.push_back({key, value.is_null() ? std::nullopt : std::optional(*value.if_string())});
    }
    return out;
  }

  Result<SchemaTypePtr> type_of(const Json& json) {
    WARD_TRY(JsonReader reader, JsonReader::of(json));
    return type(reader);
  }

  // Takes what is left of the members: the caller has asked for its own.
  Result<SchemaTypePtr> type(JsonReader& reader) {
    if (depth_ == kSchemaTypeDepthMax) {
      return make_error(ErrorCode::kResourceExhausted, "types stand more than {} deep",
                        kSchemaTypeDepthMax);
    }
    ++depth_;
    WARD_TRY(const std::string_view word, reader.string("type"));
    SchemaType out;
    if (word == "String") {
      out.kind = Kind::kString;
    } else if (word == "Long") {
      out.kind = Kind::kLong;
    } else if (word == "Boolean") {
      out.kind = Kind::kBool;
    } else if (word == "Set") {
      out.kind = Kind::kSet;
      WARD_TRY(const Json* element, reader.any("element"));
      WARD_TRY(out.element, type_of(*element).in("`element`"));
    } else if (word == "Record") {
      out.kind = Kind::kRecord;
      WARD_TRY(out.attributes, attributes(reader));
    } else {
      WARD_RETURN_IF_ERROR(named(reader, word, out));
    }
    WARD_RETURN_IF_ERROR(reader.no_other_names());
    --depth_;
    return std::make_shared<const SchemaType>(std::move(out));
  }

  Result<void> named(JsonReader& reader, std::string_view word, SchemaType& out) {
    if (word == "Entity" || word == "EntityOrCommon" || word == "Extension") {
      out.kind = word == "Entity"      ? Kind::kEntity
                 : word == "Extension" ? Kind::kExtension
                                       : Kind::kEntityOrCommon;
      WARD_TRY(const std::string_view name, reader.string("name"));
      out.name = name;
      const bool fits = out.kind == Kind::kExtension
                            ? is_identifier(name) && !is_reserved_word(name)
                            : is_schema_path(name, true);
      if (!fits) return invalid_argument("`name`: `{}` is no name of a type", name);
      return {};
    }
    out.kind = Kind::kCommon;
    out.name = word;
    if (!is_schema_path(word, true)) {
      return invalid_argument(
          "`type`: expected `Boolean`, `Long`, `String`, `Set`, `Record`, `Entity`, `Extension`, "
          "`EntityOrCommon` or the name of a common type, got `{}`",
          word);
    }
    return {};
  }

  Result<std::vector<SchemaAttribute>> attributes(JsonReader& reader) {
    std::vector<SchemaAttribute> out;
    WARD_TRY(const JsonReader object, reader.object("attributes"));
    WARD_TRY(const auto is_open, reader.optional_boolean("additionalAttributes"));
    if (is_open.value_or(false)) {
      return invalid_argument("`additionalAttributes`: open records are not supported");
    }
    out.reserve(object.json().size());
    for (const auto& [name, json] : object.json()) {
      auto read = attribute(name, json);
      if (!read.ok()) return read.error().in(fmt::format("attribute `{}`", name));
      out.push_back(std::move(read).value());
    }
    return out;
  }

  Result<SchemaAttribute> attribute(const std::string& name, const Json& json) {
    SchemaAttribute out;
    out.name = name;
    WARD_TRY(JsonReader reader, JsonReader::of(json));
    WARD_TRY(out.annotations, annotations(reader));
    WARD_TRY(const auto is_required, reader.optional_boolean("required"));
    out.is_required = is_required.value_or(true);
    WARD_TRY(out.type, type(reader));
    return out;
  }

  const SchemaLimits& limits_;
  std::size_t declarations_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

Result<SchemaFragment> schema_from_json(const Json& json, std::string source_name,
                                        const SchemaLimits& limits) {
  const std::string what = source_name.empty() ? "schema" : source_name;
  const codec::JsonObject* object = json.if_object();
  if (object == nullptr) return expected("an object of namespaces", json).in(what);
  SchemaFragment out;
  out.source_name = std::move(source_name);
  Reader reader(limits);
  for (const auto& [name, value] : *object) {
    auto name_space = reader.name_space(name, value);
    if (!name_space.ok()) {
      return name_space.error().in(name.empty() ? what
                                                : fmt::format("{}: namespace `{}`", what, name));
    }
    out.namespaces.push_back(std::move(name_space).value());
  }
  return out;
}

Result<SchemaFragment> parse_schema_json(std::string_view text, std::string source_name,
                                         const SchemaLimits& limits) {
  const codec::JsonLimits json_limits{
      .max_bytes = limits.max_bytes,
      .max_depth = kJsonDepthMax,
      .max_values = limits.max_json_values,
  };
  WARD_TRY(const Json json,
           codec::parse_json(text, json_limits).in(source_name.empty() ? "schema" : source_name));
  return schema_from_json(json, std::move(source_name), limits);
}

}  // namespace ward::cedar
