// How much a policy is asked to be.
#pragma once

#include <cstdint>

namespace ward::cedar {

// Strict validation wants one type where values meet (compared, in one set, of one `if`), no empty
// set literals and literals in constructors of extension types. Permissive validation lets all that
// pass and promises the same: no error of type, attribute or arity.
enum class ValidationMode : std::uint8_t { kStrict, kPermissive };

}  // namespace ward::cedar
