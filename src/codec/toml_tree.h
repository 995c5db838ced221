// The values of a TOML file in our own types, with their places. Private to this room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "codec/toml.h"

namespace ward::codec::internal {

struct TomlPlace {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

struct TomlEntry;

struct TomlTable {
  TomlPlace place;
  std::vector<TomlEntry> entries;  // in the order of the file
  std::vector<std::string> asked;  // keys that a reader was asked for, each once
};

// A date or time, for which no configuration of ours has a use.
struct TomlDate {};

struct TomlValue {
  TomlPlace place;
  std::variant<bool, std::int64_t, double, std::string, TomlDate, std::vector<TomlValue>, TomlTable>
      value;
};

struct TomlEntry {
  std::string key;
  TomlPlace place;
  TomlValue value;
};

struct TomlFile {
  std::string name;
  TomlTable root;

  // `name:line:column`
  std::string at(TomlPlace place) const;
};

// `a string`, `a table`, ...: for messages.
std::string_view toml_kind_name(const TomlValue& value);

// The door to toml++ (toml_parse.cc).
Result<TomlTable> parse_toml(std::string_view text, std::string_view name,
                             const TomlLimits& limits);

}  // namespace ward::codec::internal
