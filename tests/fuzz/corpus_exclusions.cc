// A file of exclusions. Each line that is read excludes the check that it names, and then all have
// been used.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "corpus/exclusions.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = ward::as_text({data, size});
  ward::corpus::Exclusions exclusions;
  if (!exclusions.add(text, "input").ok()) return 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t first = line.find('\t');
    if (line.starts_with('#') || first == std::string_view::npos) continue;
    const std::size_t second = line.find('\t', first + 1);
    if (second == std::string_view::npos) continue;  // blanks
    (void)exclusions.excludes(line.substr(0, first), line.substr(first + 1, second - first - 1));
  }
  WARD_CHECK(exclusions.unused().empty());
  return 0;
}
