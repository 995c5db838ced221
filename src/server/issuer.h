// Credentials for registrations of a node: may it have one, and the one it gets.
//
// Pure but for the signature; loop thread. What is issued here leaves once its record is durable,
// which is the caller's to see to.
#pragma once

#include <span>
#include <string>

#include "authority/authority.h"
#include "base/result.h"
#include "evidence/record.h"
#include "server/authority_keeper.h"
#include "server/control_plane.h"

namespace ward::server {

struct IssuedX509 {
  authority::X509Credential credential;
  evidence::Issuance record;
};
struct IssuedJwt {
  authority::JwtCredential credential;
  evidence::Issuance record;
};

class Issuer {
 public:
  Issuer(const ControlPlane& plane, const AuthorityKeeper& authority)
      : plane_(plane), authority_(authority) {}

  // kPermissionDenied: no such registration of this node (whether or not of another), or its
  // identity is gone, not active or revoked. kInvalidArgument, kUnauthenticated: the key or its
  // proof. Else the authority's errors.
  Result<IssuedX509> issue_x509(std::string_view node, const std::string& registration,
                                ByteView public_key, ByteView key_proof) const;
  Result<IssuedJwt> issue_jwt(std::string_view node, const std::string& registration,
                              std::span<const std::string> audience) const;

 private:
  struct Entitled {
    const world::Registration& registration;
    const world::Identity& identity;
    WallTime not_before_min;  // the latest cut-off of a revocation that was taken back
  };
  Result<Entitled> entitled(std::string_view node, const std::string& registration) const;

  const ControlPlane& plane_;
  const AuthorityKeeper& authority_;
};

// For records: seconds since 1970.
std::int64_t to_seconds(WallTime time);

}  // namespace ward::server
