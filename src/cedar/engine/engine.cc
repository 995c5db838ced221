#include "cedar/engine/engine.h"

#include "cedar/engine/machine.h"

namespace ward::cedar {

Query::Query(const EntityName& principal, const EntityName& action, const EntityName& resource,
             const ValueView& context)
    : entities_{view_of(principal, types_[0]), view_of(action, types_[1]),
                view_of(resource, types_[2])},
      context_(context) {
  WARD_CHECK(context.is(Value::Kind::kRecord));
}

Query::Query(const Request& request)
    : entities_{ValueView::of(request.principal), ValueView::of(request.action),
                ValueView::of(request.resource)},
      context_(ValueView::of(request.context)) {}

Query::Query(const EntityStore& entities, EntityHandle principal, EntityHandle action,
             EntityHandle resource, const ValueView& context)
    : Query(entities.name(principal), entities.name(action), entities.name(resource), context) {
  locate_principal(principal).locate_action(action).locate_resource(resource);
}

Query::Query(const Entities& entities, EntityHandle principal, EntityHandle action,
             EntityHandle resource, const ValueView& context)
    : entities_{entities.view(principal), entities.view(action), entities.view(resource)},
      context_(context) {
  WARD_CHECK(context.is(Value::Kind::kRecord));
}

Request Query::to_request() const {
  return {.principal = to_uid(entities_[0].entity()),
          .action = to_uid(entities_[1].entity()),
          .resource = to_uid(entities_[2].entity()),
          .context = *context_.to_value().if_record()};
}

Answer decide(const CompiledPolicies& policies, const Query& query, const EntityStore& entities,
              Workspace& workspace) {
  return Machine<EntityStore>(policies, query, entities, workspace).run();
}

Answer decide(const CompiledPolicies& policies, const Query& query, const Entities& entities,
              Workspace& workspace) {
  return Machine<Entities>(policies, query, entities, workspace).run();
}

Answer decide(const BoundPolicies& bound, const Query& query, Workspace& workspace) {
  return Machine<BoundPolicies>(bound.policies(), query, bound, workspace).run();
}

EvaluationError error_of(PolicyIndex index, const CompiledPolicies& policies, const Query& query,
                         const EntityStore& entities) {
  const Policy& policy = policies.policy(index);
  const Request request = query.to_request();
  auto outcome = Evaluator(request, entities).satisfied(policy.tree(), policy.slots());
  // INVARIANT: the engines agree on what errs; the differential tests are there for that.
  WARD_CHECK(std::holds_alternative<EvaluationError>(outcome));
  return std::get<EvaluationError>(std::move(outcome));
}

Response response(const Answer& answer, const CompiledPolicies& policies, const Query& query,
                  const EntityStore& entities) {
  Response out{.decision = answer.decision, .reasons = {}, .errors = {}};
  for (const PolicyIndex index : answer.reasons) out.reasons.push_back(policies.policy(index).id());
  for (const PolicyIndex index : answer.errors) {
    out.errors.push_back({policies.policy(index).id(), error_of(index, policies, query, entities)});
  }
  return out;
}

}  // namespace ward::cedar
