// Text in a policy that reads as something else than it is.
//
// Source: bidi checks of SDK 4.12 (CVE-2021-42574, "Trojan Source"). Warnings, never errors: a
// string may be in a language that is written from the right.
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
  };

  Kind kind;
  std::string message;
  Span span;  // in the policy's source

  bool operator==(const TextWarning&) const = default;
};

// The name in the reference: `BidiCharsInString`, ...
std::string_view text_warning_kind_name(TextWarning::Kind kind);

// Every string and identifier of scope and conditions with a character that changes the direction
// of writing, each once, in the order of the text. Comments and annotations are not looked at.
std::vector<TextWarning> text_warnings(const PolicyTree& policy);

}  // namespace ward::cedar
