// Whatever SpiffeId::parse accepts is in the valid form: it takes apart and goes together again to
// the same bytes, and holds none of what SPIFFE-ID.md section 2 forbids.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "spiffe/id.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = ward::as_text({data, size});
  (void)ward::spiffe::TrustDomain::parse(text);
  const auto id = ward::spiffe::SpiffeId::parse(text);
  if (!id.ok()) return 0;
  WARD_CHECK(id->text() == text && size <= ward::spiffe::kSpiffeIdBytesMax);
  WARD_CHECK(text.find_first_of("%?#@: \\", 9) == std::string_view::npos);
  // The trust domain may be `.`, so dot segments are looked for in the path alone.
  const std::string path = std::string(id->path()) + "/";
  WARD_CHECK(path.find("//") == std::string::npos && path.find("/../") == std::string::npos &&
             path.find("/./") == std::string::npos);
  const auto domain = ward::spiffe::TrustDomain::parse(id->trust_domain_name());
  WARD_CHECK(domain.ok());
  WARD_CHECK(*ward::spiffe::SpiffeId::from_path(*domain, id->path()) == *id);
  return 0;
}
