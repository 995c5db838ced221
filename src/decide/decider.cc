#include "decide/decider.h"

#include <utility>

#include "cedar/engine/engine.h"
#include "cedar/value/identifier.h"
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

// For people: what the author of the policy says, else its id.
std::string reason_of(const cedar::Policy& policy) {
  const auto said = policy.annotation("reason");
  return said && !said->empty() ? std::string(*said) : fmt::format("policy `{}`", policy.id());
}

// The answer of the engine under Ward's rule for forbids that err.
void read_answer(const Policies& policies, const cedar::Answer& answer, const cedar::Query& query,
                 const WorldEntities& entities, Decision& decision) {
  const cedar::CompiledPolicies& compiled = policies.compiled();
  bool forbid_erred = false;
  for (const cedar::PolicyIndex index : answer.errors) {
    const cedar::Policy& policy = compiled.policy(index);
    const cedar::EvaluationError error = cedar::error_of(index, compiled, query, entities);
    decision.errors.push_back(fmt::format("{}: {}", policy.id(), error.message));
    if (policy.effect() == cedar::Effect::kForbid) {
      forbid_erred = true;
      decision.reasons.push_back(
          fmt::format("the forbid `{}` could not be evaluated", policy.id()));
    }
  }
  for (const cedar::PolicyIndex index : answer.reasons) {
    decision.policies.push_back(compiled.policy(index).id());
    decision.reasons.push_back(reason_of(compiled.policy(index)));
  }
  if (forbid_erred) {
    decision.cause = Cause::kErringForbid;
  } else if (answer.decision == cedar::Decision::kAllow) {
    decision.cause = Cause::kAllowed;
    decision.allow = true;
  } else if (!answer.reasons.empty()) {
    decision.cause = Cause::kForbidden;
  } else {
    decision.cause = Cause::kNotPermitted;
    decision.reasons.emplace_back("no policy permits it");
  }
}

void ask_engine(const Known& known, const Question& question, WallTime now, Decision& decision) {
  // PERF: what a decision needs to work in is kept by the thread, so that deciding takes nothing
  // from the heap. It holds no state between decisions.
  static thread_local cedar::Workspace workspace;
  const cedar::Record context = assemble_context(known, question, now);
  const WorldEntities entities(known.world, known.policies);
  cedar::Query query({entity_type_of(known.principal.identity_class), known.principal.id.view()},
                     {"Action", question.action},
                     {known.resource.type.view(), known.resource.id.view()}, context);
  query.locate_principal(WorldEntities::handle_of(known.principal))
      .locate_resource(WorldEntities::handle_of(known.resource));
  const cedar::Answer answer = cedar::decide(known.policies.compiled(), query, entities, workspace);
  read_answer(known.policies, answer, query, entities, decision);
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
    if (!cedar::is_type_name(question.resource.type)) {
      return deny(Cause::kUnknownResource,
                  fmt::format("`{}` is no type of a resource", question.resource.type));
    }
    ask_engine(known, question, now, decision);
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
