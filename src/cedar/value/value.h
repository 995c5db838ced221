// Cedar values: booleans, longs, strings, entities, sets, records and the extension types.
//
// Values are immutable and cheap to copy (at most one reference count); any thread may use them.
// Equality and order are total over all values, whatever their types: a set may hold anything, and
// `==` never fails. Strings are UTF-8, which who makes them answers for.
//
//   Record context({{"now", Datetime::of(clock.now())}, {"mfa", true}});
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cedar/value/datetime.h"
#include "cedar/value/decimal.h"
#include "cedar/value/entity_uid.h"
#include "cedar/value/ip_address.h"

namespace ward::cedar {

class Value;
struct Field;

// Sets and records inside one another; what goes deeper is refused where it would be made from
// input (entities JSON, evaluation) and is a bug where the program makes it.
inline constexpr std::size_t kValueDepthMax = 256;

// Distinct values, in the order of Value.
class Set {
 public:
  Set() = default;                            // empty
  explicit Set(std::vector<Value> elements);  // in any order, duplicates are dropped
  Set(std::initializer_list<Value> elements);

  std::span<const Value> elements() const;
  std::size_t size() const;
  bool empty() const { return node_ == nullptr; }
  bool contains(const Value& value) const;
  bool contains_all(const Set& other) const;
  bool contains_any(const Set& other) const;
  std::size_t depth() const;  // 1 for a flat set

  bool operator==(const Set& other) const;
  std::strong_ordering operator<=>(const Set& other) const;

 private:
  struct Node;
  std::shared_ptr<const Node> node_;  // INVARIANT: null exactly when empty
};

// Values by name, in the order of the names (bytewise).
class Record {
 public:
  Record() = default;                          // empty
  explicit Record(std::vector<Field> fields);  // of fields with one name, the last holds
  Record(std::initializer_list<Field> fields);

  std::span<const Field> fields() const;
  std::size_t size() const;
  bool empty() const { return node_ == nullptr; }
  const Value* find(std::string_view name) const;  // nullptr when absent; valid as long as this
  std::size_t depth() const;                       // 1 for a flat record

  // A record with one field more or another value in it.
  Record with(std::string name, Value value) const;

  bool operator==(const Record& other) const;
  std::strong_ordering operator<=>(const Record& other) const;

 private:
  struct Node;
  std::shared_ptr<const Node> node_;  // INVARIANT: null exactly when empty
};

class Value {
 public:
  enum class Kind : std::uint8_t {
    kBool,
    kLong,
    kString,
    kEntity,
    kSet,
    kRecord,
    kDecimal,
    kIp,
    kDatetime,
    kDuration,
  };

  template <std::same_as<bool> T>
  Value(T value) : data_(value) {}
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char> &&
             (std::signed_integral<T> || sizeof(T) < sizeof(std::int64_t)))
  Value(T value) : data_(static_cast<std::int64_t>(value)) {}
  Value(std::string value) : data_(std::make_shared<const std::string>(std::move(value))) {}
  Value(std::string_view value) : Value(std::string(value)) {}
  Value(const char* value) : Value(std::string(value)) {}
  Value(EntityUid value) : data_(std::move(value)) {}
  Value(Set value) : data_(std::move(value)) {}
  Value(Record value) : data_(std::move(value)) {}
  Value(Decimal value) : data_(value) {}
  Value(const IpAddress& value) : data_(std::make_shared<const IpAddress>(value)) {}
  Value(Datetime value) : data_(value) {}
  Value(Duration value) : data_(value) {}

  Kind kind() const { return static_cast<Kind>(data_.index()); }

  // nullptr when the value is of another kind.
  const bool* if_bool() const { return std::get_if<bool>(&data_); }
  const std::int64_t* if_long() const { return std::get_if<std::int64_t>(&data_); }
  const std::string* if_string() const {
    const String* string = std::get_if<String>(&data_);
    return string == nullptr ? nullptr : string->get();
  }
  const EntityUid* if_entity() const { return std::get_if<EntityUid>(&data_); }
  const Set* if_set() const { return std::get_if<Set>(&data_); }
  const Record* if_record() const { return std::get_if<Record>(&data_); }
  const Decimal* if_decimal() const { return std::get_if<Decimal>(&data_); }
  const IpAddress* if_ip() const {
    const Ip* ip = std::get_if<Ip>(&data_);
    return ip == nullptr ? nullptr : ip->get();
  }
  const Datetime* if_datetime() const { return std::get_if<Datetime>(&data_); }
  const Duration* if_duration() const { return std::get_if<Duration>(&data_); }

  std::size_t depth() const;  // 0 for what is neither set nor record

  bool operator==(const Value& other) const;
  std::strong_ordering operator<=>(const Value& other) const;

 private:
  using String = std::shared_ptr<const std::string>;
  using Ip = std::shared_ptr<const IpAddress>;

  // INVARIANT: the alternatives stand in the order of Kind; the pointers are never null.
  std::variant<bool, std::int64_t, String, EntityUid, Set, Record, Decimal, Ip, Datetime, Duration>
      data_;
};

struct Field {
  std::string name;
  Value value;

  bool operator==(const Field&) const = default;
  std::strong_ordering operator<=>(const Field&) const = default;
};

// `long`, `string`, `set`, `entity`, `ipaddr`, ...: for messages.
std::string_view value_kind_name(Value::Kind kind);

// The depth of a set or record of these parts.
std::size_t depth_of(std::span<const Value> elements);
std::size_t depth_of(std::span<const Field> fields);

// The value as a Cedar expression: `{"a": [1, ip("10.0.0.1")]}`. Parsing and evaluating it gives an
// equal value.
std::string to_text(const Value& value);
void append_text(std::string& out, const Value& value);

}  // namespace ward::cedar
