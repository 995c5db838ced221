#include "server/admin_policies.h"

#include <cstdint>

#include "cedar/entity/value_json.h"
#include "decide/policies.h"
#include "server/bootstrap.h"
#include "server/control_plane.h"
#include "ward/admin/v1/admin.pb.h"

namespace ward::server {
namespace {

namespace wire = ward::admin::v1;

// Who publishes a set must be able to publish the next, or nobody could mend it.
Result<void> check_still_permitted(const std::string& publisher, const decide::Decider& decider,
                                   const decide::Ground& ground,
                                   const spiffe::TrustDomain& trust_domain) {
  decide::Question question;
  question.principal = publisher;
  question.action = "ward.publish-policies";
  question.resource = {.type = kServerResourceType, .id = trust_domain.name()};
  question.enforcement_point = "admin";
  const auto decision = decider.decide(ground, question);
  if (decision.allow) return {};
  return make_error(ErrorCode::kFailedPrecondition,
                    "with these policies `{}` could publish no more: keep a policy that permits "
                    "action `ward.publish-policies` (policies/default.cedar)",
                    publisher);
}

Result<decide::Question> read_question(const wire::AskRequest& request) {
  decide::Question question;
  question.principal = request.principal();
  question.action = request.action();
  question.resource = {.type = request.resource().type(), .id = request.resource().id()};
  question.enforcement_point = "ask";
  if (!request.context_json().empty()) {
    WARD_TRY(question.request, cedar::parse_context(request.context_json()).in("context_json"));
  }
  return question;
}

}  // namespace

Result<world::PolicySet> read_policies(const wire::PublishPoliciesRequest& request,
                                       const world::World& world, const decide::Decider& decider,
                                       const spiffe::TrustDomain& trust_domain,
                                       const std::string& publisher) {
  if (!request.name().empty() && request.name() != kPolicySetInForce) {
    return invalid_argument("policy set `{}`; the set in force is `{}`", request.name(),
                            kPolicySetInForce);
  }
  world::PolicySet set;
  set.name = kPolicySetInForce;
  for (const auto& file : request.files()) set.files.push_back({file.name(), file.text()});
  WARD_TRY(const auto policies, decide::Policies::parse(set.files));
  WARD_RETURN_IF_ERROR(check_still_permitted(
      publisher, decider, {.world = world, .policies = policies.get()}, trust_domain));
  const world::PolicySet* old = world.policy_set(kPolicySetInForce);
  set.version = old == nullptr ? 1 : old->version + 1;
  set.sha256 = world::policy_set_digest(set.files, set.schema);
  return set;
}

Result<wire::AskResponse> explain_question(const wire::AskRequest& request,
                                           const decide::Decider& decider,
                                           const decide::Ground& ground) {
  WARD_TRY(const decide::Question question, read_question(request));
  const decide::Decision decision = decider.decide(ground, question);
  wire::AskResponse response;
  response.set_allow(decision.allow);
  for (const std::string& policy : decision.policies) response.add_reasons(policy);
  for (const std::string& error : decision.errors) response.add_errors(error);
  for (const std::string& line : decider.explain(ground, question)) {
    response.add_explanation(line);
  }
  response.set_revision(decision.revision);
  response.set_took_ns(static_cast<std::uint64_t>(decision.took.count()));
  return response;
}

}  // namespace ward::server
