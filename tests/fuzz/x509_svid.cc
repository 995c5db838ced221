// Two octets of length, a chain of that length in DER, and the rest the X.509 bundle of
// `example.org`. Whatever verifies ends in the bundle and has the one name that it is given.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "spiffe/x509_svid.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace spiffe = ward::spiffe;
  if (size < 2) return 0;
  const std::size_t chain_size = std::size_t{data[0]} * 256 + data[1];
  const ward::ByteView rest(data + 2, size - 2);
  if (chain_size > rest.size()) return 0;
  const auto domain = spiffe::TrustDomain::parse("example.org");
  const auto bundle = spiffe::parse_x509_bundle(*domain, rest.subspan(chain_size));
  spiffe::X509BundleSet bundles;
  bundles.set(bundle.ok() ? *bundle : spiffe::X509Bundle{*domain});
  const ward::WallTime now{std::chrono::seconds{1'700'000'000}};
  const auto svid = spiffe::verify_x509_svid(rest.first(chain_size), bundles, now);
  if (!svid.ok()) return 0;
  WARD_CHECK(bundle.ok() && svid->id.is_member_of(*domain) && svid->id.has_path());
  WARD_CHECK(svid->path.size() >= 2 && !svid->leaf().info().is_ca);
  WARD_CHECK(svid->leaf().info().uris == std::vector<std::string>{svid->id.text()});
  return 0;
}
