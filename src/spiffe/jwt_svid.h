// JWT-SVIDs (JWT-SVID.md; RFC 7519): signing and verifying.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "codec/json.h"
#include "crypto/key.h"
#include "spiffe/bundle.h"
#include "spiffe/id.h"

namespace ward::spiffe {

inline constexpr std::size_t kAudiencesMax = 32;
inline constexpr std::size_t kAudienceBytesMax = 2048;
// How far an issuer's clock may be ahead: `nbf` may lie that far in the future. `exp` has no such
// allowance: what is over is over by the verifier's clock, else each hop would add to its life.
inline constexpr std::chrono::seconds kNotBeforeSkew{10};

struct JwtSvid {
  SpiffeId id;
  std::vector<std::string> audience;
  WallTime expiry;
  std::optional<WallTime> issued_at;  // told, and decides nothing
  std::string key_id;
  codec::Json claims;  // all of them
};

// In this order: compact JWS with one of the nine algorithms and no `crit` (JWT-SVID 2); `typ`, if
// set, `JWT` or `JOSE`; `kid` (optional on paper, but SPIRE and go-spiffe refuse without, because
// trying every key is an invitation); `sub` a SPIFFE ID; the bundle of its own trust domain; the
// key of that id; the signature; `exp`, `nbf`; `aud`, a string or a list, holds `audience`.
//
// kInvalidArgument: malformed, over a bound, or a claim is missing. kUnauthenticated: not trusted,
// not signed so, over, not yet valid, or for another audience.
Result<JwtSvid> verify_jwt_svid(std::string_view token, const JwtBundleSet& bundles,
                                std::string_view audience, WallTime now);

struct JwtSvidTemplate {
  const SpiffeId& id;
  std::vector<std::string> audience;  // 1 to kAudiencesMax
  WallTime issued_at, expiry;         // written in whole seconds, expiry cut off downward
  std::string_view issuer = {};       // `iss`, left out when empty
  std::string_view token_id = {};     // `jti`, left out when empty
};

// `key` on P-256, P-384 or P-521 signs ES256, ES384 or ES512, an RSA key RS256. `aud` is a list
// always. kInvalidArgument: no audience, over a bound, expiry not after issued_at, an Ed25519 key.
Result<std::string> sign_jwt_svid(const JwtSvidTemplate& svid, const crypto::PrivateKey& key,
                                  std::string_view key_id);

}  // namespace ward::spiffe
