// Extension functions on views. Private to the engine; call_extension (value/) is what they agree
// with and what has the messages.
#pragma once

#include <span>

#include "cedar/engine/arena.h"
#include "cedar/value/extension_function.h"
#include "cedar/value/value_view.h"

namespace ward::cedar::engine {

// Whether there is a result; `out` may borrow from `arena`.
bool call(ExtensionFunction function, std::span<const ValueView> arguments, Arena& arena,
          ValueView& out);

}  // namespace ward::cedar::engine
