// Strings between UTF-8 and the solver's code points. Private to analyze/.
//
// Policies compare strings and match them against patterns, nothing else, so what they say of a
// string is the same when one of its code points is swapped for another that stands in no literal.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ward::analyze {

// Code points of valid UTF-8. kUnimplemented beyond the solver's alphabet (0x2FFFF).
Result<std::wstring> to_code_points(std::string_view utf8);

// Any string of the solver as UTF-8; different ones stay different. Surrogates, which are no
// characters, become characters that the solver does not have.
std::string to_utf8(std::wstring_view code_points);

}  // namespace ward::analyze
