// Policy sets as Admin takes them, and questions that it explains.
#pragma once

#include <string>

#include "base/result.h"
#include "decide/decider.h"
#include "spiffe/id.h"
#include "world/world.h"

namespace ward::admin::v1 {
class AskRequest;
class AskResponse;
class PublishPoliciesRequest;
}  // namespace ward::admin::v1

namespace ward::server {

// The next version of the set in force. kInvalidArgument: another set's name, or policies that do
// not parse. kFailedPrecondition: with these `publisher` could publish no more, so that nobody
// could mend them.
Result<world::PolicySet> read_policies(const ward::admin::v1::PublishPoliciesRequest& request,
                                       const world::World& world, const decide::Decider& decider,
                                       const spiffe::TrustDomain& trust_domain,
                                       const std::string& publisher);

// Explained, not enforced: nobody acts on it, so it is no decision of record. kInvalidArgument: a
// context that does not parse.
Result<ward::admin::v1::AskResponse> explain_question(const ward::admin::v1::AskRequest& request,
                                                      const decide::Decider& decider,
                                                      const decide::Ground& ground);

}  // namespace ward::server
