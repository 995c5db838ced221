// How often this thread took memory from the heap: for tests of what must not. The counting
// operators are in allocations.cc, which the test's executable links.
#pragma once

#include <cstddef>

namespace ward::testing {

// False under ThreadSanitizer, whose own operators these would collide with.
bool counts_allocations();
std::size_t allocations_of_this_thread();

// Counts from where it was made.
class AllocationCount {
 public:
  AllocationCount() : start_(allocations_of_this_thread()) {}
  std::size_t so_far() const { return allocations_of_this_thread() - start_; }

 private:
  std::size_t start_;
};

}  // namespace ward::testing
