#include "cedar/partial/partial_evaluator.h"

#include <algorithm>
#include <utility>

#include "cedar/partial/operation_parts.h"
#include "cedar/syntax/parser.h"

namespace ward::cedar {
namespace {

using Kind = CheckedType::Kind;

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

// The parts of a value as an expression, and more than kResidualConstantMax for one that none may
// be made of: strict validation knows no `[]`.
std::size_t parts_of(const Value& value) {
  constexpr std::size_t kBytesOfAPart = 64;
  constexpr std::size_t kTooMany = kResidualConstantMax + 1;
  std::size_t count = 1;
  if (const std::string* text = value.if_string()) count += text->size() / kBytesOfAPart;
  if (const EntityUid* uid = value.if_entity()) count += uid->id().size() / kBytesOfAPart;
  if (const Set* set = value.if_set()) {
    if (set->empty()) return kTooMany;
    for (const Value& each : set->elements()) {
      if (count < kTooMany) count += parts_of(each);
    }
  }
  if (const Record* record = value.if_record()) {
    for (const Field& each : record->fields()) {
      if (count < kTooMany) count += parts_of(each.value) + each.name.size() / kBytesOfAPart;
    }
  }
  return count;
}

bool is_a_literal(Value::Kind kind) {
  return kind == Value::Kind::kBool || kind == Value::Kind::kLong || kind == Value::Kind::kString ||
         kind == Value::Kind::kEntity;
}

// Constructors are given literals, which validation has tried.
bool may_fail(ExtensionFunction function) {
  return function == ExtensionFunction::kOffset || function == ExtensionFunction::kDurationSince ||
         function == ExtensionFunction::kToDate;
}

Partial failure(ExprPtr expr) {
  return {.expr = std::move(expr), .errs = true, .may_err = true};
}

ExprPtr negated(const ExprPtr& expr, Span span) {
  const auto* inner = std::get_if<UnaryExpr>(&expr->node);
  if (inner != nullptr && inner->op == UnaryOp::kNot) return inner->operand;
  return make_expr(UnaryExpr{UnaryOp::kNot, expr}, span);
}

}  // namespace

PartialEvaluator::PartialEvaluator(const PartialRequest& request, const PartialEntities& entities,
                                   const TypedCondition& condition)
    : request_(request),
      entities_(entities),
      condition_(condition),
      nobody_{.principal = EntityUid(EntityType::unchecked(""), ""),
              .action = EntityUid(EntityType::unchecked(""), ""),
              .resource = EntityUid(EntityType::unchecked(""), ""),
              .context = {}},
      known_(entities),
      evaluator_(nobody_, known_) {}

const CheckedType* PartialEvaluator::type_of(const ExprPtr& expr) const {
  const auto it = condition_.types.find(expr.get());
  return it == condition_.types.end() ? nullptr : it->second.get();
}

std::optional<bool> PartialEvaluator::always(const ExprPtr& expr) const {
  const CheckedType* type = type_of(expr);
  if (type == nullptr || (type->kind != Kind::kTrue && type->kind != Kind::kFalse)) {
    return std::nullopt;
  }
  return type->kind == Kind::kTrue;
}

bool PartialEvaluator::is_guarded(const Expr& access) const {
  const auto it = condition_.guards.find(&access);
  return it != condition_.guards.end() && it->second;
}

Partial PartialEvaluator::constant(const ExprPtr& at, Value value) const {
  ExprPtr expr = written(value, at);
  return {.expr = std::move(expr), .value = std::move(value)};
}

ExprPtr PartialEvaluator::written(const Value& value, const ExprPtr& otherwise) const {
  if (parts_of(value) > kResidualConstantMax) return otherwise;
  if (is_a_literal(value.kind())) return make_expr(LiteralExpr{value}, otherwise->span);
  if (condition_.expr->depth > kResidualFoldDepthMax) return otherwise;
  auto parsed = parse_expression(to_text(value));
  return parsed.ok() ? *std::move(parsed) : otherwise;
}

Partial PartialEvaluator::concluded(const ExprPtr& at, Partial partial) const {
  const auto truth = always(at);
  return truth && !partial.may_err ? constant(at, *truth) : partial;
}

Partial PartialEvaluator::evaluate(const ExprPtr& expr) {
  return std::visit([&](const auto& e) { return node(expr, e); }, expr->node);
}

Partial PartialEvaluator::node(const ExprPtr& at, const LiteralExpr& e) {
  return {.expr = at, .value = e.value};
}

Partial PartialEvaluator::entity(const ExprPtr& at, const PartialUid& known) const {
  if (known.uid) return constant(at, *known.uid);
  return {.expr = at};
}

Partial PartialEvaluator::node(const ExprPtr& at, const VariableExpr& e) {
  switch (e.variable) {
    case Variable::kPrincipal:
      return entity(at, request_.principal);
    case Variable::kAction:
      return constant(at, request_.action);
    case Variable::kResource:
      return entity(at, request_.resource);
    case Variable::kContext:
      if (request_.context) return constant(at, *request_.context);
      return {.expr = at};
  }
  WARD_UNREACHABLE();
}

Partial PartialEvaluator::node(const ExprPtr& at, const LogicalExpr& e) {
  const bool decisive = e.op == LogicalOp::kOr;  // the value that ends the evaluation
  std::vector<Partial> kept;
  for (const ExprPtr& operand : e.operands) {
    Partial next = evaluate(operand);
    const bool* truth = next.value ? next.value->if_bool() : nullptr;
    if (next.value && truth == nullptr) next = failure(next.expr);
    if (truth != nullptr && *truth != decisive) continue;
    if (truth != nullptr) {
      // What cannot fail comes to the same whether it is asked or not.
      while (!kept.empty() && !kept.back().may_err) kept.pop_back();
      if (kept.empty()) return constant(at, decisive);
    }
    const bool ends = truth != nullptr || next.errs || always(operand) == decisive;
    kept.push_back(std::move(next));
    if (ends) break;
  }
  return chain(at, e.op, std::move(kept));
}

Partial PartialEvaluator::chain(const ExprPtr& at, LogicalOp op,
                                std::vector<Partial> operands) const {
  if (operands.empty()) return constant(at, op == LogicalOp::kAnd);
  if (operands.size() == 1) return std::move(operands.front());
  Partial out{.expr = nullptr};
  out.errs = operands.front().errs;
  std::vector<ExprPtr> all;
  for (const Partial& each : operands) {
    out.may_err = out.may_err || each.may_err;
    const auto* inner = std::get_if<LogicalExpr>(&each.expr->node);
    if (inner != nullptr && inner->op == op) {
      all.insert(all.end(), inner->operands.begin(), inner->operands.end());
    } else {
      all.push_back(each.expr);
    }
  }
  out.expr = make_expr(LogicalExpr{op, std::move(all)}, at->span);
  return concluded(at, std::move(out));
}

// What is never reached was not typed either and stays as it is.
Partial PartialEvaluator::branch(const ExprPtr& expr, bool is_reached) {
  if (is_reached) return evaluate(expr);
  return {.expr = expr, .may_err = true};
}

Partial PartialEvaluator::node(const ExprPtr& at, const IfExpr& e) {
  const Partial test = evaluate(e.condition);
  if (test.value) {
    if (const bool* truth = test.value->if_bool()) {
      return evaluate(*truth ? e.then_branch : e.else_branch);
    }
  }
  if (test.errs || test.value) {
    return failure(make_expr(IfExpr{test.expr, e.then_branch, e.else_branch}, at->span));
  }
  const auto known = always(e.condition);
  const Partial then = branch(e.then_branch, known != false);
  const Partial otherwise = branch(e.else_branch, known != true);
  if (then.value && otherwise.value && then.value->if_bool() && otherwise.value->if_bool()) {
    const bool first = *then.value->if_bool();
    if (first != *otherwise.value->if_bool()) {
      const ExprPtr expr = first ? test.expr : negated(test.expr, at->span);
      return concluded(at, {.expr = expr, .may_err = test.may_err});
    }
  }
  if (!test.may_err && then.value && then.value == otherwise.value) {
    return constant(at, *then.value);
  }
  Partial out{.expr = make_expr(IfExpr{test.expr, then.expr, otherwise.expr}, at->span)};
  out.errs = then.errs && otherwise.errs;
  out.may_err = test.may_err || then.may_err || otherwise.may_err;
  return concluded(at, std::move(out));
}

template <typename Node>
Partial PartialEvaluator::node(const ExprPtr& at, const Node& e) {
  std::vector<Partial> parts;
  (void)with_parts(e, [&](const ExprPtr& part) {
    parts.push_back(evaluate(part));
    return part;
  });
  std::size_t next = 0;
  bool is_changed = false;
  Expr::Node rebuilt = with_parts(e, [&](const ExprPtr& part) {
    const ExprPtr& made = parts[next++].expr;
    is_changed = is_changed || made != part;
    return made;
  });
  const ExprPtr expr = is_changed ? make_expr(std::move(rebuilt), at->span) : at;
  if (std::ranges::any_of(parts, &Partial::errs)) return failure(expr);
  if (std::ranges::all_of(parts, [](const Partial& each) { return each.value.has_value(); })) {
    next = 0;
    auto done = folded(at, with_parts(e, [&](const ExprPtr&) {
                         return make_expr(LiteralExpr{*parts[next++].value});
                       }));
    if (done) return done->errs ? failure(expr) : *std::move(done);
  }
  if (auto value = shortcut(*at, parts)) return constant(at, *std::move(value));
  const bool may_err = std::ranges::any_of(parts, &Partial::may_err) || may_fail(*at, parts);
  return concluded(at, {.expr = expr, .may_err = may_err});
}

std::optional<Partial> PartialEvaluator::folded(const ExprPtr& at, const Expr::Node& operation) {
  known_.forget();
  auto outcome = evaluator_.evaluate(*make_expr(operation, at->span));
  if (known_.has_missed()) return std::nullopt;
  if (auto* value = std::get_if<Value>(&outcome)) return constant(at, std::move(*value));
  return failure(at);
}

std::optional<Value> PartialEvaluator::shortcut(const Expr& at,
                                                const std::vector<Partial>& parts) const {
  const auto* e = std::get_if<BinaryExpr>(&at.node);
  if (e == nullptr) return std::nullopt;
  const Partial& left = parts[0];
  const Partial& right = parts[1];
  const bool is_equality = e->op == BinaryOp::kEqual || e->op == BinaryOp::kNotEqual;
  if (is_equality && !left.may_err && !right.may_err && same_expression(*left.expr, *right.expr)) {
    return Value(e->op == BinaryOp::kEqual);
  }
  const Set* groups = e->op == BinaryOp::kIn && right.value ? right.value->if_set() : nullptr;
  if (groups == nullptr) return std::nullopt;
  if (left.value && groups->contains(*left.value)) return Value(true);
  if (groups->empty() && !left.may_err) return Value(false);
  return std::nullopt;
}

bool PartialEvaluator::may_fail(const Expr& at, const AttributeExpr& e,
                                const std::vector<Partial>& parts) const {
  const CheckedType* object = type_of(e.object);
  if (object == nullptr) return true;
  // An attribute that is asked for without a guard is required, but the entity need not exist.
  if (object->kind == Kind::kRecord || is_guarded(at)) return false;
  const EntityUid* uid = parts[0].value ? parts[0].value->if_entity() : nullptr;
  return uid == nullptr || entities_.exists(*uid) != true;
}

// A set or record of others may be deeper than a value may be.
bool PartialEvaluator::holds_flat_parts(const std::vector<ExprPtr>& parts) const {
  return std::ranges::all_of(parts, [&](const ExprPtr& part) {
    const CheckedType* type = type_of(part);
    return type != nullptr && type->kind != Kind::kSet && type->kind != Kind::kRecord;
  });
}

bool PartialEvaluator::may_fail(const Expr& at, const std::vector<Partial>& parts) const {
  return std::visit(Overloaded{
                        [](const UnaryExpr& e) { return e.op == UnaryOp::kNegate; },
                        [&](const BinaryExpr& e) {
                          const bool may_overflow = e.op == BinaryOp::kAdd ||
                                                    e.op == BinaryOp::kSubtract ||
                                                    e.op == BinaryOp::kMultiply;
                          return may_overflow || (e.op == BinaryOp::kGetTag && !is_guarded(at));
                        },
                        [&](const AttributeExpr& e) { return may_fail(at, e, parts); },
                        [&](const SetExpr& e) { return !holds_flat_parts(e.elements); },
                        [&](const RecordExpr& e) {
                          std::vector<ExprPtr> fields;
                          for (const auto& [name, value] : e.fields) fields.push_back(value);
                          return !holds_flat_parts(fields);
                        },
                        [](const CallExpr& e) { return cedar::may_fail(e.function); },
                        [](const auto&) { return false; },
                    },
                    at.node);
}

}  // namespace ward::cedar
