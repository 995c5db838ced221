#include "cedar/entity/conformance.h"

#include <algorithm>

#include "codec/nearest.h"

namespace ward::cedar {
namespace {

Error mismatch(const Value& value, const Type& type) {
  return invalid_argument("expected `{}`, got a value of type {}", to_text(type),
                          value_kind_name(value.kind()));
}

template <typename List, typename Projection>
std::string did_you_mean(std::string_view typed, const List& list, Projection name_of) {
  std::vector<std::string_view> known;
  for (const auto& each : list) known.push_back(name_of(each));
  const auto near = codec::nearest_name(typed, known);
  return near ? fmt::format("; did you mean `{}`?", *near) : "";
}

Error undeclared_type(const EntityType& type, const Schema& schema) {
  return invalid_argument(
      "entity type `{}` is not declared{}", type.name(),
      did_you_mean(type.name(), schema.entity_types(),
                   [](const EntityTypeInfo& each) { return std::string_view(each.name.name()); }));
}

Error undeclared_action(const EntityUid& uid, const Schema& schema) {
  return invalid_argument("action `{}` is not declared{}", uid.text(),
                          did_you_mean(uid.id(), schema.actions(), [](const ActionInfo& each) {
                            return std::string_view(each.uid.id());
                          }));
}

// That an entity of a declared type may exist: its id is among those of an enumerated type.
Result<void> check_id(const EntityUid& uid, const Schema& schema) {
  const EntityTypeInfo* info = schema.find(uid.type());
  if (info != nullptr && info->is_enum() && !info->has_id(uid.id())) {
    std::vector<std::string_view> ids(info->enum_ids.begin(), info->enum_ids.end());
    constexpr std::size_t kShown = 10;
    ids.resize(std::min(ids.size(), kShown));
    return invalid_argument("`{}` does not exist: expected {}{}", uid.text(),
                            codec::list_names(ids),
                            info->enum_ids.size() > kShown ? " and others" : "");
  }
  if (schema.is_action_type(uid.type()) && schema.find_action(uid) == nullptr) {
    return undeclared_action(uid, schema);
  }
  return {};
}

bool is_extension_kind(Value::Kind kind, ExtensionType type) {
  switch (type) {
    case ExtensionType::kDecimal:
      return kind == Value::Kind::kDecimal;
    case ExtensionType::kIpaddr:
      return kind == Value::Kind::kIp;
    case ExtensionType::kDatetime:
      return kind == Value::Kind::kDatetime;
    case ExtensionType::kDuration:
      return kind == Value::Kind::kDuration;
  }
  WARD_UNREACHABLE();
}

Result<void> check_fields(const Record& record, const Type& type, const Schema& schema) {
  for (const Field& field : record.fields()) {
    const AttributeType* attribute = type.find(field.name);
    if (attribute == nullptr) {
      return invalid_argument(
          "`{}` is not declared{}", field.name,
          did_you_mean(field.name, type.attributes,
                       [](const AttributeType& each) { return std::string_view(each.name); }));
    }
    auto check = check_value(field.value, *attribute->type, schema);
    if (!check.ok()) return check.error().in(fmt::format("`{}`", field.name));
  }
  for (const AttributeType& each : type.attributes) {
    if (each.is_required && record.find(each.name) == nullptr) {
      return invalid_argument("`{}` is missing: expected `{}`", each.name, to_text(*each.type));
    }
  }
  return {};
}

Result<void> check_parents(std::span<const EntityUid> parents, const EntityTypeInfo& info,
                           const Schema& schema) {
  for (const EntityUid& parent : parents) {
    const EntityTypeInfo* of = schema.find(parent.type());
    if (of == nullptr || !std::ranges::binary_search(info.ancestors, schema.index_of(*of))) {
      return invalid_argument("a `{}` may not be in `{}`", info.name.name(), parent.text());
    }
    WARD_RETURN_IF_ERROR(check_id(parent, schema));
  }
  return {};
}

Result<void> check_tags(const Record& tags, const EntityTypeInfo& info, const Schema& schema) {
  if (tags.empty()) return {};
  if (info.tags == nullptr) {
    return invalid_argument("a `{}` has no tags, got `{}`", info.name.name(),
                            tags.fields().front().name);
  }
  for (const Field& tag : tags.fields()) {
    auto check = check_value(tag.value, *info.tags, schema);
    if (!check.ok()) return check.error().in(fmt::format("`{}`", tag.name));
  }
  return {};
}

Result<void> check_applies(const EntityUid& uid, std::string_view role,
                           const std::vector<std::uint32_t>& types, const ActionInfo& action,
                           const Schema& schema) {
  // check_role() found its type.
  if (std::ranges::binary_search(types, schema.index_of(*schema.find(uid.type())))) return {};
  std::vector<std::string_view> names;
  constexpr std::size_t kShown = 10;
  for (const std::uint32_t each : types) {
    if (names.size() < kShown) names.push_back(schema.entity_types()[each].name.name());
  }
  return invalid_argument("{}: action `{}` does not apply to `{}`: expected {}", role,
                          action.uid.text(), uid.type().name(),
                          names.empty() ? "nothing, it is a group" : codec::list_names(names));
}

}  // namespace

Result<void> check_value(const Value& value, const Type& type, const Schema& schema) {
  switch (type.kind) {
    case Type::Kind::kBool:
      return value.if_bool() ? Result<void>() : mismatch(value, type);
    case Type::Kind::kLong:
      return value.if_long() ? Result<void>() : mismatch(value, type);
    case Type::Kind::kString:
      return value.if_string() ? Result<void>() : mismatch(value, type);
    case Type::Kind::kExtension:
      return is_extension_kind(value.kind(), type.extension) ? Result<void>()
                                                             : mismatch(value, type);
    case Type::Kind::kEntity: {
      const EntityUid* uid = value.if_entity();
      if (uid == nullptr) return mismatch(value, type);
      if (uid->type() != *type.entity) {
        return invalid_argument("expected `{}`, got `{}`", to_text(type), uid->text());
      }
      return check_id(*uid, schema);
    }
    case Type::Kind::kSet: {
      const Set* set = value.if_set();
      if (set == nullptr) return mismatch(value, type);
      for (const Value& element : set->elements()) {
        WARD_RETURN_IF_ERROR(check_value(element, *type.element, schema).in("an element"));
      }
      return {};
    }
    case Type::Kind::kRecord: {
      const Record* record = value.if_record();
      return record == nullptr ? mismatch(value, type) : check_fields(*record, type, schema);
    }
  }
  WARD_UNREACHABLE();
}

Result<void> check_entity(const Entity& entity, const Schema& schema) {
  return check_entity_parts(entity.uid, &entity.attributes, entity.parents, &entity.tags, schema);
}

Result<void> check_entity_parts(const EntityUid& uid, const Record* attributes,
                                std::span<const EntityUid> parents, const Record* tags,
                                const Schema& schema) {
  const EntityTypeInfo* info = schema.find(uid.type());
  const std::string name = fmt::format("`{}`", uid.text());
  if (info == nullptr) return undeclared_type(uid.type(), schema).in(name);
  WARD_RETURN_IF_ERROR(check_id(uid, schema).in(name));
  if (attributes != nullptr) {
    WARD_RETURN_IF_ERROR(
        check_fields(*attributes, *info->attributes, schema).in(name + ": attribute"));
  }
  if (tags != nullptr) WARD_RETURN_IF_ERROR(check_tags(*tags, *info, schema).in(name + ": tags"));
  return check_parents(parents, *info, schema).in(name + ": parents");
}

Result<void> check_role(const EntityUid& uid, std::string_view role, const Schema& schema) {
  if (schema.find(uid.type()) == nullptr) return undeclared_type(uid.type(), schema).in(role);
  return check_id(uid, schema).in(role);
}

Result<void> check_environment(const EntityUid& principal, const EntityUid& action,
                               const EntityUid& resource, const Schema& schema) {
  WARD_RETURN_IF_ERROR(check_role(principal, "principal", schema));
  WARD_RETURN_IF_ERROR(check_role(resource, "resource", schema));
  const ActionInfo* info = schema.find_action(action);
  if (info == nullptr) return undeclared_action(action, schema);
  WARD_RETURN_IF_ERROR(check_applies(principal, "principal", info->principals, *info, schema));
  return check_applies(resource, "resource", info->resources, *info, schema);
}

Result<void> check_request(const Request& request, const Schema& schema) {
  WARD_RETURN_IF_ERROR(
      check_environment(request.principal, request.action, request.resource, schema));
  const ActionInfo& action = *schema.find_action(request.action);
  return check_fields(request.context, *action.context, schema)
      .in(fmt::format("context of action `{}`", action.uid.text()));
}

std::vector<Entity> action_entities(const Schema& schema) {
  std::vector<Entity> out;
  out.reserve(schema.actions().size());
  for (const ActionInfo& each : schema.actions()) {
    Entity entity{each.uid, {}, {}, {}};
    for (const std::uint32_t parent : each.parents) {
      entity.parents.push_back(schema.actions()[parent].uid);
    }
    out.push_back(std::move(entity));
  }
  return out;
}

}  // namespace ward::cedar
