// Types of expressions: those of schemas, and with them what the checker knows more exactly.
// Private to validate/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cedar/schema/type.h"

namespace ward::cedar {

struct CheckedType;
using CheckedTypePtr = std::shared_ptr<const CheckedType>;  // null: no type was found

struct CheckedAttribute {
  std::string name;
  CheckedTypePtr type;  // never null
  bool is_required = true;
};

struct CheckedType {
  enum class Kind : std::uint8_t {
    kTrue,   // a boolean that is always true
    kFalse,  // always false
    kBool,
    kLong,
    kString,
    kExtension,
    kEntity,
    kSet,
    kRecord,
  };

  Kind kind = Kind::kBool;
  ExtensionType extension = ExtensionType::kDecimal;  // of kExtension
  std::optional<EntityType> entity = {};              // of kEntity; actions too
  CheckedTypePtr element = {};                        // of kSet
  std::vector<CheckedAttribute> attributes = {};      // of kRecord, ascending by name

  bool is_bool() const { return kind <= Kind::kBool; }
  const CheckedAttribute* find(std::string_view name) const;  // nullptr when there is none
};

CheckedTypePtr checked(CheckedType::Kind kind);
CheckedTypePtr checked_bool(bool value);  // kTrue or kFalse
CheckedTypePtr checked_extension(ExtensionType type);
CheckedTypePtr checked_entity(const EntityType& type);
CheckedTypePtr checked_set(CheckedTypePtr element);
CheckedTypePtr checked_record(std::vector<CheckedAttribute> attributes);

// Types of actions are told by their name.
inline bool is_action(const EntityType& type) {
  return type.basename() == "Action";
}

// As in a schema; kTrue and kFalse are `Bool`.
std::string to_text(const CheckedType& type);

// The one type that values of both have, in strict validation; null when there is none.
CheckedTypePtr least_upper_bound(const CheckedTypePtr& a, const CheckedTypePtr& b);

// Types of a schema as types of expressions, each made once.
class CheckedTypes {
 public:
  CheckedTypePtr of(const Type& type);

 private:
  std::unordered_map<const Type*, CheckedTypePtr> made_;
};

}  // namespace ward::cedar
