#include "codec/json_reader.h"

#include <algorithm>

#include "codec/nearest.h"
#include "codec/required.h"

namespace ward::codec {
Result<JsonReader> JsonReader::of(const Json& json, std::string path) {
  const JsonObject* object = json.if_object();
  if (object != nullptr) return JsonReader(*object, std::move(path));
  if (path.empty()) {
    return invalid_argument("expected an object, got {}", json_kind_name(json.kind()));
  }
  return invalid_argument("`{}`: expected an object, got {}", path, json_kind_name(json.kind()));
}

std::string JsonReader::path_of(std::string_view name) const {
  return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
}

const Json* JsonReader::take(std::string_view name) {
  asked_.add(name);
  return object_->find(name);
}

Error JsonReader::missing(std::string_view name) const {
  return invalid_argument("`{}` is missing", path_of(name));
}

Error JsonReader::wrong_kind(std::string_view name, std::string_view expected,
                             const Json& got) const {
  return invalid_argument("`{}`: expected {}, got {}", path_of(name), expected,
                          json_kind_name(got.kind()));
}

const Json* JsonReader::optional_any(std::string_view name) {
  return take(name);
}

Result<const Json*> JsonReader::any(std::string_view name) {
  const Json* value = take(name);
  if (value == nullptr) return missing(name);
  return value;
}

Result<std::optional<std::string_view>> JsonReader::optional_string(std::string_view name) {
  const Json* value = take(name);
  if (value == nullptr) return std::optional<std::string_view>();
  const std::string* text = value->if_string();
  if (text == nullptr) return wrong_kind(name, "a string", *value);
  return std::optional<std::string_view>(*text);
}

Result<std::optional<bool>> JsonReader::optional_boolean(std::string_view name) {
  const Json* value = take(name);
  if (value == nullptr) return std::optional<bool>();
  if (value->if_bool() == nullptr) return wrong_kind(name, "a boolean", *value);
  return std::optional<bool>(*value->if_bool());
}

Result<std::optional<std::int64_t>> JsonReader::optional_integer(std::string_view name,
                                                                 std::int64_t min,
                                                                 std::int64_t max) {
  const Json* value = take(name);
  if (value == nullptr) return std::optional<std::int64_t>();
  const std::int64_t* number = value->if_integer();
  if (number == nullptr) return wrong_kind(name, "an integer", *value);
  if (*number < min || *number > max) {
    return invalid_argument("`{}`: expected an integer from {} to {}, got {}", path_of(name), min,
                            max, *number);
  }
  return std::optional<std::int64_t>(*number);
}

Result<std::optional<double>> JsonReader::optional_number(std::string_view name) {
  const Json* value = take(name);
  if (value == nullptr) return std::optional<double>();
  if (const auto* number = value->if_double()) return std::optional<double>(*number);
  if (const auto* number = value->if_integer()) {
    return std::optional<double>(static_cast<double>(*number));
  }
  if (const auto* number = value->if_unsigned()) {
    return std::optional<double>(static_cast<double>(*number));
  }
  return wrong_kind(name, "a number", *value);
}

Result<const JsonArray*> JsonReader::optional_array(std::string_view name) {
  const Json* value = take(name);
  if (value == nullptr) return static_cast<const JsonArray*>(nullptr);
  if (value->if_array() == nullptr) return wrong_kind(name, "an array", *value);
  return value->if_array();
}

Result<std::optional<JsonReader>> JsonReader::optional_object(std::string_view name) {
  const Json* value = take(name);
  if (value == nullptr) return std::optional<JsonReader>();
  WARD_TRY(JsonReader reader, of(*value, path_of(name)));
  return std::optional<JsonReader>(std::move(reader));
}

Result<std::optional<std::vector<std::string_view>>> JsonReader::optional_strings(
    std::string_view name) {
  WARD_TRY(const JsonArray* const items, optional_array(name));
  if (items == nullptr) return std::optional<std::vector<std::string_view>>();
  std::vector<std::string_view> texts;
  texts.reserve(items->size());
  for (const Json& item : *items) {
    if (item.if_string() == nullptr) {
      return wrong_kind(fmt::format("{}[{}]", name, texts.size()), "a string", item);
    }
    texts.push_back(*item.if_string());
  }
  return std::optional(std::move(texts));
}

Result<std::string_view> JsonReader::string(std::string_view name) {
  return required(optional_string(name), [&] { return missing(name); });
}

Result<bool> JsonReader::boolean(std::string_view name) {
  return required(optional_boolean(name), [&] { return missing(name); });
}

Result<std::int64_t> JsonReader::integer(std::string_view name, std::int64_t min,
                                         std::int64_t max) {
  return required(optional_integer(name, min, max), [&] { return missing(name); });
}

Result<double> JsonReader::number(std::string_view name) {
  return required(optional_number(name), [&] { return missing(name); });
}

Result<const JsonArray*> JsonReader::array(std::string_view name) {
  WARD_TRY(const JsonArray* const items, optional_array(name));
  if (items == nullptr) return missing(name);
  return items;
}

Result<JsonReader> JsonReader::object(std::string_view name) {
  return required(optional_object(name), [&] { return missing(name); });
}

Result<std::vector<std::string_view>> JsonReader::strings(std::string_view name) {
  return required(optional_strings(name), [&] { return missing(name); });
}

std::vector<std::string_view> JsonReader::Asked::all() const {
  std::vector<std::string_view> names(few_.begin(), few_.begin() + count_);
  names.insert(names.end(), more_.begin(), more_.end());
  return names;
}

Result<void> JsonReader::no_other_names() const {
  const std::vector<std::string_view> asked = asked_.all();
  for (const JsonMember& member : *object_) {
    if (std::ranges::find(asked, member.name) != asked.end()) continue;
    const std::string where = path_of(member.name);
    if (const auto near = nearest_name(member.name, asked)) {
      return invalid_argument("`{}` is not known, did you mean `{}`?", where, *near);
    }
    return invalid_argument("`{}` is not known, expected {}", where, list_names(asked));
  }
  return {};
}

}  // namespace ward::codec
