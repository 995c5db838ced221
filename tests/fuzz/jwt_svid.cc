// A token and, after a line break, the JWT bundle of `example.org`. Whatever verifies is a token of
// that trust domain for the audience asked, and not after its time.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "spiffe/jwt_svid.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace spiffe = ward::spiffe;
  const std::string_view text = ward::as_text({data, size});
  const std::size_t cut = text.find('\n');
  if (cut == std::string_view::npos) return 0;
  const auto domain = spiffe::TrustDomain::parse("example.org");
  const auto bundle = spiffe::parse_jwt_bundle(*domain, text.substr(cut + 1));
  if (!bundle.ok()) return 0;
  WARD_CHECK(spiffe::parse_jwt_bundle(*domain, spiffe::print_jwt_bundle(*bundle))->keys ==
             bundle->keys);
  spiffe::JwtBundleSet bundles;
  bundles.set(*bundle);
  const ward::WallTime now{std::chrono::seconds{1'700'000'000}};
  const auto svid = spiffe::verify_jwt_svid(text.substr(0, cut), bundles, "aud", now);
  if (!svid.ok()) return 0;
  WARD_CHECK(svid->id.is_member_of(*domain) && now < svid->expiry && !svid->key_id.empty());
  return 0;
}
