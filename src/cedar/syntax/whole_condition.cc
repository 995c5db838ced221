#include "cedar/syntax/whole_condition.h"

namespace ward::cedar {
namespace {

void add_scope(std::vector<ExprPtr>& out, Variable variable, const ScopeConstraint& scope,
               const EntityUid* slot) {
  const ExprPtr subject = make_expr(VariableExpr{variable}, scope.span);
  if (scope.type) out.push_back(make_expr(IsExpr{subject, *scope.type, nullptr}, scope.span));
  if (!scope.entity) return;
  WARD_CHECK(!scope.has_slot() || slot != nullptr);
  const EntityUid& uid = scope.has_slot() ? *slot : std::get<EntityUid>(*scope.entity);
  const BinaryOp op =
      scope.kind == ScopeConstraint::Kind::kEqual ? BinaryOp::kEqual : BinaryOp::kIn;
  out.push_back(
      make_expr(BinaryExpr{op, subject, make_expr(LiteralExpr{uid}, scope.span)}, scope.span));
}

void add_action(std::vector<ExprPtr>& out, const ActionConstraint& scope) {
  if (scope.kind == ActionConstraint::Kind::kAny) return;
  std::vector<ExprPtr> entities;
  for (const EntityUid& each : scope.entities) {
    entities.push_back(make_expr(LiteralExpr{each}, scope.span));
  }
  const ExprPtr right = scope.kind == ActionConstraint::Kind::kInSet
                            ? make_expr(SetExpr{std::move(entities)}, scope.span)
                            : entities.front();
  const BinaryOp op =
      scope.kind == ActionConstraint::Kind::kEqual ? BinaryOp::kEqual : BinaryOp::kIn;
  out.push_back(make_expr(
      BinaryExpr{op, make_expr(VariableExpr{Variable::kAction}, scope.span), right}, scope.span));
}

}  // namespace

ExprPtr whole_condition(const PolicyTree& policy, const EntityUid* principal,
                        const EntityUid* resource) {
  std::vector<ExprPtr> all;
  add_scope(all, Variable::kPrincipal, policy.principal, principal);
  add_action(all, policy.action);
  add_scope(all, Variable::kResource, policy.resource, resource);
  for (const Condition& each : policy.conditions) {
    all.push_back(each.is_unless ? make_expr(UnaryExpr{UnaryOp::kNot, each.body}, each.span)
                                 : each.body);
  }
  if (all.empty()) return make_expr(LiteralExpr{true}, policy.span);
  if (all.size() == 1) return all.front();
  return make_expr(LogicalExpr{LogicalOp::kAnd, std::move(all)}, policy.span);
}

}  // namespace ward::cedar
