// Entities::from_json, with and without a schema.
#include <algorithm>

#include "cedar/entity/conformance.h"
#include "cedar/entity/entities.h"
#include "cedar/entity/entity_json.h"
#include "cedar/entity/typed_json.h"
#include "cedar/entity/value_json.h"
#include "codec/json.h"

namespace ward::cedar {
namespace {

using codec::Json;

Result<const Json*> member(const Json& object, std::string_view name) {
  const Json* found = object.find(name);
  if (found == nullptr) return invalid_argument("`{}` is missing", name);
  return found;
}

Result<std::vector<EntityUid>> parents_from_json(const Json& json) {
  const codec::JsonArray* array = json.if_array();
  if (array == nullptr) {
    return invalid_argument("expected an array, got {}", codec::json_kind_name(json.kind()));
  }
  std::vector<EntityUid> out;
  out.reserve(array->size());
  for (const Json& item : *array) {
    auto uid = uid_from_json(item);
    if (!uid.ok()) return uid.error().in(fmt::format("[{}]", out.size()));
    out.push_back(std::move(uid).value());
  }
  return out;
}

bool is_action(const EntityUid& uid) {
  return uid.type().basename() == "Action";
}

// Attributes, each by its type. What is not declared is read without and refused later, where all
// that is wrong with an entity is found.
Result<Record> attributes_from_json(const Json& json, const Type& type) {
  const codec::JsonObject* object = json.if_object();
  if (object == nullptr) return fields_from_json(json);
  std::vector<Field> fields;
  fields.reserve(object->size());
  for (const auto& [name, member] : *object) {
    const AttributeType* attribute = type.find(name);
    auto value =
        attribute == nullptr ? value_from_json(member) : value_from_json(member, *attribute->type);
    if (!value.ok()) return value.error().in(fmt::format("`{}`", name));
    fields.push_back({name, std::move(value).value()});
  }
  return Record(std::move(fields));
}

Result<Record> tags_from_json(const Json& json, const Type& type) {
  const codec::JsonObject* object = json.if_object();
  if (object == nullptr) return fields_from_json(json);
  std::vector<Field> fields;
  fields.reserve(object->size());
  for (const auto& [name, member] : *object) {
    auto value = value_from_json(member, type);
    if (!value.ok()) return value.error().in(fmt::format("`{}`", name));
    fields.push_back({name, std::move(value).value()});
  }
  return Record(std::move(fields));
}

// `info` is what the schema says of entities of its type; null without a schema, and for actions.
Result<Entity> entity_from_json(const Json& json, EntityUid uid, const EntityTypeInfo* info) {
  Entity out{std::move(uid), {}, {}, {}};
  WARD_TRY(const Json* attributes, member(json, "attrs"));
  WARD_TRY(out.attributes, (info == nullptr ? fields_from_json(*attributes)
                                            : attributes_from_json(*attributes, *info->attributes))
                               .in("`attrs`"));
  WARD_TRY(const Json* parents, member(json, "parents"));
  WARD_TRY(out.parents, parents_from_json(*parents).in("`parents`"));
  if (const Json* tags = json.find("tags")) {
    const Type* type = info == nullptr ? nullptr : info->tags;
    WARD_TRY(
        out.tags,
        (type == nullptr ? fields_from_json(*tags) : tags_from_json(*tags, *type)).in("`tags`"));
  }
  return out;
}

Result<std::vector<Entity>> read_entities(std::string_view json, const Schema* schema,
                                          const EntitiesLimits& limits) {
  const codec::JsonLimits json_limits{
      .max_bytes = limits.max_json_bytes,
      .max_depth = kEntityJsonDepthMax,
      .max_values = limits.max_json_values,
  };
  WARD_TRY(const Json parsed, codec::parse_json(json, json_limits));
  const codec::JsonArray* array = parsed.if_array();
  if (array == nullptr) {
    return invalid_argument("expected an array, got {}", codec::json_kind_name(parsed.kind()));
  }
  std::vector<Entity> out;
  out.reserve(array->size());
  for (const Json& item : *array) {
    const std::string place = fmt::format("[{}]", out.size());
    if (item.if_object() == nullptr) {
      return invalid_argument("{}: expected an object, got {}", place,
                              codec::json_kind_name(item.kind()));
    }
    WARD_TRY(const Json* uid_json, member(item, "uid").in(place));
    WARD_TRY(EntityUid uid, uid_from_json(*uid_json).in("`uid`").in(place));
    const EntityTypeInfo* info = schema == nullptr ? nullptr : schema->find(uid.type());
    const std::string name = uid.text();
    auto entity = entity_from_json(item, std::move(uid), info);
    if (!entity.ok()) return entity.error().in(name).in(place);
    out.push_back(std::move(entity).value());
  }
  return out;
}

// The actions of a file say what the schema says, if not more than once in as many words: their
// ancestors among each other are those of the schema.
Result<void> check_actions(std::vector<Entity> given, const Schema& schema,
                           const EntitiesLimits& limits) {
  std::vector<EntityUid> uids;
  for (const Entity& each : given) uids.push_back(each.uid);
  WARD_TRY(const Entities actions, Entities::build(std::move(given), limits));
  for (const EntityUid& uid : uids) {
    const ActionInfo* info = schema.find_action(uid);
    if (info == nullptr) {
      return invalid_argument("action `{}` is not declared in the schema", uid.text());
    }
    std::vector<EntityUid> declared;
    for (const std::uint32_t each : info->ancestors) declared.push_back(schema.actions()[each].uid);
    if (!std::ranges::is_permutation(actions.ancestors(uid), declared)) {
      return invalid_argument("action `{}` is in other groups than the schema declares",
                              uid.text());
    }
    const Entity& entity = *actions.get(uid);
    if (!entity.attributes.empty() || !entity.tags.empty()) {
      return invalid_argument("action `{}` has attributes or tags, and actions have none",
                              uid.text());
    }
  }
  return {};
}

Result<Entities> conforming(std::vector<Entity> entities, const Schema& schema,
                            const EntitiesLimits& limits) {
  std::vector<Entity> actions;
  std::vector<Entity> others;
  for (Entity& each : entities) {
    (is_action(each.uid) ? actions : others).push_back(std::move(each));
  }
  for (const Entity& each : others) WARD_RETURN_IF_ERROR(check_entity(each, schema));
  if (!actions.empty()) {
    WARD_RETURN_IF_ERROR(check_actions(std::move(actions), schema, limits));
  }
  for (Entity& each : action_entities(schema)) others.push_back(std::move(each));
  return Entities::build(std::move(others), limits);
}

}  // namespace

Result<Entities> Entities::from_json(std::string_view json, const EntitiesLimits& limits) {
  WARD_TRY(std::vector<Entity> entities, read_entities(json, nullptr, limits).in("entities"));
  return build(std::move(entities), limits);
}

Result<Entities> Entities::from_json(std::string_view json, const Schema& schema,
                                     const EntitiesLimits& limits) {
  WARD_TRY(std::vector<Entity> entities, read_entities(json, &schema, limits).in("entities"));
  return conforming(std::move(entities), schema, limits).in("entities");
}

Result<Json> entity_to_json(const Entity& entity) {
  codec::JsonArray parents;
  for (const EntityUid& parent : entity.parents) parents.push_back(uid_to_json(parent));
  WARD_TRY(Json attributes, value_to_json(Value(entity.attributes)));
  WARD_TRY(Json tags, value_to_json(Value(entity.tags)));
  return Json::object({{"uid", uid_to_json(entity.uid)},
                       {"attrs", std::move(attributes)},
                       {"parents", Json(std::move(parents))},
                       {"tags", std::move(tags)}});
}

}  // namespace ward::cedar
