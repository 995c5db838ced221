// toml++ parses; its tree is copied into ours at once. No type of toml++'s leaves this file.
#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <tuple>

#include "codec/toml_tree.h"

namespace ward::codec::internal {
namespace {

TomlPlace place_of(const toml::source_region& region) {
  return {.line = region.begin.line, .column = region.begin.column};
}

class Copier {
 public:
  Copier(std::string_view name, std::size_t max_depth) : name_(name), depth_left_(max_depth) {}

  Result<TomlTable> table(const toml::table& from) {
    TomlTable to;
    to.place = place_of(from.source());
    for (const auto& [key, node] : from) {
      WARD_TRY(TomlValue copied, value(node));
      to.entries.push_back({.key = std::string(key.str()),
                            .place = place_of(key.source()),
                            .value = std::move(copied)});
    }
    // toml++ keeps keys in alphabetical order; messages shall name the first of the file.
    std::ranges::sort(to.entries, {}, [](const TomlEntry& entry) {
      return std::tuple(entry.place.line, entry.place.column, std::string_view(entry.key));
    });
    return to;
  }

 private:
  Result<TomlValue> value(const toml::node& from) {
    TomlValue to;
    to.place = place_of(from.source());
    if (depth_left_ == 0) {
      return make_error(ErrorCode::kResourceExhausted,
                        "{}:{}:{}: tables and arrays nested too deep", name_, to.place.line,
                        to.place.column);
    }
    --depth_left_;
    if (const toml::table* nested = from.as_table()) {
      WARD_TRY(to.value, table(*nested));
    } else if (const toml::array* items = from.as_array()) {
      WARD_TRY(to.value, array(*items));
    } else {
      to.value = scalar(from);
    }
    ++depth_left_;
    return to;
  }

  Result<std::vector<TomlValue>> array(const toml::array& from) {
    std::vector<TomlValue> to;
    to.reserve(from.size());
    for (const toml::node& item : from) {
      WARD_TRY(TomlValue copied, value(item));
      to.push_back(std::move(copied));
    }
    return to;
  }

  static decltype(TomlValue::value) scalar(const toml::node& from) {
    if (const auto* text = from.as_string()) return text->get();
    if (const auto* integer = from.as_integer()) return integer->get();
    if (const auto* number = from.as_floating_point()) return number->get();
    if (const auto* boolean = from.as_boolean()) return boolean->get();
    return TomlDate{};
  }

  std::string_view name_;
  std::size_t depth_left_;
};

// The index after the string whose opening quote is at `start`; the end of the line or text when it
// has none.
std::size_t skip_string(std::string_view text, std::size_t start) {
  const char quote = text[start];
  const std::string_view triple = quote == '"' ? "\"\"\"" : "'''";
  const bool is_multiline = text.substr(start).starts_with(triple);
  std::size_t i = start + (is_multiline ? 3 : 1);
  while (i < text.size()) {
    if (text[i] == '\\' && quote == '"') {
      i += 2;
    } else if (is_multiline ? text.substr(i).starts_with(triple) : text[i] == quote) {
      if (!is_multiline) return i + 1;
      // TOML 1.0: one or two quotes may stand directly before the closing three.
      const std::size_t end = std::min(text.find_first_not_of(quote, i), i + 5);
      return std::min(end, text.size());
    } else if (text[i] == '\n' && !is_multiline) {
      return i;
    } else {
      ++i;
    }
  }
  return text.size();
}

// toml++ 3.3 bounds the depth of arrays and inline tables but not the parts of a dotted key, each
// of which is a table: a key of 100,000 parts ends the process when the tree is destroyed. So they
// are counted first.
Result<void> check_key_parts(std::string_view text, std::string_view name, std::size_t max_parts) {
  std::size_t line = 1;
  std::size_t dots = 0;
  std::size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      const std::size_t end = std::min(skip_string(text, i), text.size());
      line += static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(i),
                                                  text.begin() + static_cast<std::ptrdiff_t>(end),
                                                  '\n'));
      i = end;
      continue;
    }
    if (c == '#') {
      i = std::min(text.find('\n', i), text.size());
      continue;
    }
    if (c == '.' && ++dots >= max_parts) {
      return make_error(ErrorCode::kResourceExhausted, "{}:{}: expected at most {} parts of a key",
                        name, line, max_parts);
    }
    if (std::string_view("\n=,{}[]").find(c) != std::string_view::npos) dots = 0;
    if (c == '\n') ++line;
    ++i;
  }
  return {};
}

Error syntax_error(const toml::parse_error& error, std::string_view name) {
  const TomlPlace place = place_of(error.source());
  std::string description(error.description());
  if (!description.empty()) {
    description[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(description[0])));
  }
  return invalid_argument("{}:{}:{}: {}", name, place.line, place.column, description);
}

}  // namespace

Result<TomlTable> parse_toml(std::string_view text, std::string_view name,
                             const TomlLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return make_error(ErrorCode::kResourceExhausted, "{}: {} bytes, expected at most {}", name,
                      text.size(), limits.max_bytes);
  }
  WARD_RETURN_IF_ERROR(check_key_parts(text, name, limits.max_depth));
  try {
    const toml::table parsed = toml::parse(text);
    return Copier(name, limits.max_depth).table(parsed);
  } catch (const toml::parse_error& error) {
    return syntax_error(error, name);
  }
}

}  // namespace ward::codec::internal
