// Identifiers of the Cedar language and text in quotes.
//
// Source: the Cedar policy grammar (IDENT, RESERVED, STR); paths `A::B::C` are entity type names.
#pragma once

#include <string>
#include <string_view>

namespace ward::cedar {

// `[_a-zA-Z][_a-zA-Z0-9]*`; reserved words are identifiers in this sense.
bool is_identifier(std::string_view text);

// Words that name nothing: true false if then else in is like has __cedar.
bool is_reserved_word(std::string_view text);

// `A::B::C`: identifiers, none of them reserved, joined by `::` with no space (RFC 9).
bool is_type_name(std::string_view text);

// Appends `text` as a Cedar string literal, quotes included, such that parsing it gives `text`
// again. `text` is UTF-8; control characters are escaped.
void append_quoted(std::string& out, std::string_view text);
std::string quoted(std::string_view text);

// The text between quotes as it must stand in a literal. With `star_escaped`, as part of a `like`
// pattern, where `*` is written `\*`.
void append_escaped(std::string& out, std::string_view text, bool star_escaped);

}  // namespace ward::cedar
