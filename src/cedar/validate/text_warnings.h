// Text in a policy that reads as something else than it is.
//
// Source: the string checks of SDK 4.12: characters that change the direction of writing
// (CVE-2021-42574, "Trojan Source"), and Unicode Technical Standard 39 on scripts and identifiers.
// Warnings, never errors: a string may be in any language.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/syntax/policy.h"

namespace ward::cedar {

struct TextWarning {
  enum class Kind : std::uint8_t {
    kBidiCharsInString,      // literals and patterns
    kBidiCharsInIdentifier,  // ids of entities, names of attributes, keys of records
    kMixedScriptString,
    kMixedScriptIdentifier,
    kConfusableIdentifier,  // a character outside the General Security Profile
  };

  Kind kind;
  std::string message;
  Span span;  // in the policy's source

  bool operator==(const TextWarning&) const = default;
};

// The name in the reference: `BidiCharsInString`, ...
std::string_view text_warning_kind_name(TextWarning::Kind kind);

// Every string and identifier of scope and conditions that is suspect, with the first of the above
// that it is (direction, character, scripts), each once, in the order of the text. Comments and
// annotations are not looked at.
std::vector<TextWarning> text_warnings(const PolicyTree& policy);

}  // namespace ward::cedar
