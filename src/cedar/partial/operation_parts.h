// Operations taken apart and put together again. Private to partial/.
#pragma once

#include <utility>

#include "cedar/syntax/expression.h"

namespace ward::cedar {

// The same operation on what `f` makes of its parts, which are taken from the left.
template <typename F>
Expr::Node with_parts(const UnaryExpr& e, F f) {
  return UnaryExpr{e.op, f(e.operand)};
}
template <typename F>
Expr::Node with_parts(const BinaryExpr& e, F f) {
  ExprPtr left = f(e.left);
  return BinaryExpr{e.op, std::move(left), f(e.right)};
}
template <typename F>
Expr::Node with_parts(const AttributeExpr& e, F f) {
  return AttributeExpr{f(e.object), e.name};
}
template <typename F>
Expr::Node with_parts(const HasExpr& e, F f) {
  return HasExpr{f(e.object), e.path};
}
template <typename F>
Expr::Node with_parts(const LikeExpr& e, F f) {
  return LikeExpr{f(e.operand), e.pattern};
}
template <typename F>
Expr::Node with_parts(const IsExpr& e, F f) {
  return IsExpr{f(e.operand), e.type, nullptr};  // a typed condition has no `is ... in`
}
template <typename F>
Expr::Node with_parts(const SetExpr& e, F f) {
  SetExpr out;
  for (const ExprPtr& each : e.elements) out.elements.push_back(f(each));
  return out;
}
template <typename F>
Expr::Node with_parts(const RecordExpr& e, F f) {
  RecordExpr out;
  for (const auto& [name, value] : e.fields) out.fields.emplace_back(name, f(value));
  return out;
}
template <typename F>
Expr::Node with_parts(const CallExpr& e, F f) {
  CallExpr out{e.function, {}};
  for (const ExprPtr& each : e.arguments) out.arguments.push_back(f(each));
  return out;
}

}  // namespace ward::cedar
