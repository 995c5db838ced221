// Keeps what the server signs and shows: the authority of the newest key slots, the server's own
// SVID for TLS, and the steps of rotation when they are due.
//
// Loop thread. Everything it is given outlives it.
#pragma once

#include <memory>

#include "authority/authority.h"
#include "authority/key_maker.h"
#include "base/log.h"
#include "net/tls/material.h"
#include "server/control_plane.h"

namespace ward::server {

class AuthorityKeeper {
 public:
  // The plane has an active key of each kind (bootstrap.h).
  static Result<std::unique_ptr<AuthorityKeeper>> open(ControlPlane& plane, net::Loop& loop,
                                                       const authority::KeySealer& sealer,
                                                       authority::KeyMaker maker,
                                                       authority::AuthorityOptions options,
                                                       Random& random, Log log);
  AuthorityKeeper(const AuthorityKeeper&) = delete;
  AuthorityKeeper& operator=(const AuthorityKeeper&) = delete;

  const authority::Authority& authority() const { return *authority_; }
  const net::TlsMaterialSource& tls() const { return *tls_; }
  const authority::KeyMaker& maker() const { return maker_; }

  // The facts of the bundle as DER, one an authority.
  std::vector<Bytes> trust_bundle_der() const;

 private:
  AuthorityKeeper(ControlPlane& plane, net::Loop& loop, const authority::KeySealer& sealer,
                  authority::KeyMaker maker, authority::AuthorityOptions options, Random& random,
                  crypto::PrivateKey key, Log log);
  Result<void> renew_authority();
  Result<void> renew_server_svid();
  void on_facts(std::span<const RevisedFact> facts);
  void tick();
  void take_due_steps();

  ControlPlane& plane_;
  net::Loop& loop_;
  const authority::KeySealer& sealer_;
  authority::KeyMaker maker_;
  authority::AuthorityOptions options_;
  Random& random_;
  Log log_;
  crypto::PrivateKey key_;  // of the server's TLS; lives in memory only
  std::shared_ptr<const authority::Authority> authority_;
  std::unique_ptr<net::TlsMaterialSource> tls_;
  WallTime renew_svid_at_{};
  WallTime next_due_{};
  bool is_rotating_ = false;  // a step is on its way to the journal
  net::Timer timer_;
};

}  // namespace ward::server
