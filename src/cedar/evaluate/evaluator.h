// The reference engine: walks the tree and does exactly what the language says, nothing else.
//
// Small and obviously right comes first here; a compiled engine is checked against it.
// Semantics: Cedar language 4.5, evaluator of SDK 4.12.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cedar/entity/entity_store.h"
#include "cedar/evaluate/evaluation_error.h"
#include "cedar/evaluate/request.h"
#include "cedar/syntax/policy.h"

namespace ward::cedar {

// What a link puts into the slots of its template.
struct SlotValues {
  std::optional<EntityUid> principal;
  std::optional<EntityUid> resource;

  bool operator==(const SlotValues&) const = default;
};

// One request against any number of policies. Pure; one thread. The request and the entities
// outlive it. Recursion is bounded by kExprDepthMax.
class Evaluator {
 public:
  Evaluator(const Request& request, const EntityStore& entities);

  std::variant<Value, EvaluationError> evaluate(const Expr& expr);

  // Whether scope and conditions hold. Says nothing about permit and forbid.
  std::variant<bool, EvaluationError> satisfied(const PolicyTree& policy, const SlotValues& slots);

 private:
  // An entity of the request, looked up once for all policies.
  struct Known {
    const EntityUid* uid;
    EntityHandle handle;
  };

  // Of all that follow: nothing means that error_ is set.
  std::optional<Value> eval(const Expr& expr);
  std::optional<bool> eval_bool(const Expr& expr);
  std::optional<std::vector<Value>> eval_all(const std::vector<ExprPtr>& exprs);

  std::optional<Value> eval_node(const LiteralExpr& e, const Expr& at);
  std::optional<Value> eval_node(const VariableExpr& e, const Expr& at);
  std::optional<Value> eval_node(const UnaryExpr& e, const Expr& at);
  std::optional<Value> eval_node(const BinaryExpr& e, const Expr& at);
  std::optional<Value> eval_node(const LogicalExpr& e, const Expr& at);
  std::optional<Value> eval_node(const IfExpr& e, const Expr& at);
  std::optional<Value> eval_node(const AttributeExpr& e, const Expr& at);
  std::optional<Value> eval_node(const HasExpr& e, const Expr& at);
  std::optional<Value> eval_node(const LikeExpr& e, const Expr& at);
  std::optional<Value> eval_node(const IsExpr& e, const Expr& at);
  std::optional<Value> eval_node(const SetExpr& e, const Expr& at);
  std::optional<Value> eval_node(const RecordExpr& e, const Expr& at);
  std::optional<Value> eval_node(const CallExpr& e, const Expr& at);

  std::optional<Value> apply(const BinaryExpr& e, const Value& left, const Value& right,
                             const Expr& at);
  std::optional<std::strong_ordering> order(const BinaryExpr& e, const Value& left,
                                            const Value& right);
  std::optional<Value> arithmetic(const BinaryExpr& e, const Value& left, const Value& right,
                                  const Expr& at);
  std::optional<Value> set_operation(const BinaryExpr& e, const Value& left, const Value& right);
  std::optional<Value> tag_operation(const BinaryExpr& e, const Value& left, const Value& right,
                                     const Expr& at);
  // `left in right`, where the operands stood at these expressions.
  std::optional<Value> in(const Value& left, const Value& right, const Expr& left_at,
                          const Expr& right_at);

  std::optional<bool> scope_holds(const ScopeConstraint& scope, const Known& entity,
                                  const std::optional<EntityUid>& slot);
  bool action_holds(const ActionConstraint& scope) const;
  bool is_in(const EntityUid& uid, const EntityUid& ancestor) const;
  EntityHandle find(const EntityUid& uid) const;

  EvaluationError take_error();
  std::nullopt_t fail(EvaluationErrorKind kind, std::string message, const Expr& at);
  std::nullopt_t type_error(std::string_view expected, const Value& got, const Expr& at);
  std::nullopt_t no_such_entity(const EntityUid& uid, const Expr& at);

  const Request& request_;
  const EntityStore& entities_;
  Known principal_;
  Known action_;
  Known resource_;
  std::size_t depth_ = 0;
  std::optional<EvaluationError> error_;
};

}  // namespace ward::cedar
