// Why a question was answered as it was. Slower than deciding and made for people.
#include "cedar/explain/explanation.h"
#include "decide/context.h"
#include "decide/decider.h"
#include "decide/world_entities.h"

namespace ward::decide {
namespace {

// `policy 'x' at records.cedar:3:1`
std::string named(const cedar::Policy& policy) {
  return fmt::format("`{}` at {}", policy.id(), policy.place());
}

}  // namespace

std::vector<std::string> Decider::explain(const Ground& ground, const Question& question) const {
  const Decision decision = decide(ground, question);
  std::vector<std::string> lines{
      fmt::format("{}: {}", decision.allow ? "allow" : "deny", cause_name(decision.cause))};
  for (const std::string& error : decision.errors)
    lines.push_back(fmt::format("error in {}", error));
  if (ground.policies != nullptr) {
    for (const std::string& id : decision.policies) {
      const cedar::Policy* policy = ground.policies->set().find(id);
      if (policy == nullptr) continue;
      lines.push_back(
          fmt::format("{} {}", decision.allow ? "permitted by" : "forbidden by", named(*policy)));
    }
  }
  if (decision.policies.empty() && decision.cause != Cause::kNotPermitted) {
    lines.insert(lines.end(), decision.reasons.begin(), decision.reasons.end());
  }
  if (decision.cause != Cause::kNotPermitted) return lines;

  const world::Identity* principal = ground.world.identity(question.principal);
  const world::Resource* resource =
      ground.world.resource(question.resource.type, question.resource.id);
  const auto uid = entity_uid_of(question.resource);
  if (principal == nullptr || resource == nullptr || !uid.ok()) return lines;
  const Known known{ground.world, *ground.policies, *principal, *resource};
  const cedar::Request request{
      .principal = entity_uid_of(*principal),
      .action = cedar::EntityUid(cedar::EntityType::of("Action"), question.action),
      .resource = *uid,
      .context = assemble_context(known, question, clock_.now())};
  const WorldEntities entities(ground.world, *ground.policies);
  const auto nearest = cedar::nearest_permits(request, ground.policies->set(), entities);
  if (nearest.scope_parts < 3) {
    lines.emplace_back("no permit has a scope that fits");
    return lines;
  }
  for (const cedar::NearPermit& each : nearest.permits) {
    lines.push_back(fmt::format("the permit {} would apply, but {}", named(*each.policy),
                                clause_sentence(each.clause, *each.policy->tree().source)));
  }
  if (nearest.omitted > 0) {
    lines.push_back(fmt::format("so would {} more, but for a condition", nearest.omitted));
  }
  return lines;
}

}  // namespace ward::decide
