// Configuration files: TOML 1.0, read by key and type with messages that say where, and with
// unknown keys as errors.
//
//   WARD_TRY(TomlDocument document, TomlDocument::parse(text, "server.toml"));
//   TomlReader root = document.root();
//   WARD_TRY(TomlReader server, root.table("server"));
//   WARD_TRY(const std::string listen, server.string("listen"));
//   WARD_TRY(const auto bound, server.duration_or("stale_after", 5s, {.min = 100ms, .max = 1h}));
//   WARD_RETURN_IF_ERROR(document.no_other_keys());    // after everything was read
//
// gives `server.toml:3:1: unknown key `listne` in [server], did you mean `listen`?` and
// `server.toml:4:14: `server.stale_after`: expected a duration from 100ms to 1h, got `9h``.
// Errors are kInvalidArgument. A document owns its values and remembers which keys were asked for;
// its readers look at it and must not outlive it. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ward::codec {

namespace internal {
struct TomlTable;
struct TomlValue;
struct TomlFile;
}  // namespace internal

struct TomlLimits {
  std::size_t max_bytes = 1 << 20;
  std::size_t max_depth = 32;  // tables and arrays inside one another
};

// Bounds, both included, of what a getter takes.
struct IntegerRange {
  std::int64_t min = INT64_MIN;
  std::int64_t max = INT64_MAX;
};
struct DurationRange {
  std::chrono::nanoseconds min{0};
  std::chrono::nanoseconds max = std::chrono::nanoseconds::max();
};
struct SizeRange {
  std::uint64_t min = 0;
  std::uint64_t max = UINT64_MAX;
};

// One table. Each getter has three forms: `x` where absence is an error, `optional_x` where it is
// nothing, and `x_or` with what holds then. A value of another type, or outside the range, is an
// error in all three.
class TomlReader {
 public:
  Result<std::string> string(std::string_view key);
  Result<std::optional<std::string>> optional_string(std::string_view key);
  Result<std::string> string_or(std::string_view key, std::string fallback);

  // One of a few words; gives its place in `words`.
  Result<std::size_t> choice(std::string_view key, std::span<const std::string_view> words);
  Result<std::optional<std::size_t>> optional_choice(std::string_view key,
                                                     std::span<const std::string_view> words);

  Result<std::int64_t> integer(std::string_view key, IntegerRange range = {});
  Result<std::optional<std::int64_t>> optional_integer(std::string_view key,
                                                       IntegerRange range = {});
  Result<std::int64_t> integer_or(std::string_view key, std::int64_t fallback,
                                  IntegerRange range = {});

  Result<bool> boolean(std::string_view key);
  Result<std::optional<bool>> optional_boolean(std::string_view key);
  Result<bool> boolean_or(std::string_view key, bool fallback);

  // Strings such as "250ms" and "1h30m", "16KiB" and "4MB" (codec/quantity.h).
  Result<std::chrono::nanoseconds> duration(std::string_view key, DurationRange range = {});
  Result<std::optional<std::chrono::nanoseconds>> optional_duration(std::string_view key,
                                                                    DurationRange range = {});
  Result<std::chrono::nanoseconds> duration_or(std::string_view key,
                                               std::chrono::nanoseconds fallback,
                                               DurationRange range = {});
  Result<std::uint64_t> size(std::string_view key, SizeRange range = {});
  Result<std::optional<std::uint64_t>> optional_size(std::string_view key, SizeRange range = {});
  Result<std::uint64_t> size_or(std::string_view key, std::uint64_t fallback, SizeRange range = {});

  Result<std::vector<std::string>> strings(std::string_view key);
  Result<std::vector<std::string>> optional_strings(std::string_view key);  // empty when absent

  Result<TomlReader> table(std::string_view key);
  Result<std::optional<TomlReader>> optional_table(std::string_view key);
  // [[key]]; empty when absent.
  Result<std::vector<TomlReader>> optional_tables(std::string_view key);

  // The keys of a table that maps names to something, in the order of the file; asking each is the
  // caller's.
  std::vector<std::string> keys() const;

  // For what the caller finds wrong with a value: the error at the place of that key.
  Error error_at(std::string_view key, std::string_view message) const;

  // `server.listeners[0]`; empty for the root.
  const std::string& path() const { return path_; }

 private:
  friend class TomlDocument;
  TomlReader(const internal::TomlFile& file, internal::TomlTable& table, std::string path)
      : file_(&file), table_(&table), path_(std::move(path)) {}

  internal::TomlValue* ask(std::string_view key);
  std::string path_of(std::string_view key) const;
  Error missing(std::string_view key) const;
  Error wrong(std::string_view key, std::string_view expected,
              const internal::TomlValue& got) const;
  Error outside(std::string_view key, std::string_view expected, std::string_view got,
                const internal::TomlValue& value) const;
  // The text under `key`, nullptr when absent.
  Result<const std::string*> text(std::string_view key, std::string_view expected);

  const internal::TomlFile* file_;
  internal::TomlTable* table_;
  std::string path_;
};

class TomlDocument {
 public:
  // `name` stands for the file in messages.
  static Result<TomlDocument> parse(std::string_view text, std::string name,
                                    const TomlLimits& limits = {});
  TomlDocument(TomlDocument&& other) noexcept;
  TomlDocument& operator=(TomlDocument&& other) noexcept;
  ~TomlDocument();

  TomlReader root();

  // An error naming the first key of the file that no reader was asked for.
  Result<void> no_other_keys() const;

 private:
  explicit TomlDocument(std::unique_ptr<internal::TomlFile> file);

  std::unique_ptr<internal::TomlFile> file_;
};

}  // namespace ward::codec
