#include "cedar/policy_json/json_place.h"

#include <algorithm>
#include <vector>

#include "codec/nearest.h"

namespace ward::cedar {

using codec::Json;
using codec::JsonObject;

void JsonPlace::go(std::string_view member) {
  if (!path_.empty()) path_ += '.';
  path_ += member;
}

JsonPlace::Step JsonPlace::into(std::string_view member) {
  const std::size_t length = path_.size();
  go(member);
  return {path_, length};
}

JsonPlace::Step JsonPlace::into(std::size_t index) {
  const std::size_t length = path_.size();
  path_ += fmt::format("[{}]", index);
  return {path_, length};
}

Error JsonPlace::at_place(const Error& error) const {
  return path_.empty() ? error : error.in("`" + path_ + "`");
}

Error JsonPlace::expected(std::string_view what, const Json& got) const {
  return fail("expected {}, got {}", what, codec::json_kind_name(got.kind()));
}

Result<const Json*> JsonPlace::member(const JsonObject& object, std::string_view name) const {
  const Json* found = object.find(name);
  if (found == nullptr) return fail("`{}` is missing", name);
  return found;
}

Result<const JsonObject*> JsonPlace::object(const Json& json, std::string_view what) const {
  if (json.if_object() == nullptr) return expected(what, json);
  return json.if_object();
}

Result<const codec::JsonArray*> JsonPlace::array(const Json& json) const {
  if (json.if_array() == nullptr) return expected("an array", json);
  return json.if_array();
}

Result<const std::string*> JsonPlace::string(const Json& json) const {
  if (json.if_string() == nullptr) return expected("a string", json);
  return json.if_string();
}

Result<void> JsonPlace::only(const JsonObject& object,
                             std::initializer_list<std::string_view> names) const {
  for (const auto& [name, value] : object) {
    if (std::ranges::find(names, name) != names.end()) continue;
    const auto near = codec::nearest_name(name, std::vector<std::string_view>(names));
    return fail("`{}` is not known{}", name,
                near ? fmt::format(", did you mean `{}`?", *near) : "");
  }
  return {};
}

}  // namespace ward::cedar
