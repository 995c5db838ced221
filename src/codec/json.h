// JSON values, strictly read (RFC 8259 with the rules of I-JSON, RFC 7493) and written.
//
// Reading refuses duplicate names, invalid UTF-8, lone surrogates, trailing data, numbers that
// double cannot hold, and whatever RFC 8259 does not allow. Errors carry line, column and byte
// offset, what was expected and what was got. Noncharacters (U+FFFE and the like), which I-JSON
// forbids, are let through: they are ordinary in what other tools write and harm nothing here.
//
// Numbers keep what the text said: a literal without fraction and exponent is kInteger if it fits
// int64, kUnsigned if only uint64 holds it; everything else, and integers beyond 64 bits, is
// kDouble (correctly rounded).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "base/result.h"

namespace ward::codec {

class Json;
struct JsonMember;
using JsonArray = std::vector<Json>;

// Members in the order of insertion, names distinct; lookup is O(log n).
class JsonObject {
 public:
  JsonObject();
  JsonObject(std::initializer_list<JsonMember> members);  // a repeated name replaces
  // kInvalidArgument when a name repeats.
  static Result<JsonObject> from_members(std::vector<JsonMember> members);

  JsonObject(const JsonObject& other);
  JsonObject& operator=(const JsonObject& other);
  JsonObject(JsonObject&& other) noexcept;
  JsonObject& operator=(JsonObject&& other) noexcept;
  ~JsonObject();

  const Json* find(std::string_view name) const;  // nullptr when absent; valid until a change
  Json* find(std::string_view name);
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  Json& set(std::string name, Json value);  // replaces in place, or appends
  bool erase(std::string_view name);

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  const std::vector<JsonMember>& members() const { return members_; }
  std::vector<JsonMember>::const_iterator begin() const;
  std::vector<JsonMember>::const_iterator end() const;

  // Equal whatever the order of members.
  bool operator==(const JsonObject& other) const;

 private:
  using Index = std::vector<std::uint32_t>;  // positions in members_, sorted by name

  std::size_t position_of(std::string_view name) const;  // size() when absent
  void rebuild_index();

  std::vector<JsonMember> members_;
  std::unique_ptr<Index> index_;  // INVARIANT: absent for few members, which are searched in turn
};

class Json {
 public:
  enum class Kind : std::uint8_t {
    kNull,
    kBool,
    kInteger,   // fits int64
    kUnsigned,  // above int64, fits uint64
    kDouble,    // finite
    kString,    // UTF-8 when it was read
    kArray,
    kObject,
  };

  Json() = default;
  Json(std::nullptr_t) {}
  template <std::same_as<bool> T>
  Json(T value) : value_(value) {}
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  Json(T value) {
    if constexpr (std::unsigned_integral<T>) {
      if (value > static_cast<std::uint64_t>(INT64_MAX)) {
        value_ = static_cast<std::uint64_t>(value);
        return;
      }
    }
    value_ = static_cast<std::int64_t>(value);
  }
  Json(double value);  // finite
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(JsonArray value) : value_(std::move(value)) {}
  Json(JsonObject value) : value_(std::move(value)) {}

  // Json::object({{"name", "x"}, {"count", 3}}), Json::array({1, 2, "three"})
  static Json object(std::initializer_list<JsonMember> members = {}) { return JsonObject(members); }
  static Json array(std::initializer_list<Json> items = {}) { return JsonArray(items); }

  Kind kind() const { return static_cast<Kind>(value_.index()); }
  bool is_null() const { return kind() == Kind::kNull; }

  // nullptr when the value is of another kind.
  const bool* if_bool() const { return std::get_if<bool>(&value_); }
  const std::int64_t* if_integer() const { return std::get_if<std::int64_t>(&value_); }
  const std::uint64_t* if_unsigned() const { return std::get_if<std::uint64_t>(&value_); }
  const double* if_double() const { return std::get_if<double>(&value_); }
  const std::string* if_string() const { return std::get_if<std::string>(&value_); }
  const JsonArray* if_array() const { return std::get_if<JsonArray>(&value_); }
  const JsonObject* if_object() const { return std::get_if<JsonObject>(&value_); }
  JsonArray* if_array() { return std::get_if<JsonArray>(&value_); }
  JsonObject* if_object() { return std::get_if<JsonObject>(&value_); }

  // The member of an object; nullptr when this is no object or has no such member.
  const Json* find(std::string_view name) const {
    const JsonObject* object = if_object();
    return object == nullptr ? nullptr : object->find(name);
  }

  // Kinds are told apart: 1 and 1.0 are not equal.
  bool operator==(const Json& other) const;

 private:
  // INVARIANT: the alternatives stand in the order of Kind; uint64 holds only what int64 cannot.
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, JsonArray,
               JsonObject>
      value_;
};

struct JsonMember {
  std::string name;
  Json value;

  bool operator==(const JsonMember&) const = default;
};

inline std::size_t JsonObject::size() const {
  return members_.size();
}
inline std::vector<JsonMember>::const_iterator JsonObject::begin() const {
  return members_.begin();
}
inline std::vector<JsonMember>::const_iterator JsonObject::end() const {
  return members_.end();
}

// `null`, `a boolean`, `an integer`, ...: for messages.
std::string_view json_kind_name(Json::Kind kind);

struct JsonLimits {
  std::size_t max_bytes = 1 << 20;
  std::size_t max_depth = 64;        // arrays and objects inside one another
  std::size_t max_values = 200'000;  // of every kind, which bounds memory: 40 bytes each and more
};

// kInvalidArgument for what is no JSON, kResourceExhausted when a limit is passed.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

// One line without spaces; members in order. Doubles are the shortest text that reads back to the
// same double and always have a point or an exponent. Bytes that are not UTF-8 are written as
// U+FFFD.
std::string write_json(const Json& value);
void append_json(std::string& out, const Json& value);
// For people: two spaces a level, a line for each member; ends without a line break.
std::string write_json_pretty(const Json& value);
// One string with its quotes and escapes, for writers that build no tree.
void append_json_string(std::string& out, std::string_view text);

}  // namespace ward::codec
