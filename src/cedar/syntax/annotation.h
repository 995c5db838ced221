// `@key("value")` before a policy and before everything that a schema declares.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ward::cedar {

class TokenStream;

struct Annotation {
  std::string key;
  std::optional<std::string> value;  // nothing for `@key`, which reads as ""
};

// Any number of annotations with distinct keys, in the order written. Reserved words are keys too.
Result<std::vector<Annotation>> parse_annotations(TokenStream& tokens);

// The value of `@key("value")`, "" for `@key`; nothing when there is no such annotation.
std::optional<std::string_view> find_annotation(std::span<const Annotation> annotations,
                                                std::string_view key);

// Equal in any order; no value is "".
bool same_annotations(std::span<const Annotation> a, std::span<const Annotation> b);

}  // namespace ward::cedar
