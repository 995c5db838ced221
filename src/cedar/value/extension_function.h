// Functions and methods of the extension types decimal, ipaddr, datetime and duration.
//
// Source: Cedar language, extension types; cedar-policy-core/src/extensions of SDK 4.12.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "cedar/value/value.h"

namespace ward::cedar {

enum class ExtensionFunction : std::uint8_t {
  // functions: `decimal("1.5")`
  kDecimal,
  kIp,
  kDatetime,
  kDuration,
  // methods, the receiver first: `a.lessThan(b)`
  kLessThan,
  kLessThanOrEqual,
  kGreaterThan,
  kGreaterThanOrEqual,
  kIsIpv4,
  kIsIpv6,
  kIsLoopback,
  kIsMulticast,
  kIsInRange,
  kOffset,
  kDurationSince,
  kToDate,
  kToTime,
  kToMilliseconds,
  kToSeconds,
  kToMinutes,
  kToHours,
  kToDays,
};

struct ExtensionSignature {
  ExtensionFunction function;
  std::string_view name;
  bool is_method;
  std::size_t arity;  // with the receiver
};

std::span<const ExtensionSignature> extension_signatures();
const ExtensionSignature& extension_signature(ExtensionFunction function);
const ExtensionSignature* find_extension_function(std::string_view name);  // nullptr: no such name

struct ExtensionError {
  enum class Kind : std::uint8_t {
    kWrongNumArguments,
    kTypeError,
    kFailed,  // the arguments are of the right types, and there is no result
  };

  Kind kind;
  std::string message;
};

// Any number of arguments of any types. Pure; any thread.
std::variant<Value, ExtensionError> call_extension(ExtensionFunction function,
                                                   std::span<const Value> arguments);

}  // namespace ward::cedar
