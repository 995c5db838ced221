// Why a question was answered as it was. Slower than deciding and made for people.
#include "cedar/authorize/authorizer.h"
#include "cedar/evaluate/evaluator.h"
#include "decide/context.h"
#include "decide/decider.h"
#include "decide/world_entities.h"

namespace ward::decide {
namespace {

// `policy 'x' at records.cedar:3:1`
std::string named(const cedar::Policy& policy) {
  return fmt::format("`{}` at {}", policy.id(), policy.place());
}

// A condition as written, on one line.
std::string condition_text(const cedar::PolicyTree& tree, const cedar::Condition& condition) {
  std::string line;
  for (const char c : tree.source->slice(condition.span)) {
    const bool is_space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (is_space && (line.empty() || line.back() == ' ')) continue;
    line.push_back(is_space ? ' ' : c);
  }
  return line;
}

// What kept a permit whose scope fits from applying; empty when its scope does not fit.
std::string near_miss(const cedar::Policy& policy, cedar::Evaluator& evaluator) {
  cedar::PolicyTree scope_alone = policy.tree();
  scope_alone.conditions.clear();
  const auto fits = evaluator.satisfied(scope_alone, policy.slots());
  if (!std::holds_alternative<bool>(fits) || !std::get<bool>(fits)) return "";
  for (const cedar::Condition& condition : policy.tree().conditions) {
    const auto value = evaluator.evaluate(*condition.body);
    const std::string text = condition_text(policy.tree(), condition);
    const std::string place = policy.tree().source->place(condition.span.begin);
    if (const auto* error = std::get_if<cedar::EvaluationError>(&value)) {
      return fmt::format("the permit {} would apply, but `{}` at {} failed: {}", named(policy),
                         text, place, error->message);
    }
    const bool* holds = std::get<cedar::Value>(value).if_bool();
    if (holds == nullptr) {
      return fmt::format("the permit {} would apply, but `{}` at {} is no boolean", named(policy),
                         text, place);
    }
    if (*holds == condition.is_unless) {
      return fmt::format("the permit {} would apply, but `{}` at {} does not hold", named(policy),
                         text, place);
    }
  }
  return "";
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
  cedar::Evaluator evaluator(request, entities);
  for (const auto& [id, policy] : ground.policies->set().policies()) {
    if (policy.effect() != cedar::Effect::kPermit) continue;
    if (std::string why = near_miss(policy, evaluator); !why.empty())
      lines.push_back(std::move(why));
  }
  if (lines.size() == 1) lines.emplace_back("no permit has a scope that fits");
  return lines;
}

}  // namespace ward::decide
