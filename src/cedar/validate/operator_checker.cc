// Operators and calls, apart from the other expressions for size.
#include <algorithm>
#include <array>

#include "cedar/validate/type_checker.h"

namespace ward::cedar {
namespace {

using Kind = CheckedType::Kind;
using Fault = ValidationError::Kind;

CheckedTypePtr negated(const CheckedTypePtr& type) {
  if (type->kind == Kind::kTrue) return checked_bool(false);
  if (type->kind == Kind::kFalse) return checked_bool(true);
  return type;
}

bool is_ordered(const CheckedType& type) {
  return type.kind == Kind::kLong ||
         (type.kind == Kind::kExtension && (type.extension == ExtensionType::kDatetime ||
                                            type.extension == ExtensionType::kDuration));
}

struct CallType {
  std::vector<CheckedTypePtr> arguments;
  CheckedTypePtr result;
  bool is_constructor = false;
};

CallType call_type(ExtensionFunction function) {
  const auto extension = [](ExtensionType type) { return checked_extension(type); };
  const CheckedTypePtr decimal = extension(ExtensionType::kDecimal);
  const CheckedTypePtr ip = extension(ExtensionType::kIpaddr);
  const CheckedTypePtr datetime = extension(ExtensionType::kDatetime);
  const CheckedTypePtr duration = extension(ExtensionType::kDuration);
  const CheckedTypePtr text = checked(Kind::kString);
  const CheckedTypePtr boolean = checked(Kind::kBool);
  switch (function) {
    case ExtensionFunction::kDecimal:
      return {{text}, decimal, true};
    case ExtensionFunction::kIp:
      return {{text}, ip, true};
    case ExtensionFunction::kDatetime:
      return {{text}, datetime, true};
    case ExtensionFunction::kDuration:
      return {{text}, duration, true};
    case ExtensionFunction::kLessThan:
    case ExtensionFunction::kLessThanOrEqual:
    case ExtensionFunction::kGreaterThan:
    case ExtensionFunction::kGreaterThanOrEqual:
      return {{decimal, decimal}, boolean};
    case ExtensionFunction::kIsIpv4:
    case ExtensionFunction::kIsIpv6:
    case ExtensionFunction::kIsLoopback:
    case ExtensionFunction::kIsMulticast:
      return {{ip}, boolean};
    case ExtensionFunction::kIsInRange:
      return {{ip, ip}, boolean};
    case ExtensionFunction::kOffset:
      return {{datetime, duration}, datetime};
    case ExtensionFunction::kDurationSince:
      return {{datetime, datetime}, duration};
    case ExtensionFunction::kToDate:
      return {{datetime}, datetime};
    case ExtensionFunction::kToTime:
      return {{datetime}, duration};
    case ExtensionFunction::kToMilliseconds:
    case ExtensionFunction::kToSeconds:
    case ExtensionFunction::kToMinutes:
    case ExtensionFunction::kToHours:
    case ExtensionFunction::kToDays:
      return {{duration}, checked(Kind::kLong)};
  }
  WARD_UNREACHABLE();
}

bool are_disjoint(const std::vector<EntityType>& a, const std::vector<EntityType>& b) {
  return std::ranges::none_of(
      a, [&](const EntityType& each) { return std::ranges::find(b, each) != b.end(); });
}

bool is_same_kind(const CheckedType& a, const CheckedType& b) {
  return a.kind == b.kind && (a.kind != Kind::kExtension || a.extension == b.extension);
}

}  // namespace

TypeChecker::Answer TypeChecker::check_node(const Capabilities& prior, const ExprPtr&,
                                            const UnaryExpr& node) {
  switch (node.op) {
    case UnaryOp::kNot: {
      const Answer operand = expect(prior, node.operand, {Wanted::kBool});
      if (!operand.type) return {checked(Kind::kBool), {}, false};
      return {negated(operand.type), {}, operand.is_ok};
    }
    case UnaryOp::kNegate:
      return {checked(Kind::kLong), {}, expect(prior, node.operand, {Wanted::kLong}).is_ok};
    case UnaryOp::kIsEmpty:
      return {checked(Kind::kBool), {}, expect(prior, node.operand, {Wanted::kSet}).is_ok};
  }
  WARD_UNREACHABLE();
}

TypeChecker::Answer TypeChecker::check_node(const Capabilities& prior, const ExprPtr& expr,
                                            const BinaryExpr& node) {
  switch (node.op) {
    case BinaryOp::kEqual:
      return equality(prior, expr, node);
    case BinaryOp::kNotEqual: {
      const Answer equal = equality(prior, expr, node);
      return {negated(equal.type), {}, equal.is_ok};
    }
    case BinaryOp::kLess:
    case BinaryOp::kLessEqual:
    case BinaryOp::kGreater:
    case BinaryOp::kGreaterEqual:
      return comparison(prior, node);
    case BinaryOp::kIn:
      return membership(prior, node.left, node.right);
    case BinaryOp::kAdd:
    case BinaryOp::kSubtract:
    case BinaryOp::kMultiply:
      return arithmetic(prior, node);
    case BinaryOp::kContains:
      return contains(prior, expr, node);
    case BinaryOp::kContainsAll:
    case BinaryOp::kContainsAny:
      return contains_many(prior, expr, node);
    case BinaryOp::kHasTag:
      return has_tag(prior, node);
    case BinaryOp::kGetTag:
      return get_tag(prior, expr, node);
  }
  WARD_UNREACHABLE();
}

TypeChecker::Answer TypeChecker::same_type(const ExprPtr& expr, std::string_view what,
                                           const CheckedTypePtr& left, const CheckedTypePtr& right,
                                           Answer answer) {
  if (mode_ == ValidationMode::kPermissive) return answer;
  if (answer.type->kind == Kind::kTrue || answer.type->kind == Kind::kFalse) return answer;
  if (!left || !right || least_upper_bound(left, right, mode_)) return answer;
  fault(Fault::kIncompatibleTypes, expr->span, "{} must be of one type, got `{}` and `{}`", what,
        to_text(*left), to_text(*right));
  answer.is_ok = false;
  return answer;
}

TypeChecker::Answer TypeChecker::equality(const Capabilities& prior, const ExprPtr& expr,
                                          const BinaryExpr& node) {
  const Answer left = check(prior, node.left);
  const Answer right = check(prior, node.right);
  Answer answer{checked(Kind::kBool), {}, left.is_ok && right.is_ok};
  const auto literal = [&](const ExprPtr& side) -> std::optional<Value> {
    if (const EntityUid* uid = entity_of(side)) return Value(*uid);
    const auto* found = std::get_if<LiteralExpr>(&side->node);
    return found == nullptr ? std::nullopt : std::optional(found->value);
  };
  const bool are_entities = left.type && right.type && left.type->kind == Kind::kEntity &&
                            right.type->kind == Kind::kEntity;
  if (are_entities && are_disjoint(left.type->entities, right.type->entities)) {
    answer.type = checked_bool(false);
  } else if (const auto a = literal(node.left), b = literal(node.right); a && b) {
    answer.type = checked_bool(*a == *b);
  }
  return same_type(expr, "what is compared", left.type, right.type, std::move(answer));
}

TypeChecker::Answer TypeChecker::comparison(const Capabilities& prior, const BinaryExpr& node) {
  const Answer left = check(prior, node.left);
  const Answer right = check(prior, node.right);
  Answer answer{checked(Kind::kBool), {}, left.is_ok && right.is_ok};
  if (!left.type || !right.type) return {checked(Kind::kBool), {}, false};
  if (is_same_kind(*left.type, *right.type) && is_ordered(*left.type)) return answer;
  answer.is_ok = false;
  const bool left_fits = is_ordered(*left.type);
  const bool right_fits = is_ordered(*right.type);
  if (left_fits || !right_fits) {
    fault(Fault::kUnexpectedType, node.right->span, "expected {}, got a value of type `{}`",
          left_fits ? "`" + to_text(*left.type) + "`" : "`Long`, `datetime` or `duration`",
          to_text(*right.type));
  }
  if (!left_fits) {
    fault(Fault::kUnexpectedType, node.left->span, "expected {}, got a value of type `{}`",
          right_fits ? "`" + to_text(*right.type) + "`" : "`Long`, `datetime` or `duration`",
          to_text(*left.type));
  }
  return answer;
}

TypeChecker::Answer TypeChecker::arithmetic(const Capabilities& prior, const BinaryExpr& node) {
  const Answer left = expect(prior, node.left, {Wanted::kLong});
  const Answer right = expect(prior, node.right, {Wanted::kLong});
  return {checked(Kind::kLong), {}, left.is_ok && right.is_ok};
}

const EntityUid* TypeChecker::entity_of(const ExprPtr& expr) const {
  if (const auto* literal = std::get_if<LiteralExpr>(&expr->node)) {
    return literal->value.if_entity();
  }
  const auto* variable = std::get_if<VariableExpr>(&expr->node);
  const bool is_the_action = variable != nullptr && variable->variable == Variable::kAction;
  return is_the_action ? &environment_.action->uid : nullptr;
}

std::optional<std::vector<EntityUid>> TypeChecker::entities_of(const ExprPtr& expr) const {
  if (const EntityUid* uid = entity_of(expr)) return std::vector{*uid};
  const auto* set = std::get_if<SetExpr>(&expr->node);
  if (set == nullptr) return std::nullopt;
  std::vector<EntityUid> out;
  for (const ExprPtr& each : set->elements) {
    const EntityUid* uid = entity_of(each);
    if (uid == nullptr) return std::nullopt;
    out.push_back(*uid);
  }
  return out;
}

// Actions and their groups are all in the schema, so the answer is known.
CheckedTypePtr TypeChecker::action_in(const EntityUid& action, const std::vector<EntityUid>& groups,
                                      bool& is_ok) const {
  const ActionInfo* info = schema_.find_action(action);
  bool is_in = false;
  for (const EntityUid& each : groups) {
    if (!is_action(each.type())) continue;
    const ActionInfo* group = schema_.find_action(each);
    if (group == nullptr || info == nullptr) {
      is_ok = false;
      return checked(Kind::kBool);
    }
    is_in = is_in || group == info ||
            std::ranges::binary_search(info->ancestors, schema_.index_of(*group));
  }
  return checked_bool(is_in);
}

bool TypeChecker::may_be_in(const EntityType& inner, const EntityType& outer) const {
  if (inner == outer) return true;
  const EntityTypeInfo* a = schema_.find(inner);
  const EntityTypeInfo* b = schema_.find(outer);
  if (a != nullptr && b != nullptr) {
    return std::ranges::binary_search(a->ancestors, schema_.index_of(*b));
  }
  return std::ranges::any_of(schema_.actions(), [&](const ActionInfo& each) {
    return each.uid.type() == inner &&
           std::ranges::any_of(each.ancestors, [&](std::uint32_t group) {
             return schema_.actions()[group].uid.type() == outer;
           });
  });
}

bool TypeChecker::may_be_in(const CheckedType& inner, const CheckedType& outer) const {
  if (inner.kind != Kind::kEntity || outer.kind != Kind::kEntity) return true;
  return std::ranges::any_of(inner.entities, [&](const EntityType& a) {
    return std::ranges::any_of(outer.entities,
                               [&](const EntityType& b) { return may_be_in(a, b); });
  });
}

TypeChecker::Answer TypeChecker::membership(const Capabilities& prior, const ExprPtr& left,
                                            const ExprPtr& right) {
  const Answer inner = expect(prior, left, {Wanted::kEntity});
  const Answer outer = expect(prior, right, {Wanted::kEntity, Wanted::kEntitySet});
  if (!inner.is_ok || !outer.is_ok) return {checked(Kind::kBool), {}, false};
  const EntityUid* uid = entity_of(left);
  const auto uids = entities_of(right);
  if (uid != nullptr && uids && is_action(uid->type())) {
    bool is_ok = true;
    CheckedTypePtr type = action_in(*uid, *uids, is_ok);
    return {std::move(type), {}, is_ok};
  }
  const CheckedType& of = outer.type->kind == Kind::kSet ? *outer.type->element : *outer.type;
  return {may_be_in(*inner.type, of) ? checked(Kind::kBool) : checked_bool(false)};
}

TypeChecker::Answer TypeChecker::contains(const Capabilities& prior, const ExprPtr& expr,
                                          const BinaryExpr& node) {
  const Answer set = expect(prior, node.left, {Wanted::kSet});
  const Answer element = check(prior, node.right);
  return same_type(expr, "the elements of the set and what is looked for",
                   set.type ? set.type->element : nullptr, element.type,
                   {checked(Kind::kBool), {}, set.is_ok && element.is_ok});
}

TypeChecker::Answer TypeChecker::contains_many(const Capabilities& prior, const ExprPtr& expr,
                                               const BinaryExpr& node) {
  const Answer left = expect(prior, node.left, {Wanted::kSet});
  const Answer right = expect(prior, node.right, {Wanted::kSet});
  return same_type(expr, "the two sets", left.type, right.type,
                   {checked(Kind::kBool), {}, left.is_ok && right.is_ok});
}

TypeChecker::Answer TypeChecker::has_tag(const Capabilities& prior, const BinaryExpr& node) {
  const Answer entity = expect(prior, node.left, {Wanted::kEntity});
  const Answer key = expect(prior, node.right, {Wanted::kString});
  if (!entity.type) return {nullptr, {}, false};
  const Capability known{node.left, {}, node.right};
  const bool is_ok = entity.is_ok && key.is_ok;
  CheckedTypePtr type = checked(Kind::kBool);
  if (tags_of(*entity.type).empty()) {
    type = checked_bool(false);
  } else if (prior.contains(known)) {
    type = checked_bool(true);
  }
  return {std::move(type), is_ok ? Capabilities(known) : Capabilities(), is_ok};
}

TypeChecker::Answer TypeChecker::get_tag(const Capabilities& prior, const ExprPtr& expr,
                                         const BinaryExpr& node) {
  const Answer entity = expect(prior, node.left, {Wanted::kEntity});
  const Answer key = expect(prior, node.right, {Wanted::kString});
  if (!entity.type) return {nullptr, {}, false};
  if (!is_guarded(prior, expr, {node.left, {}, node.right})) {
    fault(Fault::kUnsafeTagAccess, expr->span,
          "this tag of `{}` may be absent: ask `hasTag()` with the same key first",
          to_text(*entity.type));
    return {nullptr, {}, false};
  }
  std::vector<CheckedTypePtr> tags;
  for (const Type* each : tags_of(*entity.type)) tags.push_back(types_.of(*each));
  if (tags.empty()) {
    fault(Fault::kNoTagsAllowed, expr->span, "a `{}` has no tags", to_text(*entity.type));
    return {nullptr, {}, false};
  }
  CheckedTypePtr type = bound(expr, "the tags", tags);
  if (!type) return {nullptr, {}, false};
  return {std::move(type), {}, entity.is_ok && key.is_ok};
}

TypeChecker::Answer TypeChecker::check_node(const Capabilities& prior, const ExprPtr& expr,
                                            const CallExpr& node) {
  const CallType call = call_type(node.function);
  const std::string_view name = extension_signature(node.function).name;
  bool is_ok = true;
  if (node.arguments.size() != call.arguments.size()) {
    fault(Fault::kWrongNumberArguments, expr->span, "`{}` takes {} arguments, got {}", name,
          call.arguments.size(), node.arguments.size());
    is_ok = false;
  }
  if (call.is_constructor) {
    const auto is_literal = [](const ExprPtr& each) {
      return std::holds_alternative<LiteralExpr>(each->node);
    };
    const bool are_literals = std::ranges::all_of(node.arguments, is_literal);
    if (!are_literals && mode_ == ValidationMode::kStrict) {
      fault(Fault::kNonLitExtConstructor, expr->span,
            "`{}` must be given a literal, so that it can be checked before it is used", name);
      is_ok = false;
    } else if (are_literals && node.arguments.size() == 1) {
      const Value& argument = std::get<LiteralExpr>(node.arguments[0]->node).value;
      const auto made = call_extension(node.function, {&argument, 1});
      const auto* error = std::get_if<ExtensionError>(&made);
      if (argument.if_string() != nullptr && error != nullptr) {
        fault(Fault::kFunctionArgumentValidation, expr->span, "`{}`: {}", name, error->message);
        is_ok = false;
      }
    }
  }
  if (!is_ok) {
    for (const ExprPtr& each : node.arguments) (void)check(prior, each);
    return {call.result, {}, false};
  }
  for (std::size_t i = 0; i < node.arguments.size(); ++i) {
    const Answer argument = check(prior, node.arguments[i]);
    is_ok = is_ok && argument.is_ok;
    if (!argument.type || is_same_kind(*argument.type, *call.arguments[i])) continue;
    fault(Fault::kUnexpectedType, node.arguments[i]->span,
          "expected `{}`, got a value of type `{}`", to_text(*call.arguments[i]),
          to_text(*argument.type));
    is_ok = false;
  }
  return {call.result, {}, is_ok};
}

}  // namespace ward::cedar
