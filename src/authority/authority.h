// The authority: signs X.509- and JWT-SVIDs with the active keys of the world.
//
// An Authority is an immutable snapshot: any thread may sign with it. It is made anew whenever a
// key slot changes (cheap: two keys are unsealed) and published like any other snapshot, so
// rotation needs no restart and no lock.
//
// What goes into a credential comes from the registration, the identity and the options. Nothing
// but the public key comes from a request, and that only after verify_key_proof (key_proof.h).
// Whether the identity may have a credential now (its status, revocations, the node's right to it)
// is decided by the caller before.
//
// Sources: X509-SVID.md 2-4, JWT-SVID.md 2-3; standards of form as crypto/x509_template.h and
// spiffe/jwt_svid.h say.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "authority/key_sealer.h"
#include "authority/key_slots.h"
#include "authority/trust_bundle.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/key.h"
#include "spiffe/id.h"
#include "world/entities.h"

namespace ward::authority {

struct AuthorityOptions {
  spiffe::TrustDomain trust_domain;
  // For who asks for no lifetime of its own, and the most that anybody gets. Credentials end with
  // the key that signed them at the latest.
  std::chrono::seconds x509_ttl{std::chrono::hours{1}};
  std::chrono::seconds x509_ttl_max{std::chrono::hours{24}};
  std::chrono::seconds jwt_ttl{std::chrono::minutes{5}};
  std::chrono::seconds jwt_ttl_max{std::chrono::hours{1}};
  std::string jwt_issuer = {};  // `iss` of JWT-SVIDs; none when empty
  // In the server's own SVID, for clients that look for a host's name there.
  std::vector<std::string> server_dns_names = {};
};

// Who a credential is for.
struct Subject {
  spiffe::SpiffeId id;
  std::vector<std::string> dns_names = {};  // X.509 only; the first is the common name too
  std::chrono::seconds ttl{0};              // 0: the default
  WallTime not_before_min{};                // what is issued says that it holds from then at least
};

struct X509Credential {
  std::vector<Bytes> chain;  // DER, leaf first, without the CA of the bundle
  std::string serial;        // lower-case hex; world::Revocation names it `x509:<serial>`
  WallTime not_before, not_after;
};

struct JwtCredential {
  std::string token;     // compact JWS
  std::string token_id;  // `jti`; world::Revocation names it `jwt:<jti>`
  WallTime issued_at, expiry;
};

// Paths that Ward keeps for itself: `/ward` and all below it. No registration has one, so no
// workload can come to be taken for a server or an agent.
bool is_reserved_path(std::string_view path);

// `spiffe://TD/ward/server`
spiffe::SpiffeId server_id(const spiffe::TrustDomain& trust_domain);

// The subject of a registration's X.509- or JWT-SVID. The lifetime is the shortest that
// registration and identity name, and within the age that the identity allows. `identity` may be
// null. kInvalidArgument: its SPIFFE ID is malformed.
Result<Subject> x509_subject(const world::Registration& registration,
                             const world::Identity* identity);
Result<Subject> jwt_subject(const world::Registration& registration,
                            const world::Identity* identity);

class Authority {
 public:
  // `random` must be a real generator and outlive the authority. A kind without an active key is no
  // error: it cannot be issued until there is one.
  //
  // kInvalidArgument: options out of bounds. kDataLoss: a slot is damaged. Else the sealer's
  // errors.
  static Result<std::shared_ptr<const Authority>> make(const KeySlots& slots,
                                                       const KeySealer& sealer,
                                                       AuthorityOptions options, Random& random);

  // For a workload. kPermissionDenied: a reserved path, or not of this trust domain.
  // kInvalidArgument: no path, a DNS name out of bounds, a ttl below zero, or a key that is not
  // P-256. kUnavailable: no active key, or it is expired.
  Result<X509Credential> issue_x509_svid(const Subject& subject, const crypto::PublicKey& key,
                                         WallTime now) const;
  // For a node, whose id is below `/ward/agent/`, and for the server itself.
  Result<X509Credential> issue_agent_svid(const spiffe::SpiffeId& id, const crypto::PublicKey& key,
                                          WallTime now) const;
  Result<X509Credential> issue_server_svid(const crypto::PublicKey& key, WallTime now) const;
  // That `key`, Ed25519, is the one of the evidence log of a node: a signing certificate, no SVID.
  Result<X509Credential> certify_log_key(const spiffe::SpiffeId& id, const crypto::PublicKey& key,
                                         WallTime now) const;

  // `audience`: 1 to spiffe::kAudiencesMax texts, none empty. Errors as above.
  Result<JwtCredential> issue_jwt_svid(const Subject& subject,
                                       std::span<const std::string> audience, WallTime now) const;

  const spiffe::TrustDomain& trust_domain() const { return options_.trust_domain; }
  const spiffe::X509Bundle& x509_bundle() const { return bundle_.x509; }
  const spiffe::JwtBundle& jwt_bundle() const { return bundle_.jwt; }

  ~Authority();

 private:
  struct Signers;
  Authority(AuthorityOptions options, TrustBundle bundle, std::unique_ptr<const Signers> signers,
            Random& random);
  Result<void> check_subject(const Subject& subject) const;
  Result<void> check_agent(const spiffe::SpiffeId& id) const;
  static Result<WallTime> earliest(const Subject& subject, WallTime now);
  Result<X509Credential> sign_x509(const Subject& subject, const crypto::PublicKey& key,
                                   WallTime now) const;

  AuthorityOptions options_;
  TrustBundle bundle_;
  std::unique_ptr<const Signers> signers_;
  Random& random_;
};

}  // namespace ward::authority
