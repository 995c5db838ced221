#include "cedar/engine/set_operations.h"

#include <algorithm>

namespace ward::cedar::engine {

ValueView make_set(std::span<ValueView> elements) {
  std::ranges::sort(elements);
  const auto rest = std::ranges::unique(elements);
  return ValueView::of_elements(elements.first(elements.size() - rest.size()));
}

bool contains(const ValueView& set, const ValueView& value) {
  // PERF: few elements are told apart by their kinds and hashes, faster than by their order.
  constexpr std::size_t kScanMax = 8;
  if (set.set() != nullptr && value.is(Value::Kind::kEntity) && value.uid() != nullptr) {
    const std::span<const Value> elements = set.set()->elements();
    if (elements.size() <= kScanMax) {
      return std::ranges::any_of(elements, [&](const Value& element) {
        return element.if_entity() != nullptr && *element.if_entity() == *value.uid();
      });
    }
  }
  const std::size_t size = set.size();
  if (size > kScanMax) return set.contains(value);
  for (std::size_t i = 0; i < size; ++i) {
    if (set.element(i) == value) return true;
  }
  return false;
}

bool contains_all(const ValueView& set, const ValueView& other) {
  if (set.set() != nullptr && other.set() != nullptr) return set.set()->contains_all(*other.set());
  const std::size_t size = other.size();
  for (std::size_t i = 0; i < size; ++i) {
    if (!contains(set, other.element(i))) return false;
  }
  return true;
}

bool contains_any(const ValueView& set, const ValueView& other) {
  const ValueView& few = set.size() < other.size() ? set : other;
  const ValueView& many = set.size() < other.size() ? other : set;
  const std::size_t size = few.size();
  for (std::size_t i = 0; i < size; ++i) {
    if (contains(many, few.element(i))) return true;
  }
  return false;
}

}  // namespace ward::cedar::engine
