#include "cedar/partial/partial_authorizer.h"

#include <algorithm>
#include <utility>

#include "cedar/entity/conformance.h"
#include "cedar/partial/partial_evaluator.h"
#include "cedar/syntax/printer.h"
#include "cedar/validate/typed_condition.h"

namespace ward::cedar {
namespace {

// The entity, or one of its type: the conformance of types does not depend on which.
EntityUid stand_in(const PartialUid& entity, const Schema& schema) {
  if (entity.uid) return *entity.uid;
  const EntityTypeInfo* info = schema.find(entity.type);
  return {entity.type, info != nullptr && info->is_enum() ? info->enum_ids.front() : ""};
}

Result<void> check_type(const PartialUid& entity, std::string_view role) {
  if (!entity.uid || entity.uid->type() == entity.type) return {};
  return invalid_argument("{}: `{}` is no `{}`", role, entity.uid->text(), entity.type.name());
}

Result<RequestEnvironment> environment_of(const PartialRequest& request, const Schema& schema) {
  WARD_RETURN_IF_ERROR(check_type(request.principal, "principal"));
  WARD_RETURN_IF_ERROR(check_type(request.resource, "resource"));
  WARD_RETURN_IF_ERROR(check_environment(stand_in(request.principal, schema), request.action,
                                         stand_in(request.resource, schema), schema));
  const RequestEnvironment out{schema.find(request.principal.type),
                               schema.find_action(request.action),
                               schema.find(request.resource.type)};
  if (request.context) {
    WARD_RETURN_IF_ERROR(check_value(*request.context, *out.action->context, schema)
                             .in(fmt::format("context of action `{}`", request.action.text())));
  }
  return out;
}

PartialOutcome outcome_of(const Partial& partial) {
  if (partial.errs) return PartialOutcome::kErring;
  if (!partial.value) return PartialOutcome::kResidual;
  const bool* truth = partial.value->if_bool();
  if (truth == nullptr) return PartialOutcome::kErring;
  return *truth ? PartialOutcome::kSatisfied : PartialOutcome::kUnsatisfied;
}

Result<void> check_completes(const PartialUid& known, const EntityUid& uid, std::string_view role) {
  if (known.uid ? *known.uid == uid : known.type == uid.type()) return {};
  return invalid_argument(
      "{}: expected {}, got `{}`", role,
      known.uid ? fmt::format("`{}`", known.uid->text()) : fmt::format("a `{}`", known.type.name()),
      uid.text());
}

Result<void> check_completes(const PartialRequest& known, const Request& request) {
  WARD_RETURN_IF_ERROR(check_completes(known.principal, request.principal, "principal"));
  WARD_RETURN_IF_ERROR(check_completes(known.resource, request.resource, "resource"));
  if (known.action != request.action) {
    return invalid_argument("action: expected `{}`, got `{}`", known.action.text(),
                            request.action.text());
  }
  if (known.context && *known.context != request.context) {
    return Error(ErrorCode::kInvalidArgument, "the context is not the one that was known");
  }
  return {};
}

std::optional<bool> truth_of(const std::variant<Value, EvaluationError>& outcome) {
  const auto* value = std::get_if<Value>(&outcome);
  const bool* truth = value == nullptr ? nullptr : value->if_bool();
  return truth == nullptr ? std::nullopt : std::optional(*truth);
}

// Nothing: it errs.
std::optional<bool> satisfied(const ResidualPolicy& policy, Evaluator& evaluator) {
  switch (policy.outcome) {
    case PartialOutcome::kSatisfied:
      return true;
    case PartialOutcome::kUnsatisfied:
      return false;
    case PartialOutcome::kErring:
      return std::nullopt;
    case PartialOutcome::kResidual:
      return truth_of(evaluator.evaluate(*policy.condition));
  }
  WARD_UNREACHABLE();
}

}  // namespace

std::string to_text(const ResidualPolicy& residual) {
  const PolicyTree& was = residual.policy.tree();
  PolicyTree tree;
  tree.effect = was.effect;
  tree.annotations = was.annotations;
  tree.conditions.push_back({.is_unless = false, .body = residual.condition, .span = {}});
  return to_text(tree);
}

PartialResponse::PartialResponse(PartialRequest request, PartialEntities entities,
                                 const Schema& schema, std::vector<ResidualPolicy> policies)
    : request_(std::move(request)),
      entities_(std::move(entities)),
      schema_(&schema),
      policies_(std::move(policies)) {
  for (std::size_t i = 0; i < policies_.size(); ++i) {
    const PartialOutcome outcome = policies_[i].outcome;
    if (outcome != PartialOutcome::kSatisfied && outcome != PartialOutcome::kResidual) continue;
    (policies_[i].policy.effect() == Effect::kForbid ? forbids_ : permits_).push_back(i);
  }
  if (permits_.empty() || is_any(forbids_, PartialOutcome::kSatisfied)) {
    decision_ = Decision::kDeny;
  } else if (forbids_.empty() && is_any(permits_, PartialOutcome::kSatisfied)) {
    decision_ = Decision::kAllow;
  }
}

bool PartialResponse::is_any(const std::vector<std::size_t>& of, PartialOutcome outcome) const {
  return std::ranges::any_of(of, [&](std::size_t i) { return policies_[i].outcome == outcome; });
}

std::vector<std::string> PartialResponse::ids(PartialOutcome outcome) const {
  std::vector<std::string> out;
  for (const ResidualPolicy& each : policies_) {
    if (each.outcome == outcome) out.push_back(each.policy.id());
  }
  return out;
}

Result<Response> PartialResponse::reauthorize(const Request& request,
                                              const EntityStore& entities) const {
  WARD_RETURN_IF_ERROR(check_request(request, *schema_));
  WARD_RETURN_IF_ERROR(check_completes(request_, request));
  WARD_RETURN_IF_ERROR(entities_.check_consistent(entities, *schema_));
  Evaluator evaluator(request, entities);
  ResponseBuilder response;
  for (const ResidualPolicy& each : policies_) {
    if (const auto truth = satisfied(each, evaluator)) {
      response.add(each.policy, *truth);
    } else {
      // The policy itself says where and why it errs.
      response.add(each.policy, evaluator.satisfied(each.policy.tree(), each.policy.slots()));
    }
  }
  return std::move(response).take();
}

Decision PartialResponse::decide(const Request& request, const EntityStore& entities) const {
  if (decision_) return *decision_;
  Evaluator evaluator(request, entities);
  const auto is_satisfied = [&](std::size_t i) {
    return satisfied(policies_[i], evaluator) == true;
  };
  const bool is_settled = is_any(permits_, PartialOutcome::kSatisfied);
  const bool allows = (is_settled || std::ranges::any_of(permits_, is_satisfied)) &&
                      std::ranges::none_of(forbids_, is_satisfied);
  return allows ? Decision::kAllow : Decision::kDeny;
}

Result<PartialResponse> authorize_partially(const PartialRequest& request,
                                            const PolicySet& policies,
                                            const PartialEntities& entities, const Schema& schema) {
  WARD_TRY(const RequestEnvironment environment, environment_of(request, schema));
  CheckedTypes types;
  std::vector<ResidualPolicy> out;
  out.reserve(policies.size());
  for (const auto& [id, policy] : policies.policies()) {
    auto condition = type_condition(policy.tree(), policy.slots(), schema, environment, types);
    if (!condition.ok()) return condition.error().in(fmt::format("policy `{}`", id));
    Partial partial = PartialEvaluator(request, entities, *condition).run();
    out.push_back({policy, outcome_of(partial), std::move(partial.expr)});
  }
  return PartialResponse(request, entities, schema, std::move(out));
}

}  // namespace ward::cedar
