// Transitive closure of a hierarchy of numbered things. Private to schema/.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"

namespace ward::cedar {

using Adjacency = std::vector<std::vector<std::uint32_t>>;

// Steps over parents, which bounds time and memory.
inline constexpr std::size_t kClosureStepsMax = 10'000'000;

// For each its ancestors, ascending and distinct; one that is on a cycle is its own.
// kResourceExhausted when it takes more than kClosureStepsMax steps.
Result<Adjacency> ancestors_of(const Adjacency& parents);

// For each those that have it in their list; ascending.
Adjacency inverse_of(const Adjacency& lists);

}  // namespace ward::cedar
