// Reads the members of one JSON object by name and type, with messages that say where.
//
//   WARD_TRY(JsonReader reader, JsonReader::of(json, "request"));
//   WARD_TRY(const std::string_view name, reader.string("name"));
//   WARD_TRY(const auto limit, reader.optional_integer("limit", 1, 100));
//   WARD_RETURN_IF_ERROR(reader.no_other_names());      // only where unknown names are an error
//
// gives ``request.name`: expected a string, got an integer`, ``request.name` is missing`,
// ``request.limt` is not known, did you mean `limit`?`. A member that is null is present and of the
// wrong type. Errors are kInvalidArgument. A reader looks at the Json it was made of and at the
// names it is asked for (literals): both outlive it. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/json.h"

namespace ward::codec {

class JsonReader {
 public:
  // `path` names the object in messages; empty for the outermost.
  static Result<JsonReader> of(const Json& json, std::string path = {});
  JsonReader(const JsonObject& object, std::string path)
      : object_(&object), path_(std::move(path)) {}

  Result<std::string_view> string(std::string_view name);
  Result<bool> boolean(std::string_view name);
  Result<std::int64_t> integer(std::string_view name, std::int64_t min = INT64_MIN,
                               std::int64_t max = INT64_MAX);
  Result<double> number(std::string_view name);  // an integer or a double
  Result<const JsonArray*> array(std::string_view name);
  Result<JsonReader> object(std::string_view name);
  Result<const Json*> any(std::string_view name);
  Result<std::vector<std::string_view>> strings(std::string_view name);

  // Nothing when the member is absent; an error when it is there with another type.
  Result<std::optional<std::string_view>> optional_string(std::string_view name);
  Result<std::optional<bool>> optional_boolean(std::string_view name);
  Result<std::optional<std::int64_t>> optional_integer(std::string_view name,
                                                       std::int64_t min = INT64_MIN,
                                                       std::int64_t max = INT64_MAX);
  Result<std::optional<double>> optional_number(std::string_view name);
  Result<const JsonArray*> optional_array(std::string_view name);  // nullptr when absent
  Result<std::optional<JsonReader>> optional_object(std::string_view name);
  const Json* optional_any(std::string_view name);  // nullptr when absent
  Result<std::optional<std::vector<std::string_view>>> optional_strings(std::string_view name);

  // An error naming the first member that was never asked for.
  Result<void> no_other_names() const;

  const JsonObject& json() const { return *object_; }
  const std::string& path() const { return path_; }
  // `request.name`, or `name` at the outermost: for errors that a caller finds in a member's value.
  std::string path_of(std::string_view name) const;

 private:
  const Json* take(std::string_view name);
  Error missing(std::string_view name) const;
  Error wrong_kind(std::string_view name, std::string_view expected, const Json& got) const;

  // The names that were asked for. PERF: most readers ask for a few, which need no memory then.
  class Asked {
   public:
    void add(std::string_view name) {
      if (count_ < few_.size()) {
        few_[count_++] = name;
      } else {
        more_.push_back(name);
      }
    }
    std::vector<std::string_view> all() const;

   private:
    std::array<std::string_view, 6> few_;
    std::size_t count_ = 0;  // of few_
    std::vector<std::string_view> more_;
  };

  const JsonObject* object_;
  std::string path_;
  Asked asked_;
};

}  // namespace ward::codec
