#include "analyze/inquiry.h"

#include <algorithm>

#include "analyze/model_reader.h"

namespace ward::analyze {
namespace {

Result<RequestTerms> request_terms(Logic& logic, Domains& domains,
                                   const cedar::RequestEnvironment& environment) {
  cvc::Solver& solver = logic.solver();
  const cedar::EntityUid& action = environment.action->uid;
  const Domain& actions = domains.entity(action.type());
  const auto at = std::ranges::find(actions.ids, action.id()) - actions.ids.begin();
  WARD_TRY(const Domain* context, domains.of(*environment.action->context));
  return RequestTerms{solver.mkConst(domains.entity(environment.principal->name).sort, "principal"),
                      actions.constants[static_cast<std::size_t>(at)],
                      solver.mkConst(domains.entity(environment.resource->name).sort, "resource"),
                      solver.mkConst(context->sort, "context")};
}

Unknown gave_up(const cvc::Result& result, std::chrono::milliseconds limit) {
  const cvc::UnknownExplanation why = result.getUnknownExplanation();
  if (why == cvc::TIMEOUT) return {limit, "timeout"};
  if (why == cvc::MEMOUT || why == cvc::RESOURCEOUT) return {limit, "out of resources"};
  if (why == cvc::INCOMPLETE) return {limit, "incomplete: the question is beyond the solver"};
  return {limit, "the solver does not say why"};
}

}  // namespace

Inquiry::Inquiry(const Scene& scene)
    : scene_(scene),
      logic_(solver_),
      domains_(solver_, scene.schema),
      entities_(logic_, domains_, scene.schema, scene.options.entities_may_be_missing) {}

Result<std::unique_ptr<Inquiry>> Inquiry::make(const Scene& scene) {
  const auto limit = scene.options.time_limit;
  if (limit.count() <= 0) {
    return invalid_argument("expected a time limit above 0 ms, got {}", limit.count());
  }
  std::unique_ptr<Inquiry> out(new Inquiry(scene));
  out->solver_.setOption("produce-models", "true");
  out->solver_.setOption("strings-exp", "true");
  out->solver_.setOption("tlimit-per", std::to_string(limit.count()));
  out->solver_.setLogic("ALL");
  WARD_TRY(out->request_, request_terms(out->logic_, out->domains_, scene.environment));
  return out;
}

Result<Encoded> Inquiry::condition(const cedar::Policy& policy) {
  WARD_TRY(const cedar::TypedCondition typed,
           cedar::type_condition(policy.tree(), policy.slots(), scene_.schema, scene_.environment,
                                 domains_.types())
               .in(fmt::format("policy `{}`", policy.id())));
  Encoder encoder(logic_, domains_, entities_, scene_.schema, *request_, typed);
  return encoder.encode(budget_).in(fmt::format("policy `{}` at {}", policy.id(), policy.place()));
}

Result<cvc::Term> Inquiry::errs(const cedar::Policy& policy) {
  WARD_TRY(const Encoded encoded, condition(policy));
  return encoded.error;
}

Result<cvc::Term> Inquiry::matches(const cedar::Policy& policy) {
  WARD_TRY(const Encoded encoded, condition(policy));
  return logic_.both(encoded.value, logic_.negation(encoded.error));
}

Result<cvc::Term> Inquiry::allows(const cedar::PolicySet& set) {
  cvc::Term permitted = logic_.no();
  cvc::Term forbidden = logic_.no();
  for (const auto& [id, policy] : set.policies()) {
    cvc::Term& side = policy.effect() == cedar::Effect::kPermit ? permitted : forbidden;
    WARD_TRY(const cvc::Term matched, matches(policy));
    side = logic_.either(side, matched);
  }
  return logic_.both(permitted, logic_.negation(forbidden));
}

Result<Verdict> Inquiry::refute(const cvc::Term& violation, const Replay& replay) {
  if (logic_.is_no(violation)) return Verdict(Holds());
  solver_.assertFormula(violation);
  for (const cvc::Term& fact : logic_.facts()) solver_.assertFormula(fact);
  for (const cvc::Term& law : entities_.laws()) solver_.assertFormula(law);
  const cvc::Result result = solver_.checkSat();
  if (result.isUnsat()) return Verdict(Holds());
  if (!result.isSat()) return Verdict(gave_up(result, scene_.options.time_limit));
  ModelReader reader(solver_, domains_, entities_, scene_.schema);
  WARD_TRY(Counterexample found, reader.read(*request_, scene_.environment));
  if (!replay(found)) {
    return make_error(ErrorCode::kInternal,
                      "the solver's counterexample is none when it is evaluated: principal {}, "
                      "resource {}",
                      found.request.principal.text(), found.request.resource.text());
  }
  return Verdict(std::move(found));
}

}  // namespace ward::analyze
