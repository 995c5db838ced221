// A JWK Set that parses prints to one that parses to the same keys with the same thumbprints.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/jose.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace crypto = ward::crypto;
  const auto set = crypto::parse_jwk_set(ward::as_text({data, size}));
  if (!set.ok()) return 0;
  for (const crypto::Jwk& jwk : set->keys) {
    const auto again = crypto::parse_jwk(crypto::print_jwk(jwk));
    WARD_CHECK(again.ok() && again->key == jwk.key && again->kid == jwk.kid);
    WARD_CHECK(again->x5c == jwk.x5c && again->use == jwk.use);
    WARD_CHECK(crypto::jwk_thumbprint(again->key) == crypto::jwk_thumbprint(jwk.key));
  }
  return 0;
}
