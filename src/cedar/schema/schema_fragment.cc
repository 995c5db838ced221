#include "cedar/schema/schema_fragment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cedar/value/identifier.h"

namespace ward::cedar {

std::string declaration_text(std::string_view what, std::string_view name,
                             std::string_view name_space) {
  if (name_space.empty()) return fmt::format("{} `{}`", what, name);
  return fmt::format("{} `{}` in namespace `{}`", what, name, name_space);
}

bool is_schema_path(std::string_view text, bool may_be_builtin) {
  constexpr std::string_view kBuiltin = "__cedar::";
  if (may_be_builtin && text.starts_with(kBuiltin)) text.remove_prefix(kBuiltin.size());
  return is_type_name(text);
}

Result<void> check_entity_type_name(std::string_view name) {
  if (!is_identifier(name) || is_reserved_word(name)) {
    return invalid_argument(
        "`{}` is no name for an entity type: expected an identifier that is no reserved word",
        name);
  }
  if (name == "Action") {
    return invalid_argument("`Action` is the type of actions and cannot be declared");
  }
  return {};
}

Result<void> check_common_type_name(std::string_view name) {
  if (!is_identifier(name) || is_reserved_word(name)) {
    return invalid_argument(
        "`{}` is no name for a common type: expected an identifier that is no reserved word", name);
  }
  // In the JSON form these would be taken for what they name there.
  constexpr std::array<std::string_view, 8> kKeywords = {"Bool", "Boolean", "Entity", "Extension",
                                                         "Long", "Record",  "Set",    "String"};
  if (std::ranges::find(kKeywords, name) != kKeywords.end()) {
    return invalid_argument("`{}` is a word of the schema language and names no common type", name);
  }
  return {};
}

}  // namespace ward::cedar
