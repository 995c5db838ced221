// The path of a request, read in the one way that everybody behind us reads it, or not at all.
//
// A gateway, its upstream and a decision point that each normalise a path in their own way disagree
// about what is asked for, and the difference is a way around the policy. So a path is taken only
// if it is in normal form already (RFC 3986 6.2.2): decoding is then all that normalising does.
// Refused are
//   - `.` and `..` segments and empty ones (`//`), but for a slash at the end
//   - `\`, `;` and `#`, bytes that are not printable ASCII, and what RFC 3986 3.3 does not allow
//   - `%` encodings of letters, digits, `-`, `.`, `_`, `~` (needless), of `/`, `\`, `;`, `?`, `#`,
//     `%` (read twice, they mean something else), and of control bytes
//   - a path that is not UTF-8 once decoded
//
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ward::enforce {

inline constexpr std::size_t kRequestUriBytesMax = 8 * 1024;
inline constexpr std::size_t kPathSegmentsMax = 128;

struct RequestPath {
  std::vector<std::string> segments;  // decoded; `/a/` is `a` and an empty one, `/` an empty one
  std::string query;                  // after `?`, not decoded

  std::string text() const;  // `/a/b`, decoded
};

// An origin-form target (RFC 9112 3.2.1), as nginx has it in `$request_uri`. kInvalidArgument.
Result<RequestPath> read_request_path(std::string_view uri);

}  // namespace ward::enforce
