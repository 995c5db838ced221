// Who a request comes from, by a credential that is verified here, whatever a gateway says of it.
//
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "decide/question.h"
#include "spiffe/bundle.h"
#include "spiffe/x509_svid.h"

namespace ward::enforce {

inline constexpr std::size_t kEscapedChainBytesMax = std::size_t{32} << 10;

// The trust bundles in force, by the program. Called on the loop thread for each request; what it
// returns is used at once and not kept.
class TrustSource {
 public:
  virtual ~TrustSource() = default;
  virtual const spiffe::X509BundleSet& x509_bundles() const = 0;
  virtual const spiffe::JwtBundleSet& jwt_bundles() const = 0;
};

struct Principal {
  std::string id;  // SPIFFE ID
  decide::Credential credential;
};

// An X509-SVID as gateways hand it on: PEM with percent-encoding, leaf first (nginx:
// `$ssl_client_escaped_cert`, which has the leaf alone). kInvalidArgument, kResourceExhausted,
// kUnauthenticated.
struct VerifiedChain {
  Principal principal;
  spiffe::X509Svid svid;
};
Result<VerifiedChain> verify_escaped_chain(std::string_view escaped_pem, const TrustSource& trust,
                                           WallTime now);

// A JWT-SVID for `audience`. One that does not say when it was issued (`iat`) and by what name it
// can be revoked (`jti`) is refused: kUnauthenticated, and the errors of spiffe::verify_jwt_svid.
Result<Principal> principal_of_token(std::string_view token, const TrustSource& trust,
                                     std::string_view audience, WallTime now);

// The token of `Bearer <token>` (RFC 6750 2.1; the scheme in any case); empty for anything else.
std::string_view bearer_token(std::string_view authorization);

}  // namespace ward::enforce
