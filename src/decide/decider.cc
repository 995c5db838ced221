#include "decide/decider.h"

#include <optional>
#include <utility>

#include "cedar/authorize/authorizer.h"
#include "decide/context.h"
#include "decide/world_entities.h"

namespace ward::decide {
namespace {

Decision deny(Cause cause, std::string reason) {
  Decision decision;
  decision.cause = cause;
  decision.reasons.push_back(std::move(reason));
  return decision;
}

std::optional<cedar::Request> cedar_request(const Known& known, const Question& question,
                                            WallTime now) {
  auto resource = entity_uid_of(question.resource);
  if (!resource.ok()) return std::nullopt;
  return cedar::Request{
      .principal = entity_uid_of(known.principal),
      .action = cedar::EntityUid(cedar::EntityType::of("Action"), question.action),
      .resource = std::move(resource).value(),
      .context = assemble_context(known, question, now)};
}

// For people: what the author of the policy says, else its id.
std::string reason_of(const Policies& policies, const std::string& id) {
  const cedar::Policy* policy = policies.set().find(id);
  const auto said = policy != nullptr ? policy->annotation("reason") : std::nullopt;
  return said && !said->empty() ? std::string(*said) : fmt::format("{} `{}`", "policy", id);
}

// The response of the engine under Ward's rule for forbids that err.
void read_response(const Policies& policies, const cedar::Response& response, Decision& decision) {
  bool forbid_erred = false;
  for (const cedar::PolicyError& error : response.errors) {
    decision.errors.push_back(fmt::format("{}: {}", error.policy_id, error.error.message));
    const cedar::Policy* policy = policies.set().find(error.policy_id);
    if (policy == nullptr || policy->effect() == cedar::Effect::kForbid) {
      forbid_erred = true;
      decision.reasons.push_back(
          fmt::format("the forbid `{}` could not be evaluated", error.policy_id));
    }
  }
  decision.policies = response.reasons;
  for (const std::string& id : response.reasons)
    decision.reasons.push_back(reason_of(policies, id));
  if (forbid_erred) {
    decision.cause = Cause::kErringForbid;
  } else if (response.decision == cedar::Decision::kAllow) {
    decision.cause = Cause::kAllowed;
    decision.allow = true;
  } else if (!response.reasons.empty()) {
    decision.cause = Cause::kForbidden;
  } else {
    decision.cause = Cause::kNotPermitted;
    decision.reasons.emplace_back("no policy permits it");
  }
}

Decision judge(const Ground& ground, const Question& question, WallTime now,
               std::chrono::nanoseconds staleness_max) {
  const world::Identity* principal = ground.world.identity(question.principal);
  if (principal == nullptr) {
    return deny(Cause::kUnknownPrincipal, fmt::format("no identity `{}`", question.principal));
  }
  const world::Resource* resource =
      ground.world.resource(question.resource.type, question.resource.id);
  if (resource == nullptr) {
    return deny(Cause::kUnknownResource,
                fmt::format("no resource `{}`",
                            world::resource_name(question.resource.type, question.resource.id)));
  }
  if (ground.policies == nullptr) return deny(Cause::kNoPolicies, "no policy set is in force");
  const bool is_privileged = ground.policies->is_privileged(question.action);
  Decision decision;
  if (is_privileged && ground.age > staleness_max) {
    decision = deny(
        Cause::kStale,
        fmt::format(
            "the last word from the server is {} ms old, a privileged action needs at most {} ms",
            ground.age / std::chrono::milliseconds(1),
            staleness_max / std::chrono::milliseconds(1)));
  } else {
    const Known known{ground.world, *ground.policies, *principal, *resource};
    const auto request = cedar_request(known, question, now);
    if (!request)
      return deny(Cause::kUnknownResource,
                  fmt::format("`{}` is no type of a resource", question.resource.type));
    const WorldEntities entities(ground.world, *ground.policies);
    read_response(*ground.policies, cedar::authorize(*request, ground.policies->set(), entities),
                  decision);
  }
  decision.privileged = is_privileged;
  return decision;
}

}  // namespace

Decision Decider::decide(const Ground& ground, const Question& question) const {
  const MonotonicTime start = clock_.monotonic();
  Decision decision = judge(ground, question, clock_.now(), options_.staleness_max);
  decision.revision = ground.world.revision();
  decision.took = clock_.monotonic() - start;
  return decision;
}

}  // namespace ward::decide
