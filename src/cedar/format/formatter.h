// Policy text in one style, for people: what belongs together is on a line while it fits.
//
//   @id("records.read")
//   permit (
//     principal is Workload,
//     action == Action::"read",
//     resource
//   )
//   when { principal.tier == "web" && context.mfa };
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cedar/syntax/parser.h"

namespace ward::cedar {

// What people read; layout takes some hundred times the bytes of the text.
inline constexpr std::size_t kFormatBytesMax = 4u << 20;
// Indents can make much of little: what is written is bounded too.
inline constexpr std::size_t kFormattedBytesMax = 64u << 20;

struct FormatOptions {
  std::size_t line_width = 80;  // characters; what cannot be divided may be longer
  std::size_t indent_width = 2;
};

// The same tokens and comments in the same order: nothing but space and line breaks changes, and
// formatting again changes nothing. A blank line stands between policies; those around comments
// outside of policies are kept, one for any number. Errors are those of parse_policy_trees;
// kResourceExhausted beyond kFormatBytesMax and kFormattedBytesMax.
Result<std::string> format_policies(std::string_view text, std::string source_name = {},
                                    const FormatOptions& options = {});

}  // namespace ward::cedar
