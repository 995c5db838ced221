// The escapes of Cedar's string literals: \" \\ \' \n \r \t \0, \xHH up to 7F, \u{1 to 6 hex}.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ward::cedar {

// `body` is what stands between the quotes, valid UTF-8. Errors are kInvalidArgument and name the
// escape; the offset of the fault in `body` goes to `*fault` when it is given.
Result<std::string> unescape_string(std::string_view body, std::size_t* fault = nullptr);

// The pieces of a `like` pattern between its wildcards: `a*b` gives {"a", "b"}. `\*` is a star.
// As in the reference implementation, a star spelled by \x2a or \u{2a} is a wildcard.
Result<std::vector<std::string>> unescape_pattern(std::string_view body,
                                                  std::size_t* fault = nullptr);

// Whether `body` holds a quote that no backslash escapes.
bool has_bare_quote(std::string_view body);

}  // namespace ward::cedar
