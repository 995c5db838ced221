// Sets of views. Private to the engine.
#pragma once

#include <span>

#include "cedar/value/value_view.h"

namespace ward::cedar::engine {

// Sorts `elements` in place and drops those that are there twice; the set refers to them.
ValueView make_set(std::span<ValueView> elements);

// Both sides are sets, but for the value that one may contain.
bool contains(const ValueView& set, const ValueView& value);
bool contains_all(const ValueView& set, const ValueView& other);
bool contains_any(const ValueView& set, const ValueView& other);

}  // namespace ward::cedar::engine
