// Why an expression has no value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cedar/syntax/source.h"

namespace ward::cedar {

// The kinds of SDK 4.12 under their names, but for FailedExtensionFunctionLookup (the parser
// refuses unknown functions) and NonValue (a word of partial evaluation).
enum class EvaluationErrorKind : std::uint8_t {
  kEntityDoesNotExist,
  kEntityAttrDoesNotExist,  // tags too
  kRecordAttrDoesNotExist,
  kTypeError,
  kWrongNumArguments,
  kIntegerOverflow,
  kUnlinkedSlot,
  kFailedExtensionFunctionExecution,
  kRecursionLimit,
};

// `EntityDoesNotExist`, ...
std::string_view evaluation_error_kind_name(EvaluationErrorKind kind);

struct EvaluationError {
  EvaluationErrorKind kind;
  std::string message;
  Span span;  // of the innermost expression that failed, in the policy's source
};

}  // namespace ward::cedar
