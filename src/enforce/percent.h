// Percent-encoding (RFC 3986 2.1). Private to the room.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ward::enforce {

// `+` stands for itself. kInvalidArgument for a `%` without two hex digits after it.
Result<std::string> decode_percent(std::string_view text);

}  // namespace ward::enforce
