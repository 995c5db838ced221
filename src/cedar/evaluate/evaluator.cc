#include "cedar/evaluate/evaluator.h"

#include <algorithm>
#include <utility>

namespace ward::cedar {

using Kind = EvaluationErrorKind;

std::string_view evaluation_error_kind_name(EvaluationErrorKind kind) {
  switch (kind) {
    case Kind::kEntityDoesNotExist:
      return "EntityDoesNotExist";
    case Kind::kEntityAttrDoesNotExist:
      return "EntityAttrDoesNotExist";
    case Kind::kRecordAttrDoesNotExist:
      return "RecordAttrDoesNotExist";
    case Kind::kTypeError:
      return "TypeError";
    case Kind::kWrongNumArguments:
      return "WrongNumArguments";
    case Kind::kIntegerOverflow:
      return "IntegerOverflow";
    case Kind::kUnlinkedSlot:
      return "UnlinkedSlot";
    case Kind::kFailedExtensionFunctionExecution:
      return "FailedExtensionFunctionExecution";
    case Kind::kRecursionLimit:
      return "RecursionLimit";
  }
  WARD_UNREACHABLE();
}

Evaluator::Evaluator(const Request& request, const EntityStore& entities)
    : request_(request),
      entities_(entities),
      principal_{&request.principal, entities.find(request.principal)},
      action_{&request.action, entities.find(request.action)},
      resource_{&request.resource, entities.find(request.resource)} {}

std::variant<Value, EvaluationError> Evaluator::evaluate(const Expr& expr) {
  if (auto value = eval(expr)) return *std::move(value);
  return take_error();
}

std::variant<bool, EvaluationError> Evaluator::satisfied(const PolicyTree& policy,
                                                         const SlotValues& slots) {
  const auto principal = scope_holds(policy.principal, principal_, slots.principal);
  if (!principal) return take_error();
  if (!*principal || !action_holds(policy.action)) return false;
  const auto resource = scope_holds(policy.resource, resource_, slots.resource);
  if (!resource) return take_error();
  if (!*resource) return false;
  for (const Condition& condition : policy.conditions) {
    const auto holds = eval_bool(*condition.body);
    if (!holds) return take_error();
    if (*holds == condition.is_unless) return false;
  }
  return true;
}

std::optional<bool> Evaluator::scope_holds(const ScopeConstraint& scope, const Known& entity,
                                           const std::optional<EntityUid>& slot) {
  if (scope.has_slot() && !slot) {
    error_ = EvaluationError{Kind::kUnlinkedSlot,
                             "a template is evaluated without a value for its slot", scope.span};
    return std::nullopt;
  }
  const EntityUid* wanted = nullptr;
  if (scope.entity) wanted = scope.has_slot() ? &*slot : &std::get<EntityUid>(*scope.entity);
  // INVARIANT: ScopeConstraint has an entity for every kind but kAny and kIs.
  WARD_CHECK(wanted != nullptr || scope.kind == ScopeConstraint::Kind::kAny ||
             scope.kind == ScopeConstraint::Kind::kIs);
  const auto in_wanted = [&] {
    return *entity.uid == *wanted ||
           (entity.handle && entities_.has_ancestor(entity.handle, *wanted));
  };
  switch (scope.kind) {
    case ScopeConstraint::Kind::kAny:
      return true;
    case ScopeConstraint::Kind::kEqual:
      return *entity.uid == *wanted;
    case ScopeConstraint::Kind::kIn:
      return in_wanted();
    case ScopeConstraint::Kind::kIs:
      return entity.uid->type() == *scope.type;
    case ScopeConstraint::Kind::kIsIn:
      return entity.uid->type() == *scope.type && in_wanted();
  }
  WARD_UNREACHABLE();
}

bool Evaluator::action_holds(const ActionConstraint& scope) const {
  switch (scope.kind) {
    case ActionConstraint::Kind::kAny:
      return true;
    case ActionConstraint::Kind::kEqual:
      return request_.action == scope.entities.front();
    case ActionConstraint::Kind::kIn:
    case ActionConstraint::Kind::kInSet:
      return std::ranges::any_of(scope.entities, [&](const EntityUid& wanted) {
        return request_.action == wanted ||
               (action_.handle && entities_.has_ancestor(action_.handle, wanted));
      });
  }
  WARD_UNREACHABLE();
}

EntityHandle Evaluator::find(const EntityUid& uid) const {
  for (const Known* known : {&principal_, &resource_, &action_}) {
    if (*known->uid == uid) return known->handle;
  }
  return entities_.find(uid);
}

bool Evaluator::is_in(const EntityUid& uid, const EntityUid& ancestor) const {
  if (uid == ancestor) return true;
  const EntityHandle entity = find(uid);
  return entity && entities_.has_ancestor(entity, ancestor);
}

std::optional<Value> Evaluator::eval(const Expr& expr) {
  // The parser refuses such trees; those that a program makes end here.
  if (depth_ == kExprDepthMax) {
    return fail(Kind::kRecursionLimit,
                fmt::format("the expression is more than {} operations deep", kExprDepthMax), expr);
  }
  ++depth_;
  auto value = std::visit([&](const auto& node) { return eval_node(node, expr); }, expr.node);
  --depth_;
  return value;
}

std::optional<bool> Evaluator::eval_bool(const Expr& expr) {
  const auto value = eval(expr);
  if (!value) return std::nullopt;
  if (const bool* truth = value->if_bool()) return *truth;
  return type_error("bool", *value, expr);
}

std::optional<std::vector<Value>> Evaluator::eval_all(const std::vector<ExprPtr>& exprs) {
  std::vector<Value> out;
  out.reserve(exprs.size());
  for (const ExprPtr& expr : exprs) {
    auto value = eval(*expr);
    if (!value) return std::nullopt;
    out.push_back(*std::move(value));
  }
  return out;
}

std::optional<Value> Evaluator::eval_node(const LiteralExpr& e, const Expr&) {
  return e.value;
}

std::optional<Value> Evaluator::eval_node(const VariableExpr& e, const Expr&) {
  switch (e.variable) {
    case Variable::kPrincipal:
      return Value(request_.principal);
    case Variable::kAction:
      return Value(request_.action);
    case Variable::kResource:
      return Value(request_.resource);
    case Variable::kContext:
      return Value(request_.context);
  }
  WARD_UNREACHABLE();
}

std::optional<Value> Evaluator::eval_node(const UnaryExpr& e, const Expr& at) {
  const auto operand = eval(*e.operand);
  if (!operand) return std::nullopt;
  switch (e.op) {
    case UnaryOp::kNot:
      if (const bool* truth = operand->if_bool()) return Value(!*truth);
      return type_error("bool", *operand, *e.operand);
    case UnaryOp::kNegate: {
      const std::int64_t* number = operand->if_long();
      if (number == nullptr) return type_error("long", *operand, *e.operand);
      std::int64_t negated = 0;
      if (__builtin_sub_overflow(std::int64_t{0}, *number, &negated)) {
        return fail(Kind::kIntegerOverflow, fmt::format("-({}) overflows a long", *number), at);
      }
      return Value(negated);
    }
    case UnaryOp::kIsEmpty:
      if (const Set* set = operand->if_set()) return Value(set->empty());
      return type_error("set", *operand, *e.operand);
  }
  WARD_UNREACHABLE();
}

std::optional<Value> Evaluator::eval_node(const BinaryExpr& e, const Expr& at) {
  const auto left = eval(*e.left);
  if (!left) return std::nullopt;
  const auto right = eval(*e.right);
  if (!right) return std::nullopt;
  return apply(e, *left, *right, at);
}

std::optional<Value> Evaluator::apply(const BinaryExpr& e, const Value& left, const Value& right,
                                      const Expr& at) {
  const auto ordered = [&](auto test) -> std::optional<Value> {
    const auto result = order(e, left, right);
    return result ? std::optional(Value(test(*result))) : std::nullopt;
  };
  switch (e.op) {
    case BinaryOp::kEqual:
      return Value(left == right);
    case BinaryOp::kNotEqual:
      return Value(!(left == right));
    case BinaryOp::kLess:
      return ordered([](auto o) { return o < 0; });
    case BinaryOp::kLessEqual:
      return ordered([](auto o) { return o <= 0; });
    case BinaryOp::kGreater:
      return ordered([](auto o) { return o > 0; });
    case BinaryOp::kGreaterEqual:
      return ordered([](auto o) { return o >= 0; });
    case BinaryOp::kIn:
      return in(left, right, *e.left, *e.right);
    case BinaryOp::kAdd:
    case BinaryOp::kSubtract:
    case BinaryOp::kMultiply:
      return arithmetic(e, left, right, at);
    case BinaryOp::kContains:
    case BinaryOp::kContainsAll:
    case BinaryOp::kContainsAny:
      return set_operation(e, left, right);
    case BinaryOp::kHasTag:
    case BinaryOp::kGetTag:
      return tag_operation(e, left, right, at);
  }
  WARD_UNREACHABLE();
}

// Long with long, datetime with datetime, duration with duration; decimals have methods instead.
std::optional<std::strong_ordering> Evaluator::order(const BinaryExpr& e, const Value& left,
                                                     const Value& right) {
  const bool is_ordered = left.kind() == Value::Kind::kLong ||
                          left.kind() == Value::Kind::kDatetime ||
                          left.kind() == Value::Kind::kDuration;
  if (!is_ordered) return type_error("long, datetime or duration", left, *e.left);
  if (left.kind() != right.kind()) return type_error(value_kind_name(left.kind()), right, *e.right);
  return left <=> right;
}

std::optional<Value> Evaluator::arithmetic(const BinaryExpr& e, const Value& left,
                                           const Value& right, const Expr& at) {
  const std::int64_t* a = left.if_long();
  if (a == nullptr) return type_error("long", left, *e.left);
  const std::int64_t* b = right.if_long();
  if (b == nullptr) return type_error("long", right, *e.right);
  std::int64_t result = 0;
  char sign = '+';
  bool overflows = false;
  if (e.op == BinaryOp::kAdd) {
    overflows = __builtin_add_overflow(*a, *b, &result);
  } else if (e.op == BinaryOp::kSubtract) {
    sign = '-';
    overflows = __builtin_sub_overflow(*a, *b, &result);
  } else {
    sign = '*';
    overflows = __builtin_mul_overflow(*a, *b, &result);
  }
  if (!overflows) return Value(result);
  return fail(Kind::kIntegerOverflow, fmt::format("{} {} {} overflows a long", *a, sign, *b), at);
}

std::optional<Value> Evaluator::set_operation(const BinaryExpr& e, const Value& left,
                                              const Value& right) {
  const Set* a = left.if_set();
  if (a == nullptr) return type_error("set", left, *e.left);
  if (e.op == BinaryOp::kContains) return Value(a->contains(right));
  const Set* b = right.if_set();
  if (b == nullptr) return type_error("set", right, *e.right);
  return Value(e.op == BinaryOp::kContainsAll ? a->contains_all(*b) : a->contains_any(*b));
}

std::optional<Value> Evaluator::tag_operation(const BinaryExpr& e, const Value& left,
                                              const Value& right, const Expr& at) {
  const EntityUid* uid = left.if_entity();
  if (uid == nullptr) return type_error("entity", left, *e.left);
  const std::string* name = right.if_string();
  if (name == nullptr) return type_error("string", right, *e.right);
  const EntityHandle entity = find(*uid);
  if (e.op == BinaryOp::kHasTag) return Value(entity && entities_.tag(entity, *name).has_value());
  if (!entity) return no_such_entity(*uid, at);
  if (const auto tag = entities_.tag(entity, *name)) return tag->to_value();
  return fail(Kind::kEntityAttrDoesNotExist,
              fmt::format("entity `{}` has no tag `{}`", uid->text(), *name), at);
}

std::optional<Value> Evaluator::in(const Value& left, const Value& right, const Expr& left_at,
                                   const Expr& right_at) {
  const EntityUid* uid = left.if_entity();
  if (uid == nullptr) return type_error("entity", left, left_at);
  if (const EntityUid* ancestor = right.if_entity()) return Value(is_in(*uid, *ancestor));
  const Set* set = right.if_set();
  if (set == nullptr) return type_error("entity or set of entities", right, right_at);
  // All are looked at before any is compared: one that is no entity is an error whatever matches.
  for (const Value& element : set->elements()) {
    if (element.if_entity() == nullptr) return type_error("entity", element, right_at);
  }
  return Value(std::ranges::any_of(
      set->elements(), [&](const Value& element) { return is_in(*uid, *element.if_entity()); }));
}

std::optional<Value> Evaluator::eval_node(const LogicalExpr& e, const Expr&) {
  const bool decisive = e.op == LogicalOp::kOr;  // the value that ends the evaluation
  for (const ExprPtr& operand : e.operands) {
    const auto truth = eval_bool(*operand);
    if (!truth) return std::nullopt;
    if (*truth == decisive) return Value(decisive);
  }
  return Value(!decisive);
}

std::optional<Value> Evaluator::eval_node(const IfExpr& e, const Expr&) {
  const auto condition = eval_bool(*e.condition);
  if (!condition) return std::nullopt;
  return eval(*condition ? *e.then_branch : *e.else_branch);
}

std::optional<Value> Evaluator::eval_node(const AttributeExpr& e, const Expr& at) {
  const auto object = eval(*e.object);
  if (!object) return std::nullopt;
  if (const Record* record = object->if_record()) {
    if (const Value* value = record->find(e.name)) return *value;
    return fail(Kind::kRecordAttrDoesNotExist,
                fmt::format("the record has no attribute `{}`", e.name), at);
  }
  const EntityUid* uid = object->if_entity();
  if (uid == nullptr) return type_error("record or entity", *object, *e.object);
  const EntityHandle entity = find(*uid);
  if (!entity) return no_such_entity(*uid, at);
  if (const auto value = entities_.attribute(entity, e.name)) return value->to_value();
  return fail(Kind::kEntityAttrDoesNotExist,
              fmt::format("entity `{}` has no attribute `{}`", uid->text(), e.name), at);
}

std::optional<Value> Evaluator::eval_node(const HasExpr& e, const Expr&) {
  auto object = eval(*e.object);
  if (!object) return std::nullopt;
  // RFC 62: `e has a.b` is `e has a && e.a has b`, so an absent link ends the chain with false.
  for (const std::string& name : e.path) {
    std::optional<Value> next;
    if (const Record* record = object->if_record()) {
      if (const Value* value = record->find(name)) next = *value;
    } else if (const EntityUid* uid = object->if_entity()) {
      const EntityHandle entity = find(*uid);
      const auto found = entity ? entities_.attribute(entity, name) : std::nullopt;
      if (found) next = found->to_value();
    } else {
      return type_error("record or entity", *object, *e.object);
    }
    if (!next) return Value(false);
    object = std::move(next);
  }
  return Value(true);
}

std::optional<Value> Evaluator::eval_node(const LikeExpr& e, const Expr&) {
  const auto operand = eval(*e.operand);
  if (!operand) return std::nullopt;
  if (const std::string* text = operand->if_string()) return Value(e.pattern.matches(*text));
  return type_error("string", *operand, *e.operand);
}

std::optional<Value> Evaluator::eval_node(const IsExpr& e, const Expr&) {
  const auto operand = eval(*e.operand);
  if (!operand) return std::nullopt;
  const EntityUid* uid = operand->if_entity();
  if (uid == nullptr) return type_error("entity", *operand, *e.operand);
  if (uid->type() != e.type) return Value(false);
  if (e.in == nullptr) return Value(true);
  const auto group = eval(*e.in);
  if (!group) return std::nullopt;
  return in(*operand, *group, *e.operand, *e.in);
}

std::optional<Value> Evaluator::eval_node(const SetExpr& e, const Expr& at) {
  auto elements = eval_all(e.elements);
  if (!elements) return std::nullopt;
  if (depth_of(*elements) > kValueDepthMax) {
    return fail(Kind::kRecursionLimit,
                fmt::format("a set is more than {} values deep", kValueDepthMax), at);
  }
  return Value(Set(*std::move(elements)));
}

std::optional<Value> Evaluator::eval_node(const RecordExpr& e, const Expr& at) {
  std::vector<Field> fields;
  fields.reserve(e.fields.size());
  for (const auto& [name, expr] : e.fields) {
    auto value = eval(*expr);
    if (!value) return std::nullopt;
    fields.push_back({name, *std::move(value)});
  }
  if (depth_of(fields) > kValueDepthMax) {
    return fail(Kind::kRecursionLimit,
                fmt::format("a record is more than {} values deep", kValueDepthMax), at);
  }
  return Value(Record(std::move(fields)));
}

std::optional<Value> Evaluator::eval_node(const CallExpr& e, const Expr& at) {
  const auto arguments = eval_all(e.arguments);
  if (!arguments) return std::nullopt;
  auto outcome = call_extension(e.function, *arguments);
  if (auto* value = std::get_if<Value>(&outcome)) return std::move(*value);
  ExtensionError& error = std::get<ExtensionError>(outcome);
  switch (error.kind) {
    case ExtensionError::Kind::kWrongNumArguments:
      return fail(Kind::kWrongNumArguments, std::move(error.message), at);
    case ExtensionError::Kind::kTypeError:
      return fail(Kind::kTypeError, std::move(error.message), at);
    case ExtensionError::Kind::kFailed:
      return fail(Kind::kFailedExtensionFunctionExecution, std::move(error.message), at);
  }
  WARD_UNREACHABLE();
}

EvaluationError Evaluator::take_error() {
  WARD_CHECK(error_.has_value());
  return *std::exchange(error_, std::nullopt);
}

std::nullopt_t Evaluator::fail(EvaluationErrorKind kind, std::string message, const Expr& at) {
  error_ = EvaluationError{kind, std::move(message), at.span};
  return std::nullopt;
}

std::nullopt_t Evaluator::type_error(std::string_view expected, const Value& got, const Expr& at) {
  return fail(Kind::kTypeError,
              fmt::format("expected {}, got {}", expected, value_kind_name(got.kind())), at);
}

std::nullopt_t Evaluator::no_such_entity(const EntityUid& uid, const Expr& at) {
  return fail(Kind::kEntityDoesNotExist, fmt::format("entity `{}` does not exist", uid.text()), at);
}

}  // namespace ward::cedar
