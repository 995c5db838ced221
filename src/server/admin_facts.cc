#include "server/admin_facts.h"

#include "authority/authority.h"
#include "ward/fact/v1/fact.pb.h"

namespace ward::server {
namespace {

Result<spiffe::SpiffeId> own_id(const world::Text& text, const spiffe::TrustDomain& trust_domain) {
  WARD_TRY(spiffe::SpiffeId id, spiffe::SpiffeId::parse(text.view()));
  if (id.is_member_of(trust_domain)) return id;
  return invalid_argument("`{}` is not of the trust domain `{}`", id.text(), trust_domain.name());
}

Error has_its_own_call(const world::FactBody& body, std::string_view call) {
  return make_error(ErrorCode::kPermissionDenied, "a fact `{}` is not submitted: use {}",
                    world::body_name(body), call);
}

struct Check {
  const world::FactBody& fact_body;
  const spiffe::TrustDomain& trust_domain;

  Result<void> operator()(const world::IdentityPut& body) const {
    WARD_TRY(const auto id, own_id(body.identity.id, trust_domain));
    return {};
  }
  Result<void> operator()(const world::RegistrationPut& body) const {
    WARD_TRY(const auto id, own_id(body.registration.spiffe_id, trust_domain));
    if (!authority::is_reserved_path(id.path())) return {};
    return make_error(ErrorCode::kPermissionDenied,
                      "`{}` is a name that Ward keeps for itself: no workload may have it",
                      id.text());
  }
  Result<void> operator()(const world::NodePut&) const {
    return has_its_own_call(fact_body, "node attestation");
  }
  Result<void> operator()(const world::JoinTokenCreated&) const {
    return has_its_own_call(fact_body, "CreateJoinToken");
  }
  Result<void> operator()(const world::JoinTokenConsumed&) const {
    return has_its_own_call(fact_body, "node attestation");
  }
  Result<void> operator()(const world::PolicySetPublished&) const {
    return has_its_own_call(fact_body, "PublishPolicies");
  }
  Result<void> operator()(const world::Revoked&) const {
    return has_its_own_call(fact_body, "Revoke");
  }
  Result<void> operator()(const world::KeySlotPut&) const {
    return has_its_own_call(fact_body, "RotateAuthority");
  }
  Result<void> operator()(const world::KeySlotRemoved&) const {
    return has_its_own_call(fact_body, "RotateAuthority");
  }
  Result<void> operator()(const auto&) const { return {}; }
};

}  // namespace

Result<world::Fact> read_submitted(const ward::fact::v1::Fact& from,
                                   const spiffe::TrustDomain& trust_domain, WallTime now,
                                   const std::string& actor) {
  ward::fact::v1::Fact stamped = from;
  stamped.set_format(world::kFactFormat);
  stamped.set_time_us(now.time_since_epoch().count());
  stamped.set_actor(actor);
  WARD_TRY(world::Fact fact, world::decode_fact(as_bytes(stamped.SerializeAsString())));
  WARD_RETURN_IF_ERROR(std::visit(Check{fact.body, trust_domain}, fact.body));
  return fact;
}

}  // namespace ward::server
