// What validation finds wrong with a policy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cedar/syntax/source.h"

namespace ward::cedar {

struct ValidationError {
  enum class Kind : std::uint8_t {
    kUnrecognizedEntityType,
    kUnrecognizedActionId,
    kInvalidActionApplication,
    kUnexpectedType,
    kIncompatibleTypes,
    kUnsafeAttributeAccess,
    kUnsafeOptionalAttributeAccess,
    kUnsafeTagAccess,
    kNoTagsAllowed,
    kWrongNumberArguments,
    kFunctionArgumentValidation,
    kEmptySetForbidden,
    kNonLitExtConstructor,
    kInvalidEnumEntity,
    kEntityDerefLevelViolation,
  };

  Kind kind;
  std::string message;  // as those of Error
  Span span;            // in the policy's source

  bool operator==(const ValidationError&) const = default;
};

// The name in the reference: `UnexpectedType`, ...
std::string_view validation_error_kind_name(ValidationError::Kind kind);

}  // namespace ward::cedar
