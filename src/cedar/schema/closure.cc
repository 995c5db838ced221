#include "cedar/schema/closure.h"

#include <algorithm>

namespace ward::cedar {

Result<Adjacency> ancestors_of(const Adjacency& parents) {
  Adjacency out(parents.size());
  std::vector<std::uint32_t> seen_for(parents.size(), 0);  // number of the start, plus one
  std::size_t steps = 0;
  for (std::uint32_t start = 0; start < parents.size(); ++start) {
    std::vector<std::uint32_t>& found = out[start];
    // Breadth first; `found` is the queue as well.
    const auto take = [&](std::uint32_t of) {
      for (const std::uint32_t parent : parents[of]) {
        ++steps;
        if (seen_for[parent] == start + 1) continue;
        seen_for[parent] = start + 1;
        found.push_back(parent);
      }
    };
    take(start);
    for (std::size_t i = 0; i < found.size() && steps <= kClosureStepsMax; ++i) take(found[i]);
    if (steps > kClosureStepsMax) {
      return Error(ErrorCode::kResourceExhausted,
                   "the hierarchy of the schema is too deep or too wide");
    }
    std::ranges::sort(found);
  }
  return out;
}

Adjacency inverse_of(const Adjacency& lists) {
  Adjacency out(lists.size());
  for (std::uint32_t i = 0; i < lists.size(); ++i) {
    for (const std::uint32_t each : lists[i]) out[each].push_back(i);
  }
  return out;
}

}  // namespace ward::cedar
