#include "server/authzen_front.h"

#include <utility>

#include "authority/authority.h"
#include "codec/hex.h"
#include "server/bootstrap.h"

namespace ward::server {

Result<void> AuthzenFront::mount(enforce::AuthzenOptions options, http::Router& router) {
  WARD_TRY(api_, enforce::AuthzenApi::make(authority_.authority().trust_domain(),
                                           std::move(options), judge_, *this));
  api_->mount(router);
  return {};
}

void AuthzenFront::check(const net::Peer& peer, std::string_view authorization, Answer answer) {
  auto caller = caller_of(peer, authorization);
  // Whatever is wrong with a credential, malformed, over a bound or expired: nobody is known by it.
  if (!caller.ok()) return answer(Error(ErrorCode::kUnauthenticated, caller.error().message()));
  decide::Question question;
  question.principal = caller->id;
  question.action = "ward.evaluate";
  question.resource = {.type = kServerResourceType,
                       .id = authority_.authority().trust_domain().name()};
  question.enforcement_point = "authzen";
  question.credential = std::move(caller->credential);
  judge_.judge(std::move(question), [answer = std::move(answer), caller = caller->id](
                                        const decide::Decision& decision) mutable {
    if (decision.allow) return answer(std::move(caller));
    answer(make_error(ErrorCode::kPermissionDenied, "the caller may not evaluate: {}",
                      decide::cause_name(decision.cause)));
  });
}

Result<enforce::Principal> AuthzenFront::caller_of(const net::Peer& peer,
                                                   std::string_view authorization) const {
  if (peer.tls && peer.tls->id && !peer.tls->chain.empty()) {
    const crypto::CertificateInfo& leaf = peer.tls->chain.front().info();
    return enforce::Principal{.id = peer.tls->id->text(),
                              .credential = {.id = "x509:" + codec::encode_hex(leaf.serial),
                                             .issued = leaf.not_before,
                                             .expires = leaf.not_after}};
  }
  const std::string_view token = enforce::bearer_token(authorization);
  if (token.empty()) {
    return make_error(ErrorCode::kUnauthenticated, "an X.509-SVID or a JWT-SVID is needed here");
  }
  return enforce::principal_of_token(
      token, *this, authority::server_id(authority_.authority().trust_domain()).text(),
      plane_.now());
}

// Put together when asked for: the keys may have rotated.
const spiffe::X509BundleSet& AuthzenFront::x509_bundles() const {
  x509_.set(authority_.authority().x509_bundle());
  return x509_;
}
const spiffe::JwtBundleSet& AuthzenFront::jwt_bundles() const {
  jwt_.set(authority_.authority().jwt_bundle());
  return jwt_;
}

}  // namespace ward::server
