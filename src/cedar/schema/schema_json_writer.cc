// schema_to_json(): what is empty or the default is left out.
#include "cedar/schema/schema_json.h"

namespace ward::cedar {
namespace {

using codec::Json;
using codec::JsonMember;
using Kind = SchemaType::Kind;
using Members = std::vector<JsonMember>;

Json object(Members members) {
  // INVARIANT: names are distinct in a fragment, and the literals here are.
  auto out = codec::JsonObject::from_members(std::move(members));
  WARD_CHECK(out.ok());
  return Json(std::move(out).value());
}

Json names(const std::vector<SchemaName>& names) {
  codec::JsonArray out;
  for (const SchemaName& each : names) out.push_back(Json(each.name));
  return Json(std::move(out));
}

class Writer {
 public:
  Result<Json> fragment(const SchemaFragment& fragment) {
    Members out;
    for (const SchemaNamespace& each : fragment.namespaces) {
      out.push_back({each.name, name_space(each)});
    }
    if (types_ > kSchemaJsonTypesMax) {
      return make_error(ErrorCode::kResourceExhausted,
                        "the JSON of the schema has more than {} types", kSchemaJsonTypesMax);
    }
    return object(std::move(out));
  }

 private:
  Json name_space(const SchemaNamespace& in) {
    Members out;
    add_annotations(out, in.annotations);
    if (!in.common_types.empty()) {
      Members types;
      for (const CommonTypeDeclaration& each : in.common_types) {
        Members members = type_members(*each.type);
        add_annotations(members, each.annotations);
        types.push_back({each.name, object(std::move(members))});
      }
      out.push_back({"commonTypes", object(std::move(types))});
    }
    Members entity_types;
    for (const EntityTypeDeclaration& each : in.entity_types) {
      entity_types.push_back({each.name, entity_type(each)});
    }
    out.push_back({"entityTypes", object(std::move(entity_types))});
    Members actions;
    for (const ActionDeclaration& each : in.actions) actions.push_back({each.id, action(each)});
    out.push_back({"actions", object(std::move(actions))});
    return object(std::move(out));
  }

  Json entity_type(const EntityTypeDeclaration& declaration) {
    Members out;
    if (declaration.is_enum()) {
      codec::JsonArray ids;
      for (const std::string& id : declaration.enum_ids) ids.push_back(Json(id));
      out.push_back({"enum", Json(std::move(ids))});
    }
    if (!declaration.parents.empty()) {
      out.push_back({"memberOfTypes", names(declaration.parents)});
    }
    if (declaration.shape) out.push_back({"shape", type(*declaration.shape)});
    if (declaration.tags) out.push_back({"tags", type(*declaration.tags)});
    add_annotations(out, declaration.annotations);
    return object(std::move(out));
  }

  Json action(const ActionDeclaration& declaration) {
    Members out;
    if (declaration.applies_to) {
      Members applies = {{"principalTypes", names(declaration.applies_to->principals)},
                         {"resourceTypes", names(declaration.applies_to->resources)}};
      if (declaration.applies_to->context) {
        applies.push_back({"context", type(*declaration.applies_to->context)});
      }
      out.push_back({"appliesTo", object(std::move(applies))});
    }
    if (declaration.parents) {
      codec::JsonArray parents;
      for (const ActionReference& each : *declaration.parents) {
        Members members = {{"id", Json(each.id)}};
        if (each.type) members.push_back({"type", Json(*each.type)});
        parents.push_back(object(std::move(members)));
      }
      out.push_back({"memberOf", Json(std::move(parents))});
    }
    add_annotations(out, declaration.annotations);
    return object(std::move(out));
  }

  Json type(const SchemaType& type) { return object(type_members(type)); }

  Members type_members(const SchemaType& type) {
    // Nothing more is written past the bound, which is reported at the end.
    if (++types_ > kSchemaJsonTypesMax) return {};
    switch (type.kind) {
      case Kind::kBool:
        return {{"type", "Boolean"}};
      case Kind::kLong:
        return {{"type", "Long"}};
      case Kind::kString:
        return {{"type", "String"}};
      case Kind::kExtension:
        return {{"type", "Extension"}, {"name", type.name}};
      case Kind::kEntity:
        return {{"type", "Entity"}, {"name", type.name}};
      case Kind::kCommon:
        // A word of the JSON form names no common type; it must not read as what it says there.
        if (check_common_type_name(type.name).ok() || type.name.find(':') != std::string::npos) {
          return {{"type", type.name}};
        }
        [[fallthrough]];
      case Kind::kEntityOrCommon:
        return {{"type", "EntityOrCommon"}, {"name", type.name}};
      case Kind::kSet:
        return {{"type", "Set"}, {"element", this->type(*type.element)}};
      case Kind::kRecord: {
        Members attributes;
        for (const SchemaAttribute& each : type.attributes) {
          Members members = type_members(*each.type);
          if (!each.is_required) members.push_back({"required", false});
          add_annotations(members, each.annotations);
          attributes.push_back({each.name, object(std::move(members))});
        }
        return {{"type", "Record"}, {"attributes", object(std::move(attributes))}};
      }
    }
    WARD_UNREACHABLE();
  }

  static void add_annotations(Members& out, const std::vector<Annotation>& annotations) {
    if (annotations.empty()) return;
    Members members;
    for (const Annotation& each : annotations) {
      members.push_back({each.key, Json(each.value.value_or(""))});
    }
    out.push_back({"annotations", object(std::move(members))});
  }

  std::size_t types_ = 0;
};

}  // namespace

Result<Json> schema_to_json(const SchemaFragment& fragment) {
  return Writer().fragment(fragment);
}

}  // namespace ward::cedar
