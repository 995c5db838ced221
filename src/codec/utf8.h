// UTF-8 as RFC 3629 defines it: shortest form only, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ward::codec {

// The length of the longest valid prefix; text.size() when all of it is valid.
std::size_t valid_utf8_prefix(std::string_view text);

inline bool is_valid_utf8(std::string_view text) {
  return valid_utf8_prefix(text) == text.size();
}

// Appends the encoding of `code_point`, which is a scalar value (not a surrogate, <= 0x10FFFF).
void append_utf8(std::string& out, char32_t code_point);

}  // namespace ward::codec
