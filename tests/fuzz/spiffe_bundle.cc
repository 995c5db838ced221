// A SPIFFE bundle that parses prints to one that parses to the same.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "spiffe/bundle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace spiffe = ward::spiffe;
  const auto domain = spiffe::TrustDomain::parse("example.org");
  const auto bundle = spiffe::parse_spiffe_bundle(*domain, ward::as_text({data, size}));
  if (!bundle.ok()) return 0;
  const auto again = spiffe::parse_spiffe_bundle(*domain, spiffe::print_spiffe_bundle(*bundle));
  WARD_CHECK(again.ok() && again->x509.authorities == bundle->x509.authorities);
  WARD_CHECK(again->jwt.keys == bundle->jwt.keys && again->sequence == bundle->sequence);
  WARD_CHECK(again->refresh_hint == bundle->refresh_hint);
  return 0;
}
