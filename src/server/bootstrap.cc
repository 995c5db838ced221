#include "server/bootstrap.h"

#include "authority/authority.h"
#include "decide/shipped.h"
#include "server/control_plane.h"

namespace ward::server {
namespace {

// A start takes at most two steps a kind of key (prepare, activate) and one removal an old slot.
constexpr int kKeyStepsMax = 4 + 2 * static_cast<int>(authority::kKeySlotsMax);

world::Identity service_account(std::string id) {
  world::Identity identity;
  identity.id = id;
  identity.identity_class = world::IdentityClass::kServiceAccount;
  identity.owner = kOperatorsOwner;
  return identity;
}

world::PolicySet first_policies() {
  world::PolicySet set;
  set.name = kPolicySetInForce;
  set.version = 1;
  set.files = {{.name = "default.cedar", .text = std::string(decide::shipped_default_policies())}};
  set.sha256 = world::policy_set_digest(set.files, set.schema);
  return set;
}

std::vector<world::FactBody> first_facts(const spiffe::TrustDomain& trust_domain) {
  world::Owner owner;
  owner.id = kOperatorsOwner;
  owner.kind = world::OwnerKind::kTeam;
  world::Resource server;
  server.type = kServerResourceType;
  server.id = trust_domain.name();
  server.owner = kOperatorsOwner;
  return {world::OwnerPut{owner}, world::IdentityPut{service_account(operator_id(trust_domain))},
          world::IdentityPut{service_account(authority::server_id(trust_domain).text())},
          world::ResourcePut{server}, world::PolicySetPublished{first_policies()}};
}

Result<void> put(journal::Store& store, const Clock& clock, std::string reason,
                 std::vector<world::FactBody> bodies) {
  const auto put =
      store.submit_and_wait([&](const world::World&) -> Result<std::vector<world::Fact>> {
        return make_facts({.actor = "system", .reason = reason}, clock.now(), bodies);
      });
  return put.ok() ? Result<void>() : Result<void>(put.error());
}

Result<void> check_trust_domain(const world::World& world,
                                const spiffe::TrustDomain& trust_domain) {
  const auto servers = world.resources({.prefix = kServerResourceType, .limit = 1});
  if (servers.empty() || servers.front()->id == trust_domain.name()) return {};
  return make_error(ErrorCode::kFailedPrecondition,
                    "the journal is of trust domain `{}`, the configuration says `{}`: a trust "
                    "domain is never renamed",
                    servers.front()->id, trust_domain.name());
}

// Takes every step of the keys that is due, until none is.
Result<void> take_key_steps(journal::Store& store, const authority::KeyMaker& keys,
                            const Clock& clock) {
  for (int step = 0; step < kKeyStepsMax; ++step) {
    WARD_TRY(const auto slots, authority::KeySlots::of(*store.world()));
    const auto due = slots.due(clock.now());
    if (due.empty()) return {};
    WARD_TRY(auto bodies, keys.facts_of(due.front(), slots, clock.now()));
    WARD_RETURN_IF_ERROR(
        put(store, clock, fmt::format("{} key", key_step_name(due.front().step)), bodies));
  }
  return make_error(ErrorCode::kInternal, "the authority's keys do not come to rest");
}

}  // namespace

std::string operator_id(const spiffe::TrustDomain& trust_domain) {
  return fmt::format("spiffe://{}/ward/operator", trust_domain.name());
}

Result<void> bootstrap(journal::Store& store, const authority::KeyMaker& keys,
                       const spiffe::TrustDomain& trust_domain, const Clock& clock) {
  const auto world = store.world();
  WARD_RETURN_IF_ERROR(check_trust_domain(*world, trust_domain));
  if (world->revision() == 0) {
    WARD_RETURN_IF_ERROR(put(store, clock, "first start", first_facts(trust_domain)));
  }
  return take_key_steps(store, keys, clock);
}

}  // namespace ward::server
