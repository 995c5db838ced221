// Replaces the global operators new and delete with ones that count. The aligned forms are left
// alone: nothing that is tested uses them.
#include "tests/support/allocations.h"

#include <cstdlib>
#include <new>

#if defined(__SANITIZE_THREAD__)
#define WARD_HAS_OWN_OPERATORS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WARD_HAS_OWN_OPERATORS 1
#endif
#endif
#ifndef WARD_HAS_OWN_OPERATORS
#define WARD_HAS_OWN_OPERATORS 0
#endif

namespace {

thread_local std::size_t count = 0;

[[maybe_unused]] void* counted(std::size_t size) noexcept {
  ++count;
  return std::malloc(size == 0 ? 1 : size);
}

}  // namespace

namespace ward::testing {

bool counts_allocations() {
  return WARD_HAS_OWN_OPERATORS == 0;
}

std::size_t allocations_of_this_thread() {
  return count;
}

}  // namespace ward::testing

#if !WARD_HAS_OWN_OPERATORS
void* operator new(std::size_t size) {
  if (void* made = counted(size)) return made;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) {
  return operator new(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
#endif
