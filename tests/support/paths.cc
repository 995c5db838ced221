#include "tests/support/paths.h"

#include <cstdlib>

namespace ward::testing {

std::filesystem::path source_dir() {
  return WARD_SOURCE_DIR;
}

std::filesystem::path binary_dir() {
  return WARD_BINARY_DIR;
}

std::filesystem::path conformance_dir() {
  if (const char* dir = std::getenv("WARD_CONFORMANCE_DIR")) return dir;
  return source_dir().parent_path() / "shared" / "conformance";
}

}  // namespace ward::testing
