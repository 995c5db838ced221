#include "cedar/validate/level_checker.h"

#include <algorithm>

namespace ward::cedar {
namespace {

using Kind = CheckedType::Kind;

std::vector<ExprPtr> all_with_single_steps(const std::vector<ExprPtr>& exprs) {
  std::vector<ExprPtr> out;
  out.reserve(exprs.size());
  for (const ExprPtr& each : exprs) out.push_back(with_single_steps(each));
  return out;
}

struct SingleSteps {
  Span span;

  ExprPtr operator()(const LiteralExpr& e) const { return make_expr(e, span); }
  ExprPtr operator()(const VariableExpr& e) const { return make_expr(e, span); }
  ExprPtr operator()(const UnaryExpr& e) const {
    return make_expr(UnaryExpr{e.op, with_single_steps(e.operand)}, span);
  }
  ExprPtr operator()(const BinaryExpr& e) const {
    return make_expr(BinaryExpr{e.op, with_single_steps(e.left), with_single_steps(e.right)}, span);
  }
  ExprPtr operator()(const LogicalExpr& e) const {
    return make_expr(LogicalExpr{e.op, all_with_single_steps(e.operands)}, span);
  }
  ExprPtr operator()(const IfExpr& e) const {
    return make_expr(IfExpr{with_single_steps(e.condition), with_single_steps(e.then_branch),
                            with_single_steps(e.else_branch)},
                     span);
  }
  ExprPtr operator()(const AttributeExpr& e) const {
    return make_expr(AttributeExpr{with_single_steps(e.object), e.name}, span);
  }
  ExprPtr operator()(const HasExpr& e) const {
    ExprPtr object = with_single_steps(e.object);
    if (e.path.size() == 1) return make_expr(HasExpr{std::move(object), e.path}, span);
    std::vector<ExprPtr> all;
    for (const std::string& name : e.path) {
      all.push_back(make_expr(HasExpr{object, {name}}, span));
      object = make_expr(AttributeExpr{object, name}, span);
    }
    return make_expr(LogicalExpr{LogicalOp::kAnd, std::move(all)}, span);
  }
  ExprPtr operator()(const LikeExpr& e) const {
    return make_expr(LikeExpr{with_single_steps(e.operand), e.pattern}, span);
  }
  ExprPtr operator()(const IsExpr& e) const {
    const ExprPtr operand = with_single_steps(e.operand);
    ExprPtr is = make_expr(IsExpr{operand, e.type, nullptr}, span);
    if (e.in == nullptr) return is;
    ExprPtr in = make_expr(BinaryExpr{BinaryOp::kIn, operand, with_single_steps(e.in)}, span);
    return make_expr(LogicalExpr{LogicalOp::kAnd, {std::move(is), std::move(in)}}, span);
  }
  ExprPtr operator()(const SetExpr& e) const {
    return make_expr(SetExpr{all_with_single_steps(e.elements)}, span);
  }
  ExprPtr operator()(const RecordExpr& e) const {
    RecordExpr out;
    for (const auto& [name, value] : e.fields) {
      out.fields.emplace_back(name, with_single_steps(value));
    }
    return make_expr(std::move(out), span);
  }
  ExprPtr operator()(const CallExpr& e) const {
    return make_expr(CallExpr{e.function, all_with_single_steps(e.arguments)}, span);
  }
};

}  // namespace

ExprPtr with_single_steps(const ExprPtr& expr) {
  return std::visit(SingleSteps{expr->span}, expr->node);
}

bool LevelChecker::is_entity(const ExprPtr& expr) const {
  const auto it = types_.find(expr.get());
  if (it == types_.end() || it->second == nullptr) return false;
  return it->second->kind == Kind::kEntity || it->second->kind == Kind::kAnyEntity;
}

void LevelChecker::fault(Span at, std::string message) {
  errors_.push_back({ValidationError::Kind::kEntityDerefLevelViolation, std::move(message), at});
}

void LevelChecker::read(const ExprPtr& entity, Span at) {
  const std::uint32_t steps = steps_to(entity, {});
  if (steps < level_) return;
  fault(at, fmt::format("this reads entities {} deep, and level {} allows {}", steps + 1, level_,
                        level_));
}

// What an expression is made of, and what of it reads an entity.
struct LevelChecker::Visit {
  LevelChecker& checker;
  Span at;

  void operator()(const LiteralExpr&) const {}
  void operator()(const VariableExpr&) const {}
  void operator()(const UnaryExpr& e) const { checker.check(e.operand); }
  void operator()(const BinaryExpr& e) const {
    const bool reads =
        e.op == BinaryOp::kIn || e.op == BinaryOp::kHasTag || e.op == BinaryOp::kGetTag;
    if (reads) {
      checker.read(e.left, at);
    } else {
      checker.check(e.left);
    }
    checker.check(e.right);
  }
  void operator()(const LogicalExpr& e) const { all(e.operands); }
  void operator()(const IfExpr& e) const {
    checker.check(e.condition);
    checker.check(e.then_branch);
    checker.check(e.else_branch);
  }
  void operator()(const AttributeExpr& e) const { object(e.object); }
  void operator()(const HasExpr& e) const { object(e.object); }
  void operator()(const LikeExpr& e) const { checker.check(e.operand); }
  void operator()(const IsExpr& e) const { checker.check(e.operand); }
  void operator()(const SetExpr& e) const { all(e.elements); }
  void operator()(const RecordExpr& e) const {
    for (const auto& [name, value] : e.fields) checker.check(value);
  }
  void operator()(const CallExpr& e) const { all(e.arguments); }

  void all(const std::vector<ExprPtr>& exprs) const {
    for (const ExprPtr& each : exprs) checker.check(each);
  }
  void object(const ExprPtr& expr) const {
    if (checker.is_entity(expr)) {
      checker.read(expr, at);
    } else {
      checker.check(expr);
    }
  }
};

void LevelChecker::check(const ExprPtr& expr) {
  if (is_typed(expr)) std::visit(Visit{*this, expr->span}, expr->node);
}

struct LevelChecker::Target {
  LevelChecker& checker;
  Span at;
  Path path;

  std::uint32_t operator()(const VariableExpr&) { return 0; }
  std::uint32_t operator()(const LiteralExpr& e) {
    const EntityUid* uid = e.value.if_entity();
    if (uid == nullptr) return unknown();
    if (*uid != checker.action_) {
      checker.fault(at, fmt::format("`{}` cannot be read: only what the request leads to is there, "
                                    "whatever the level",
                                    uid->text()));
    }
    return 0;
  }
  std::uint32_t operator()(const IfExpr& e) {
    checker.check(e.condition);
    std::uint32_t out = 0;
    for (const ExprPtr& branch : {e.then_branch, e.else_branch}) {
      if (checker.is_typed(branch)) out = std::max(out, checker.steps_to(branch, path));
    }
    return out;
  }
  std::uint32_t operator()(const AttributeExpr& e) {
    if (checker.is_entity(e.object)) return checker.steps_to(e.object, std::move(path)) + 1;
    path.push_back(e.name);
    return checker.steps_to(e.object, std::move(path));
  }
  std::uint32_t operator()(const BinaryExpr& e) {
    if (e.op != BinaryOp::kGetTag) return unknown();
    checker.check(e.right);
    return checker.steps_to(e.left, std::move(path)) + 1;
  }
  std::uint32_t operator()(const RecordExpr& e) {
    if (path.empty()) return unknown();
    const std::string_view taken = path.back();
    path.pop_back();
    std::uint32_t out = 0;
    for (const auto& [name, value] : e.fields) {
      if (name == taken) {
        out = checker.steps_to(value, path);
      } else {
        checker.check(value);
      }
    }
    return out;
  }
  template <typename Other>
  std::uint32_t operator()(const Other&) {
    return unknown();
  }

  // Nothing else is an entity; what is not known is refused.
  std::uint32_t unknown() {
    checker.fault(at, "this leads to no entity that could be read");
    return 0;
  }
};

std::uint32_t LevelChecker::steps_to(const ExprPtr& expr, Path path) {
  return std::visit(Target{*this, expr->span, std::move(path)}, expr->node);
}

}  // namespace ward::cedar
