#include "cedar/validate/typed_condition.h"

#include "cedar/syntax/whole_condition.h"
#include "cedar/validate/level_checker.h"

namespace ward::cedar {
namespace {

Error not_valid(const PolicyTree& policy, const ValidationError& error) {
  return invalid_argument("{}: {}: {}", policy.source->place(error.span.begin),
                          validation_error_kind_name(error.kind), error.message);
}

Result<void> check_slot(std::string_view name, const std::optional<EntityUid>& uid,
                        const Schema& schema) {
  if (!uid || schema.find(uid->type()) != nullptr) return {};
  return invalid_argument("`?{}` is `{}`, of an entity type that is not declared", name,
                          uid->text());
}

}  // namespace

Result<TypedCondition> type_condition(const PolicyTree& policy, const SlotValues& slots,
                                      const Schema& schema, const RequestEnvironment& environment,
                                      CheckedTypes& types) {
  WARD_TRY(const PolicyValidation valid, validate_policy(policy, schema, {.only = environment}));
  if (!valid.ok()) return not_valid(policy, valid.errors.front());
  WARD_RETURN_IF_ERROR(check_slot("principal", slots.principal, schema));
  WARD_RETURN_IF_ERROR(check_slot("resource", slots.resource, schema));
  TypedCondition out;
  out.expr =
      with_single_steps(whole_condition(policy, slots.principal ? &*slots.principal : nullptr,
                                        slots.resource ? &*slots.resource : nullptr));
  if (out.expr->depth > kExprDepthMax) {
    return make_error(ErrorCode::kResourceExhausted,
                      "{}: scope and conditions are {} operations deep, more than {}",
                      policy.source->place(policy.span.begin), out.expr->depth, kExprDepthMax);
  }
  // What the scope asks of other actions and types is typed here too, as false.
  std::vector<ValidationError> errors;
  TypeChecker checker(schema, types, ValidationMode::kStrict, environment, errors);
  checker.keep_types(&out.types);
  checker.keep_guards(&out.guards);
  (void)checker.is_always_false(out.expr);
  if (!errors.empty()) return not_valid(policy, errors.front());
  return out;
}

}  // namespace ward::cedar
