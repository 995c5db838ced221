#include "codec/toml.h"

#include <algorithm>

#include "codec/nearest.h"
#include "codec/quantity.h"
#include "codec/required.h"
#include "codec/toml_tree.h"

namespace ward::codec {

using internal::TomlEntry;
using internal::TomlTable;
using internal::TomlValue;

namespace {

template <typename T>
Result<T> with_fallback(Result<std::optional<T>> value, T fallback) {
  WARD_TRY(std::optional<T> present, std::move(value));
  return present ? std::move(*present) : std::move(fallback);
}

const TomlEntry* find_entry(const TomlTable& table, std::string_view key) {
  const auto at = std::ranges::find(table.entries, key, &TomlEntry::key);
  return at == table.entries.end() ? nullptr : &*at;
}

std::string joined(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

std::string integers_in(IntegerRange range) {
  if (range.min == INT64_MIN && range.max == INT64_MAX) return "an integer";
  if (range.max == INT64_MAX) return fmt::format("an integer of at least {}", range.min);
  return fmt::format("an integer from {} to {}", range.min, range.max);
}

std::string durations_in(DurationRange range) {
  if (range.max != std::chrono::nanoseconds::max()) {
    return fmt::format("a duration from {} to {}", format_duration(range.min),
                       format_duration(range.max));
  }
  if (range.min.count() == 0) return "a duration such as \"250ms\" or \"1h30m\"";
  return fmt::format("a duration of at least {}", format_duration(range.min));
}

std::string sizes_in(SizeRange range) {
  if (range.max != UINT64_MAX) {
    return fmt::format("a size from {} to {}", format_size(range.min), format_size(range.max));
  }
  if (range.min == 0) return "a size such as \"512\", \"16KiB\" or \"4MB\"";
  return fmt::format("a size of at least {}", format_size(range.min));
}

}  // namespace

namespace internal {

std::string TomlFile::at(TomlPlace place) const {
  return fmt::format("{}:{}:{}", name, place.line, place.column);
}

std::string_view toml_kind_name(const TomlValue& value) {
  constexpr std::string_view kNames[] = {"a boolean", "an integer", "a float", "a string",
                                         "a date",    "an array",   "a table"};
  static_assert(std::size(kNames) == std::variant_size_v<decltype(TomlValue::value)>);
  return kNames[value.value.index()];
}

namespace {

std::vector<std::string_view> views_of(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

Error unknown_key(const TomlFile& file, const TomlTable& table, const TomlEntry& entry,
                  const std::string& path) {
  const std::string where = path.empty() ? std::string() : fmt::format(" in [{}]", path);
  const auto known = views_of(table.asked);
  const std::string hint = [&] {
    if (const auto near = nearest_name(entry.key, known)) {
      return fmt::format(", did you mean `{}`?", *near);
    }
    return known.empty() ? std::string() : fmt::format(", expected {}", list_names(known));
  }();
  return invalid_argument("{}: unknown key `{}`{}{}", file.at(entry.place), entry.key, where, hint);
}

Result<void> check_all_asked(const TomlFile& file, const TomlTable& table, const std::string& path);

Result<void> check_value(const TomlFile& file, const TomlValue& value, const std::string& path) {
  if (const auto* nested = std::get_if<TomlTable>(&value.value)) {
    return check_all_asked(file, *nested, path);
  }
  const auto* items = std::get_if<std::vector<TomlValue>>(&value.value);
  if (items == nullptr) return {};
  for (std::size_t i = 0; i < items->size(); ++i) {
    WARD_RETURN_IF_ERROR(check_value(file, (*items)[i], fmt::format("{}[{}]", path, i)));
  }
  return {};
}

Result<void> check_all_asked(const TomlFile& file, const TomlTable& table,
                             const std::string& path) {
  for (const TomlEntry& entry : table.entries) {
    if (std::ranges::find(table.asked, entry.key) == table.asked.end()) {
      return unknown_key(file, table, entry, path);
    }
    WARD_RETURN_IF_ERROR(check_value(file, entry.value, joined(path, entry.key)));
  }
  return {};
}

}  // namespace
}  // namespace internal

TomlValue* TomlReader::ask(std::string_view key) {
  if (std::ranges::find(table_->asked, key) == table_->asked.end()) {
    table_->asked.emplace_back(key);
  }
  const auto at = std::ranges::find(table_->entries, key, &TomlEntry::key);
  return at == table_->entries.end() ? nullptr : &at->value;
}

std::string TomlReader::path_of(std::string_view key) const {
  return joined(path_, key);
}

Error TomlReader::missing(std::string_view key) const {
  return invalid_argument("{}: `{}` is missing", file_->at(table_->place), path_of(key));
}

Error TomlReader::wrong(std::string_view key, std::string_view expected,
                        const TomlValue& got) const {
  return invalid_argument("{}: `{}`: expected {}, got {}", file_->at(got.place), path_of(key),
                          expected, internal::toml_kind_name(got));
}

Error TomlReader::outside(std::string_view key, std::string_view expected, std::string_view got,
                          const TomlValue& value) const {
  return invalid_argument("{}: `{}`: expected {}, got `{:.60}`", file_->at(value.place),
                          path_of(key), expected, got);
}

Error TomlReader::error_at(std::string_view key, std::string_view message) const {
  const TomlEntry* entry = find_entry(*table_, key);
  return invalid_argument("{}: `{}`: {}",
                          file_->at(entry == nullptr ? table_->place : entry->value.place),
                          path_of(key), message);
}

std::vector<std::string> TomlReader::keys() const {
  std::vector<std::string> keys;
  for (const TomlEntry& entry : table_->entries) keys.push_back(entry.key);
  return keys;
}

Result<const std::string*> TomlReader::text(std::string_view key, std::string_view expected) {
  const TomlValue* value = ask(key);
  if (value == nullptr) return static_cast<const std::string*>(nullptr);
  const auto* text = std::get_if<std::string>(&value->value);
  if (text == nullptr) return wrong(key, expected, *value);
  return text;
}

Result<std::optional<std::string>> TomlReader::optional_string(std::string_view key) {
  WARD_TRY(const std::string* const found, text(key, "a string"));
  if (found == nullptr) return std::optional<std::string>();
  return std::optional(*found);
}

Result<std::optional<std::size_t>> TomlReader::optional_choice(
    std::string_view key, std::span<const std::string_view> words) {
  WARD_TRY(const std::string* const found, text(key, list_names(words)));
  if (found == nullptr) return std::optional<std::size_t>();
  const auto at = std::ranges::find(words, *found);
  if (at == words.end()) return outside(key, list_names(words), *found, *ask(key));
  return std::optional(static_cast<std::size_t>(at - words.begin()));
}

Result<std::optional<std::int64_t>> TomlReader::optional_integer(std::string_view key,
                                                                 IntegerRange range) {
  const TomlValue* value = ask(key);
  if (value == nullptr) return std::optional<std::int64_t>();
  const auto* number = std::get_if<std::int64_t>(&value->value);
  if (number == nullptr) return wrong(key, integers_in(range), *value);
  if (*number < range.min || *number > range.max) {
    return outside(key, integers_in(range), std::to_string(*number), *value);
  }
  return std::optional(*number);
}

Result<std::optional<bool>> TomlReader::optional_boolean(std::string_view key) {
  const TomlValue* value = ask(key);
  if (value == nullptr) return std::optional<bool>();
  const auto* boolean = std::get_if<bool>(&value->value);
  if (boolean == nullptr) return wrong(key, "a boolean", *value);
  return std::optional(*boolean);
}

Result<std::optional<std::chrono::nanoseconds>> TomlReader::optional_duration(std::string_view key,
                                                                              DurationRange range) {
  WARD_TRY(const std::string* const found, text(key, durations_in(range)));
  if (found == nullptr) return std::optional<std::chrono::nanoseconds>();
  const auto duration = parse_duration(*found);
  if (!duration.ok() || *duration < range.min || *duration > range.max) {
    return outside(key, durations_in(range), *found, *ask(key));
  }
  return std::optional(*duration);
}

Result<std::optional<std::uint64_t>> TomlReader::optional_size(std::string_view key,
                                                               SizeRange range) {
  WARD_TRY(const std::string* const found, text(key, sizes_in(range)));
  if (found == nullptr) return std::optional<std::uint64_t>();
  const auto size = parse_size(*found);
  if (!size.ok() || *size < range.min || *size > range.max) {
    return outside(key, sizes_in(range), *found, *ask(key));
  }
  return std::optional(*size);
}

Result<std::vector<std::string>> TomlReader::optional_strings(std::string_view key) {
  std::vector<std::string> texts;
  const TomlValue* value = ask(key);
  if (value == nullptr) return texts;
  const auto* items = std::get_if<std::vector<TomlValue>>(&value->value);
  if (items == nullptr) return wrong(key, "an array of strings", *value);
  for (const TomlValue& item : *items) {
    const auto* text = std::get_if<std::string>(&item.value);
    if (text == nullptr) return wrong(fmt::format("{}[{}]", key, texts.size()), "a string", item);
    texts.push_back(*text);
  }
  return texts;
}

Result<std::optional<TomlReader>> TomlReader::optional_table(std::string_view key) {
  TomlValue* value = ask(key);
  if (value == nullptr) return std::optional<TomlReader>();
  auto* table = std::get_if<TomlTable>(&value->value);
  if (table == nullptr) return wrong(key, "a table", *value);
  return std::optional(TomlReader(*file_, *table, path_of(key)));
}

Result<std::vector<TomlReader>> TomlReader::optional_tables(std::string_view key) {
  std::vector<TomlReader> readers;
  TomlValue* value = ask(key);
  if (value == nullptr) return readers;
  auto* items = std::get_if<std::vector<TomlValue>>(&value->value);
  if (items == nullptr) return wrong(key, fmt::format("tables [[{}]]", path_of(key)), *value);
  for (TomlValue& item : *items) {
    const std::string place = fmt::format("{}[{}]", key, readers.size());
    auto* table = std::get_if<TomlTable>(&item.value);
    if (table == nullptr) return wrong(place, "a table", item);
    readers.push_back(TomlReader(*file_, *table, path_of(place)));
  }
  return readers;
}

Result<std::string> TomlReader::string(std::string_view key) {
  return required(optional_string(key), [&] { return missing(key); });
}
Result<std::string> TomlReader::string_or(std::string_view key, std::string fallback) {
  return with_fallback(optional_string(key), std::move(fallback));
}
Result<std::size_t> TomlReader::choice(std::string_view key,
                                       std::span<const std::string_view> words) {
  return required(optional_choice(key, words), [&] { return missing(key); });
}
Result<std::int64_t> TomlReader::integer(std::string_view key, IntegerRange range) {
  return required(optional_integer(key, range), [&] { return missing(key); });
}
Result<std::int64_t> TomlReader::integer_or(std::string_view key, std::int64_t fallback,
                                            IntegerRange range) {
  return with_fallback(optional_integer(key, range), fallback);
}
Result<bool> TomlReader::boolean(std::string_view key) {
  return required(optional_boolean(key), [&] { return missing(key); });
}
Result<bool> TomlReader::boolean_or(std::string_view key, bool fallback) {
  return with_fallback(optional_boolean(key), fallback);
}
Result<std::chrono::nanoseconds> TomlReader::duration(std::string_view key, DurationRange range) {
  return required(optional_duration(key, range), [&] { return missing(key); });
}
Result<std::chrono::nanoseconds> TomlReader::duration_or(std::string_view key,
                                                         std::chrono::nanoseconds fallback,
                                                         DurationRange range) {
  return with_fallback(optional_duration(key, range), fallback);
}
Result<std::uint64_t> TomlReader::size(std::string_view key, SizeRange range) {
  return required(optional_size(key, range), [&] { return missing(key); });
}
Result<std::uint64_t> TomlReader::size_or(std::string_view key, std::uint64_t fallback,
                                          SizeRange range) {
  return with_fallback(optional_size(key, range), fallback);
}
Result<TomlReader> TomlReader::table(std::string_view key) {
  return required(optional_table(key), [&] { return missing(key); });
}
Result<std::vector<std::string>> TomlReader::strings(std::string_view key) {
  if (ask(key) == nullptr) return missing(key);
  return optional_strings(key);
}

TomlDocument::TomlDocument(std::unique_ptr<internal::TomlFile> file) : file_(std::move(file)) {}
TomlDocument::TomlDocument(TomlDocument&& other) noexcept = default;
TomlDocument& TomlDocument::operator=(TomlDocument&& other) noexcept = default;
TomlDocument::~TomlDocument() = default;

Result<TomlDocument> TomlDocument::parse(std::string_view text, std::string name,
                                         const TomlLimits& limits) {
  auto file = std::make_unique<internal::TomlFile>();
  WARD_TRY(file->root, internal::parse_toml(text, name, limits));
  file->name = std::move(name);
  return TomlDocument(std::move(file));
}

TomlReader TomlDocument::root() {
  return {*file_, file_->root, {}};
}

Result<void> TomlDocument::no_other_keys() const {
  return internal::check_all_asked(*file_, file_->root, {});
}

}  // namespace ward::codec
