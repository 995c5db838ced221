// "Did you mean": the known name that a mistyped one most likely stands for.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ward::codec {

// By edit distance (insert, delete, replace, swap of neighbours), at most a third of the length
// away; nothing when no name is that near. Names longer than 64 bytes are not compared.
std::optional<std::string_view> nearest_name(std::string_view typed,
                                             std::span<const std::string_view> known);

// `a`, `b` or `c` in backticks; for messages that list what was expected.
std::string list_names(std::span<const std::string_view> names);

}  // namespace ward::codec
