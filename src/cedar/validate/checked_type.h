// Types of expressions: those of schemas, and with them what the checker knows more exactly.
// Private to validate/.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "cedar/schema/type.h"
#include "cedar/validate/validation_mode.h"

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
    // In permissive validation alone:
    kAnyEntity,  // of whatever type, an action perhaps
    kNever,      // no value has it: the elements of `[]`
  };

  Kind kind = Kind::kBool;
  ExtensionType extension = ExtensionType::kDecimal;  // of kExtension
  // Of kEntity, actions too: ascending, distinct; one of them, and only in permissive validation
  // several.
  std::vector<EntityType> entities = {};
  CheckedTypePtr element = {};                    // of kSet
  std::vector<CheckedAttribute> attributes = {};  // of kRecord, ascending by name
  bool is_open = false;                           // of kRecord: it may have others

  bool is_bool() const { return kind <= Kind::kBool; }
  bool is_entity() const { return kind == Kind::kEntity || kind == Kind::kAnyEntity; }
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

// The one type that values of both have; null when there is none.
CheckedTypePtr least_upper_bound(const CheckedTypePtr& a, const CheckedTypePtr& b,
                                 ValidationMode mode);

// Types of a schema as types of expressions, each made once.
class CheckedTypes {
 public:
  CheckedTypePtr of(const Type& type);

 private:
  std::unordered_map<const Type*, CheckedTypePtr> made_;
};

}  // namespace ward::cedar
