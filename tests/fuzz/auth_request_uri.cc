// A request URI. A path that is taken has one reading: no segment holds a separator or a dot
// segment, and encoding the segments anew in the shortest way and reading that gives them back.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "enforce/request_path.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace enforce = ward::enforce;
  const auto path = enforce::read_request_path(ward::as_text({data, size}));
  if (!path.ok()) return 0;
  std::string again;
  for (std::size_t i = 0; i < path->segments.size(); ++i) {
    const std::string& segment = path->segments[i];
    WARD_CHECK(segment != "." && segment != "..");
    WARD_CHECK(!segment.empty() || i + 1 == path->segments.size());
    again.push_back('/');
    for (const char c : segment) {
      WARD_CHECK(c != '/' && c != '\\' && c != '%' && c != ';' && c != '\0');
      const bool is_plain =
          std::string_view("!$&'()*+,=:@-._~").find(c) != std::string_view::npos ||
          (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (is_plain) {
        again.push_back(c);
      } else {
        again += fmt::format("%{:02X}", static_cast<unsigned char>(c));
      }
    }
  }
  if (again.size() > enforce::kRequestUriBytesMax) return 0;
  const auto reread = enforce::read_request_path(again);
  WARD_CHECK(reread.ok() && reread->segments == path->segments);
  return 0;
}
