// WARD_CHECK states what only a bug of ours can break. It is on in every build and ends the
// process; it is never used on input, which gets an Error.
#pragma once

namespace ward::internal {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
}  // namespace ward::internal

#define WARD_CHECK(condition)                                         \
  do {                                                                \
    if (!(condition)) [[unlikely]]                                    \
      ::ward::internal::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)

// For the end of a switch that names every enumerator.
#define WARD_UNREACHABLE() ::ward::internal::check_failed("unreachable", __FILE__, __LINE__)
