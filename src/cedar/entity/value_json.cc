#include "cedar/entity/value_json.h"

#include "cedar/value/extension_function.h"

namespace ward::cedar {
namespace {

using codec::Json;

constexpr std::string_view kEntityEscape = "__entity";
constexpr std::string_view kExtensionEscape = "__extn";
constexpr std::string_view kExpressionEscape = "__expr";

Error expected(std::string_view what, const Json& got) {
  return invalid_argument("expected {}, got {}", what, codec::json_kind_name(got.kind()));
}

Result<const std::string*> string_member(const Json& object, std::string_view name) {
  const Json* member = object.find(name);
  if (member == nullptr) return invalid_argument("`{}` is missing", name);
  if (member->if_string() == nullptr) {
    return expected("a string", *member).in(fmt::format("`{}`", name));
  }
  return member->if_string();
}

Result<EntityUid> type_and_id(const Json& json) {
  if (json.if_object() == nullptr) return expected("an object with `type` and `id`", json);
  WARD_TRY(const std::string* type, string_member(json, "type"));
  WARD_TRY(const std::string* id, string_member(json, "id"));
  return EntityUid::of(*type, *id);
}

// Element by element; a fault names the index.
Result<std::vector<Value>> values_from_array(const codec::JsonArray& array) {
  std::vector<Value> out;
  out.reserve(array.size());
  for (const Json& item : array) {
    auto value = value_from_json(item);
    if (!value.ok()) return value.error().in(fmt::format("[{}]", out.size()));
    out.push_back(std::move(value).value());
  }
  return out;
}

Result<std::vector<Value>> extension_arguments(const Json& call) {
  if (const Json* argument = call.find("arg")) {
    WARD_TRY(Value value, value_from_json(*argument).in("`arg`"));
    return std::vector<Value>{std::move(value)};
  }
  const Json* arguments = call.find("args");
  if (arguments == nullptr) return invalid_argument("`arg` or `args` is missing");
  if (arguments->if_array() == nullptr) return expected("an array", *arguments).in("`args`");
  return values_from_array(*arguments->if_array()).in("`args`");
}

Result<Value> extension_value(const Json& call) {
  if (call.if_object() == nullptr) return expected("an object with `fn` and `arg`", call);
  WARD_TRY(const std::string* name, string_member(call, "fn"));
  const ExtensionSignature* signature = find_extension_function(*name);
  if (signature == nullptr) return invalid_argument("there is no extension function `{}`", *name);
  WARD_TRY(const std::vector<Value> arguments, extension_arguments(call));
  auto outcome = call_extension(signature->function, arguments);
  if (const auto* error = std::get_if<ExtensionError>(&outcome)) {
    return invalid_argument("`{}`: {}", *name, error->message);
  }
  return std::get<Value>(std::move(outcome));
}

Result<Value> value_from_object(const Json& json) {
  if (const Json* entity = json.find(kEntityEscape)) {
    WARD_TRY(EntityUid uid, type_and_id(*entity).in("`__entity`"));
    return Value(std::move(uid));
  }
  if (const Json* call = json.find(kExtensionEscape)) return extension_value(*call).in("`__extn`");
  if (json.find(kExpressionEscape) != nullptr) {
    return invalid_argument("the escape `__expr` is no longer part of Cedar");
  }
  WARD_TRY(Record record, fields_from_json(json));
  return Value(std::move(record));
}

Json call_json(std::string_view function, Json arguments, std::string_view member = "arg") {
  return Json::object(
      {{std::string(kExtensionEscape),
        Json::object({{"fn", function}, {std::string(member), std::move(arguments)}})}});
}

Json datetime_json(Datetime value) {
  if (auto text = value.text()) return call_json("datetime", *std::move(text));
  // Years that datetime() cannot spell are an offset from the epoch, as the reference writes them.
  return call_json("offset",
                   Json::array({call_json("datetime", "1970-01-01"),
                                call_json("duration", Duration::of_ms(value.epoch_ms()).text())}),
                   "args");
}

Result<Json> set_json(const Set& set) {
  codec::JsonArray out;
  out.reserve(set.size());
  for (const Value& element : set.elements()) {
    WARD_TRY(Json item, value_to_json(element));
    out.push_back(std::move(item));
  }
  return Json(std::move(out));
}

Result<Json> record_json(const Record& record) {
  std::vector<codec::JsonMember> members;
  members.reserve(record.size());
  for (const Field& field : record.fields()) {
    for (const std::string_view escape : {kEntityEscape, kExtensionEscape, kExpressionEscape}) {
      if (field.name == escape) {
        return invalid_argument("a record with a field `{}` has no JSON form", escape);
      }
    }
    WARD_TRY(Json member, value_to_json(field.value));
    members.push_back({field.name, std::move(member)});
  }
  WARD_TRY(codec::JsonObject object, codec::JsonObject::from_members(std::move(members)));
  return Json(std::move(object));
}

}  // namespace

Result<Value> value_from_json(const Json& json) {
  switch (json.kind()) {
    case Json::Kind::kBool:
      return Value(*json.if_bool());
    case Json::Kind::kInteger:
      return Value(*json.if_integer());
    case Json::Kind::kString:
      return Value(*json.if_string());
    case Json::Kind::kArray: {
      WARD_TRY(std::vector<Value> elements, values_from_array(*json.if_array()));
      return Value(Set(std::move(elements)));
    }
    case Json::Kind::kObject:
      return value_from_object(json);
    case Json::Kind::kUnsigned:
      return invalid_argument("{} does not fit a long", *json.if_unsigned());
    case Json::Kind::kDouble:
      return invalid_argument(
          "expected an integer that fits a long; a fraction is written {{\"__extn\": {{\"fn\": "
          "\"decimal\", \"arg\": \"1.5\"}}}}");
    case Json::Kind::kNull:
      return invalid_argument("Cedar has no null: leave the member out");
  }
  WARD_UNREACHABLE();
}

Result<Record> fields_from_json(const Json& json) {
  const codec::JsonObject* object = json.if_object();
  if (object == nullptr) return expected("an object", json);
  std::vector<Field> fields;
  fields.reserve(object->size());
  for (const auto& [name, member] : *object) {
    auto value = value_from_json(member);
    if (!value.ok()) return value.error().in(fmt::format("`{}`", name));
    fields.push_back({name, std::move(value).value()});
  }
  return Record(std::move(fields));
}

Result<EntityUid> uid_from_json(const Json& json) {
  if (const Json* escaped = json.find(kEntityEscape)) return type_and_id(*escaped).in("`__entity`");
  return type_and_id(json);
}

Result<Record> context_from_json(const Json& json) {
  if (json.if_object() == nullptr) return expected("an object", json).in("context");
  const auto value = value_from_json(json);
  if (!value.ok()) return value.error().in("context");
  if (const Record* record = value->if_record()) return *record;
  return invalid_argument("context: expected a record, got a value of type {}",
                          value_kind_name(value->kind()));
}

Result<Json> parse_context_json(std::string_view json) {
  codec::JsonLimits limits;
  limits.max_bytes = kContextBytesMax;
  limits.max_depth = kEntityJsonDepthMax;
  return codec::parse_json(json, limits).in("context");
}

Result<Record> parse_context(std::string_view json) {
  WARD_TRY(const Json parsed, parse_context_json(json));
  return context_from_json(parsed);
}

Json uid_to_json(const EntityUid& uid) {
  return Json::object({{"type", uid.type().name()}, {"id", uid.id()}});
}

Result<Json> value_to_json(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kBool:
      return Json(*value.if_bool());
    case Value::Kind::kLong:
      return Json(*value.if_long());
    case Value::Kind::kString:
      return Json(*value.if_string());
    case Value::Kind::kEntity:
      return Json::object({{std::string(kEntityEscape), uid_to_json(*value.if_entity())}});
    case Value::Kind::kSet:
      return set_json(*value.if_set());
    case Value::Kind::kRecord:
      return record_json(*value.if_record());
    case Value::Kind::kDecimal:
      return call_json("decimal", value.if_decimal()->text());
    case Value::Kind::kIp:
      return call_json("ip", value.if_ip()->text());
    case Value::Kind::kDatetime:
      return datetime_json(*value.if_datetime());
    case Value::Kind::kDuration:
      return call_json("duration", value.if_duration()->text());
  }
  WARD_UNREACHABLE();
}

}  // namespace ward::cedar
