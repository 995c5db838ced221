// Entities::from_json, apart from the store for what it includes.
#include "cedar/entity/entities.h"
#include "cedar/entity/value_json.h"
#include "codec/json.h"

namespace ward::cedar {
namespace {

using codec::Json;

constexpr std::size_t kJsonDepthMax = 64;

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

Result<Entity> entity_from_json(const Json& json) {
  if (json.if_object() == nullptr) {
    return invalid_argument("expected an object, got {}", codec::json_kind_name(json.kind()));
  }
  WARD_TRY(const Json* uid_json, member(json, "uid"));
  WARD_TRY(EntityUid uid, uid_from_json(*uid_json).in("`uid`"));
  const auto within = [&](std::string_view part) {
    return fmt::format("{}: `{}`", uid.text(), part);
  };
  const auto attributes_json = member(json, "attrs");
  if (!attributes_json.ok()) return attributes_json.error().in(uid.text());
  auto attributes = fields_from_json(**attributes_json);
  if (!attributes.ok()) return attributes.error().in(within("attrs"));
  const auto parents_json = member(json, "parents");
  if (!parents_json.ok()) return parents_json.error().in(uid.text());
  auto parents = parents_from_json(**parents_json);
  if (!parents.ok()) return parents.error().in(within("parents"));
  Record tags;
  if (const Json* tags_json = json.find("tags")) {
    auto read = fields_from_json(*tags_json);
    if (!read.ok()) return read.error().in(within("tags"));
    tags = std::move(read).value();
  }
  return Entity{std::move(uid), std::move(attributes).value(), std::move(parents).value(),
                std::move(tags)};
}

}  // namespace

Result<Entities> Entities::from_json(std::string_view json, const EntitiesLimits& limits) {
  const codec::JsonLimits json_limits{
      .max_bytes = limits.max_json_bytes,
      .max_depth = kJsonDepthMax,
      .max_values = limits.max_json_values,
  };
  WARD_TRY(const Json parsed, codec::parse_json(json, json_limits).in("entities"));
  const codec::JsonArray* array = parsed.if_array();
  if (array == nullptr) {
    return invalid_argument("entities: expected an array, got {}",
                            codec::json_kind_name(parsed.kind()));
  }
  std::vector<Entity> entities;
  entities.reserve(array->size());
  for (const Json& item : *array) {
    auto entity = entity_from_json(item);
    if (!entity.ok()) return entity.error().in(fmt::format("entities: [{}]", entities.size()));
    entities.push_back(std::move(entity).value());
  }
  return build(std::move(entities), limits);
}

}  // namespace ward::cedar
