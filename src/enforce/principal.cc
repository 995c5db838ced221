#include "enforce/principal.h"

#include <utility>
#include <vector>

#include "codec/hex.h"
#include "crypto/x509.h"
#include "enforce/percent.h"
#include "http/message.h"
#include "spiffe/jwt_svid.h"

namespace ward::enforce {

Result<VerifiedChain> verify_escaped_chain(std::string_view escaped_pem, const TrustSource& trust,
                                           WallTime now) {
  if (escaped_pem.size() > kEscapedChainBytesMax) {
    return make_error(ErrorCode::kResourceExhausted,
                      "client certificate: expected at most {} bytes, got {}",
                      kEscapedChainBytesMax, escaped_pem.size());
  }
  WARD_TRY(const std::string pem, decode_percent(escaped_pem).in("client certificate"));
  WARD_TRY(
      const std::vector<crypto::Certificate> chain,
      crypto::parse_certificates_pem(pem, 1 + crypto::kIntermediatesMax).in("client certificate"));
  WARD_TRY(spiffe::X509Svid svid,
           spiffe::verify_x509_svid(chain, trust.x509_bundles(), now).in("client certificate"));
  const crypto::CertificateInfo& info = svid.leaf().info();
  Principal principal{.id = svid.id.text(),
                      .credential = {.id = "x509:" + codec::encode_hex(info.serial),
                                     .issued = info.not_before,
                                     .expires = info.not_after}};
  return VerifiedChain{.principal = std::move(principal), .svid = std::move(svid)};
}

Result<Principal> principal_of_token(std::string_view token, const TrustSource& trust,
                                     std::string_view audience, WallTime now) {
  WARD_TRY(const spiffe::JwtSvid svid,
           spiffe::verify_jwt_svid(token, trust.jwt_bundles(), audience, now).in("token"));
  const codec::Json* id = svid.claims.find("jti");
  const std::string* token_id = id == nullptr ? nullptr : id->if_string();
  if (!svid.issued_at || token_id == nullptr || token_id->empty()) {
    return make_error(ErrorCode::kUnauthenticated, "token: expected the claims `iat` and `jti`");
  }
  return Principal{
      .id = svid.id.text(),
      .credential = {.id = "jwt:" + *token_id, .issued = *svid.issued_at, .expires = svid.expiry}};
}

std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size() ||
      !http::equals_ignoring_case(authorization.substr(0, kScheme.size()), kScheme)) {
    return {};
  }
  std::string_view token = authorization.substr(kScheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  return token;
}

}  // namespace ward::enforce
