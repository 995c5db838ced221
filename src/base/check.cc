#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace ward::internal {

void check_failed(const char* expression, const char* file, int line) {
  (void)std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, expression);
  std::abort();
}

}  // namespace ward::internal
