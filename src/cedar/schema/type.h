// Types of a resolved schema: every name looked up, every common type put in.
//
// Types are interned in the table of their schema: equal types are one object, so `==` of pointers
// is equality of types. They live as long as the table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cedar/value/entity_uid.h"

namespace ward::cedar {

enum class ExtensionType : std::uint8_t { kDecimal, kIpaddr, kDatetime, kDuration };

std::string_view extension_type_name(ExtensionType type);  // `decimal`, `ipaddr`, ...
std::optional<ExtensionType> find_extension_type(std::string_view name);

struct Type;

struct AttributeType {
  std::string name;
  const Type* type;  // never null
  bool is_required = true;
};

struct Type {
  enum class Kind : std::uint8_t { kBool, kLong, kString, kExtension, kEntity, kSet, kRecord };

  Kind kind = Kind::kBool;
  ExtensionType extension = ExtensionType::kDecimal;  // of kExtension
  std::optional<EntityType> entity = {};              // of kEntity
  const Type* element = nullptr;                      // of kSet
  std::vector<AttributeType> attributes = {};         // of kRecord: ascending by name, distinct
  std::size_t depth = 0;                              // sets and records inside one another
  std::uint32_t id = 0;                               // dense in its table

  const AttributeType* find(std::string_view name) const;  // nullptr when there is none
};

// `Set<{age?: Long, owner: NS::User}>`: for messages.
std::string to_text(const Type& type);

class TypeTable {
 public:
  TypeTable() = default;
  TypeTable(TypeTable&&) = default;
  TypeTable& operator=(TypeTable&&) = default;

  const Type* boolean();
  const Type* long_integer();
  const Type* string();
  const Type* extension(ExtensionType type);
  const Type* entity(const EntityType& type);
  const Type* set(const Type* element);
  const Type* record(std::vector<AttributeType> attributes);  // distinct names in any order

  std::size_t size() const { return types_.size(); }

 private:
  const Type* intern(std::string key, Type type);

  std::deque<Type> types_;  // addresses stay
  std::unordered_map<std::string, const Type*> by_key_;
};

}  // namespace ward::cedar
