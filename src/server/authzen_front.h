// AuthZEN on the server's TLS port: who may ask, and what its tokens are verified by.
//
// A caller is an X.509-SVID of mTLS, or a JWT-SVID whose audience is the server's SPIFFE ID; it
// must be permitted `ward.evaluate` on this server. Loop thread; what it is given outlives it.
#pragma once

#include <optional>
#include <string>

#include "enforce/authzen.h"
#include "enforce/principal.h"
#include "server/authority_keeper.h"
#include "server/server_judge.h"

namespace ward::server {

class AuthzenFront final : public enforce::CallerCheck, public enforce::TrustSource {
 public:
  AuthzenFront(const ControlPlane& plane, const AuthorityKeeper& authority, ServerJudge& judge)
      : plane_(plane), authority_(authority), judge_(judge) {}

  // kInvalidArgument for names or an identifier that do not hold. Once; this stays where it is.
  Result<void> mount(enforce::AuthzenOptions options, http::Router& router);

  void check(const net::Peer& peer, std::string_view authorization, Answer answer) override;
  const spiffe::X509BundleSet& x509_bundles() const override;
  const spiffe::JwtBundleSet& jwt_bundles() const override;

 private:
  Result<enforce::Principal> caller_of(const net::Peer& peer, std::string_view authorization) const;

  const ControlPlane& plane_;
  const AuthorityKeeper& authority_;
  ServerJudge& judge_;
  mutable spiffe::X509BundleSet x509_;
  mutable spiffe::JwtBundleSet jwt_;
  std::optional<enforce::AuthzenApi> api_;
};

}  // namespace ward::server
