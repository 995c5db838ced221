// Text that may not read as what it is, by the Unicode security mechanisms.
//
// Source: Unicode Technical Standard 39, sections 3.1 (General Security Profile for Identifiers)
// and 5.1 (scripts of a string), with the data of ICU.
#pragma once

#include <optional>
#include <string_view>

namespace ward::codec {

// Whether one script, or the usual mixture of one language (Japanese, Korean, Chinese), can write
// all of it. Digits, punctuation and marks belong to any. False for what is no UTF-8.
bool is_single_script(std::string_view text);

// The first character that is neither printable ASCII nor allowed by the General Security Profile;
// U+FFFD for bytes that are no UTF-8.
std::optional<char32_t> first_restricted_character(std::string_view text);

}  // namespace ward::codec
