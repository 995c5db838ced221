// What a new server makes true before it serves: who it is, who may administer it, by which
// policies, and with which keys it signs.
#pragma once

#include <string>

#include "authority/key_maker.h"
#include "base/clock.h"
#include "base/result.h"
#include "journal/store.h"
#include "spiffe/id.h"

namespace ward::server {

inline constexpr std::string_view kOperatorsOwner = "team:ward-operators";
inline constexpr std::string_view kServerResourceType = "Ward::Server";

// `spiffe://TD/ward/operator`
std::string operator_id(const spiffe::TrustDomain& trust_domain);

// In an empty journal, as one group of facts: owner, operator, the server's own identity, the
// server as a resource, the default policies (decide/shipped.h). What an operator changes or
// removes later stays so. Then, at every start, the steps that the keys of the authority are due
// for, so that there is an active key of each kind.
//
// Blocks; before the loop runs. Errors: the journal's; kFailedPrecondition when the journal is of
// another trust domain.
Result<void> bootstrap(journal::Store& store, const authority::KeyMaker& keys,
                       const spiffe::TrustDomain& trust_domain, const Clock& clock);

}  // namespace ward::server
