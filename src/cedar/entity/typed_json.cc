#include "cedar/entity/typed_json.h"

#include "cedar/entity/value_json.h"
#include "cedar/value/extension_function.h"

namespace ward::cedar {
namespace {

using codec::Json;

Error expected(const Type& type, const Json& got) {
  return invalid_argument("expected `{}`, got {}", to_text(type),
                          codec::json_kind_name(got.kind()));
}

ExtensionFunction constructor_of(ExtensionType type) {
  switch (type) {
    case ExtensionType::kDecimal:
      return ExtensionFunction::kDecimal;
    case ExtensionType::kIpaddr:
      return ExtensionFunction::kIp;
    case ExtensionType::kDatetime:
      return ExtensionFunction::kDatetime;
    case ExtensionType::kDuration:
      return ExtensionFunction::kDuration;
  }
  WARD_UNREACHABLE();
}

Result<Value> extension_value(const Json& json, const Type& type) {
  if (json.find("__extn") != nullptr || json.find("__expr") != nullptr) {
    return value_from_json(json);
  }
  if (json.find("fn") != nullptr && (json.find("arg") != nullptr || json.find("args") != nullptr)) {
    return value_from_json(Json::object({{"__extn", json}}));
  }
  const Json::Kind kind = json.kind();
  if (kind != Json::Kind::kString && kind != Json::Kind::kObject) return expected(type, json);
  WARD_TRY(const Value argument, value_from_json(json));
  auto made = call_extension(constructor_of(type.extension), {&argument, 1});
  if (const auto* error = std::get_if<ExtensionError>(&made)) {
    return invalid_argument("expected `{}`: {}", to_text(type), error->message);
  }
  return std::get<Value>(std::move(made));
}

Result<Value> set_value(const Json& json, const Type& type) {
  const codec::JsonArray* array = json.if_array();
  if (array == nullptr) return expected(type, json);
  std::vector<Value> out;
  out.reserve(array->size());
  for (const Json& item : *array) {
    auto value = value_from_json(item, *type.element);
    if (!value.ok()) return value.error().in(fmt::format("[{}]", out.size()));
    out.push_back(std::move(value).value());
  }
  return Value(Set(std::move(out)));
}

Result<Record> record_value(const Json& json, const Type& type) {
  const codec::JsonObject* object = json.if_object();
  if (object == nullptr) return expected(type, json);
  std::vector<Field> fields;
  fields.reserve(object->size());
  for (const auto& [name, member] : *object) {
    const AttributeType* attribute = type.find(name);
    if (attribute == nullptr) {
      return invalid_argument("`{}` is not declared: expected `{}`", name, to_text(type));
    }
    auto value = value_from_json(member, *attribute->type);
    if (!value.ok()) return value.error().in(fmt::format("`{}`", name));
    fields.push_back({name, std::move(value).value()});
  }
  for (const AttributeType& each : type.attributes) {
    if (each.is_required && !object->contains(each.name)) {
      return invalid_argument("`{}` is missing: expected `{}`", each.name, to_text(*each.type));
    }
  }
  return Record(std::move(fields));
}

}  // namespace

Result<Value> value_from_json(const Json& json, const Type& type) {
  switch (type.kind) {
    case Type::Kind::kEntity: {
      if (json.if_object() == nullptr) return expected(type, json);
      WARD_TRY(EntityUid uid, uid_from_json(json));
      return Value(std::move(uid));
    }
    case Type::Kind::kExtension:
      return extension_value(json, type);
    case Type::Kind::kSet:
      return set_value(json, type);
    case Type::Kind::kRecord: {
      WARD_TRY(Record record, record_value(json, type));
      return Value(std::move(record));
    }
    case Type::Kind::kBool:
    case Type::Kind::kLong:
    case Type::Kind::kString:
      return value_from_json(json);
  }
  WARD_UNREACHABLE();
}

Result<Record> context_from_json(const Json& json, const Schema& schema, const EntityUid& action) {
  const ActionInfo* info = schema.find_action(action);
  if (info == nullptr) {
    return invalid_argument("context: action `{}` is not declared in the schema", action.text());
  }
  return record_value(json, *info->context)
      .in(fmt::format("context of action `{}`", action.text()));
}

Result<Record> parse_context(std::string_view json, const Schema& schema, const EntityUid& action) {
  WARD_TRY(const Json parsed, parse_context_json(json));
  return context_from_json(parsed, schema, action);
}

}  // namespace ward::cedar
