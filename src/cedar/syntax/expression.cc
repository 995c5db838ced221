#include "cedar/syntax/expression.h"

#include <algorithm>

namespace ward::cedar {
namespace {

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

std::size_t deepest(const std::vector<ExprPtr>& exprs) {
  std::size_t depth = 0;
  for (const ExprPtr& expr : exprs) depth = std::max(depth, expr->depth);
  return depth;
}

// The depth of the deepest child; 0 for a leaf.
std::size_t children_depth(const Expr::Node& node) {
  return std::visit(
      Overloaded{
          [](const LiteralExpr&) { return std::size_t{0}; },
          [](const VariableExpr&) { return std::size_t{0}; },
          [](const UnaryExpr& e) { return e.operand->depth; },
          [](const BinaryExpr& e) { return std::max(e.left->depth, e.right->depth); },
          [](const LogicalExpr& e) { return deepest(e.operands); },
          [](const IfExpr& e) {
            return std::max({e.condition->depth, e.then_branch->depth, e.else_branch->depth});
          },
          [](const AttributeExpr& e) { return e.object->depth; },
          // What it stands for nests once for each name.
          [](const HasExpr& e) { return e.object->depth + e.path.size() - 1; },
          [](const LikeExpr& e) { return e.operand->depth; },
          [](const IsExpr& e) {
            return std::max(e.operand->depth, e.in == nullptr ? 0 : e.in->depth);
          },
          [](const SetExpr& e) { return deepest(e.elements); },
          [](const RecordExpr& e) {
            std::size_t depth = 0;
            for (const auto& [name, value] : e.fields) depth = std::max(depth, value->depth);
            return depth;
          },
          [](const CallExpr& e) { return deepest(e.arguments); },
      },
      node);
}

bool same(const ExprPtr& a, const ExprPtr& b) {
  return same_expression(*a, *b);
}

bool same_all(const std::vector<ExprPtr>& a, const std::vector<ExprPtr>& b) {
  return std::ranges::equal(a, b, same);
}

struct SameNode {
  bool operator()(const LiteralExpr& a, const LiteralExpr& b) const { return a.value == b.value; }
  bool operator()(const VariableExpr& a, const VariableExpr& b) const {
    return a.variable == b.variable;
  }
  bool operator()(const UnaryExpr& a, const UnaryExpr& b) const {
    return a.op == b.op && same(a.operand, b.operand);
  }
  bool operator()(const BinaryExpr& a, const BinaryExpr& b) const {
    return a.op == b.op && same(a.left, b.left) && same(a.right, b.right);
  }
  bool operator()(const LogicalExpr& a, const LogicalExpr& b) const {
    return a.op == b.op && same_all(a.operands, b.operands);
  }
  bool operator()(const IfExpr& a, const IfExpr& b) const {
    return same(a.condition, b.condition) && same(a.then_branch, b.then_branch) &&
           same(a.else_branch, b.else_branch);
  }
  bool operator()(const AttributeExpr& a, const AttributeExpr& b) const {
    return a.name == b.name && same(a.object, b.object);
  }
  bool operator()(const HasExpr& a, const HasExpr& b) const {
    return a.path == b.path && same(a.object, b.object);
  }
  bool operator()(const LikeExpr& a, const LikeExpr& b) const {
    return a.pattern == b.pattern && same(a.operand, b.operand);
  }
  bool operator()(const IsExpr& a, const IsExpr& b) const {
    if (a.type != b.type || !same(a.operand, b.operand)) return false;
    if (a.in == nullptr || b.in == nullptr) return a.in == b.in;
    return same(a.in, b.in);
  }
  bool operator()(const SetExpr& a, const SetExpr& b) const {
    return same_all(a.elements, b.elements);
  }
  bool operator()(const RecordExpr& a, const RecordExpr& b) const {
    return std::ranges::equal(a.fields, b.fields, [](const auto& x, const auto& y) {
      return x.first == y.first && same(x.second, y.second);
    });
  }
  bool operator()(const CallExpr& a, const CallExpr& b) const {
    return a.function == b.function && same_all(a.arguments, b.arguments);
  }
  template <typename A, typename B>
  bool operator()(const A&, const B&) const {
    return false;
  }
};

}  // namespace

std::string_view operator_name(BinaryOp op) {
  switch (op) {
    case BinaryOp::kEqual:
      return "==";
    case BinaryOp::kNotEqual:
      return "!=";
    case BinaryOp::kLess:
      return "<";
    case BinaryOp::kLessEqual:
      return "<=";
    case BinaryOp::kGreater:
      return ">";
    case BinaryOp::kGreaterEqual:
      return ">=";
    case BinaryOp::kIn:
      return "in";
    case BinaryOp::kAdd:
      return "+";
    case BinaryOp::kSubtract:
      return "-";
    case BinaryOp::kMultiply:
      return "*";
    case BinaryOp::kContains:
      return "contains";
    case BinaryOp::kContainsAll:
      return "containsAll";
    case BinaryOp::kContainsAny:
      return "containsAny";
    case BinaryOp::kHasTag:
      return "hasTag";
    case BinaryOp::kGetTag:
      return "getTag";
  }
  WARD_UNREACHABLE();
}

std::string_view variable_name(Variable variable) {
  switch (variable) {
    case Variable::kPrincipal:
      return "principal";
    case Variable::kAction:
      return "action";
    case Variable::kResource:
      return "resource";
    case Variable::kContext:
      return "context";
  }
  WARD_UNREACHABLE();
}

ExprPtr make_expr(Expr::Node node, Span span) {
  const std::size_t depth = children_depth(node) + 1;
  return std::make_shared<const Expr>(Expr{std::move(node), span, depth});
}

std::optional<Variable> find_variable(std::string_view name) {
  for (const Variable each :
       {Variable::kPrincipal, Variable::kAction, Variable::kResource, Variable::kContext}) {
    if (variable_name(each) == name) return each;
  }
  return std::nullopt;
}

ExprPtr make_logical(LogicalOp op, std::vector<ExprPtr> operands, Span span) {
  const auto* first = std::get_if<LogicalExpr>(&operands.front()->node);
  if (first != nullptr && first->op == op) {
    std::vector<ExprPtr> all = first->operands;
    all.insert(all.end(), operands.begin() + 1, operands.end());
    operands = std::move(all);
  }
  return make_expr(LogicalExpr{op, std::move(operands)}, span);
}

bool same_expression(const Expr& a, const Expr& b) {
  return &a == &b || std::visit(SameNode{}, a.node, b.node);
}

}  // namespace ward::cedar
