// Evaluates a typed condition as far as what is known reaches; what is left is an expression again.
//
// Source: Cedar RFC 95 (type-aware partial evaluation). Constants are folded by the reference
// evaluator; types and guards say what cannot fail and may be dropped. A part that may fail is
// never dropped, unless one that fails or ends the evaluation stands before it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "cedar/evaluate/evaluator.h"
#include "cedar/partial/known_store.h"
#include "cedar/partial/partial_request.h"
#include "cedar/validate/typed_condition.h"

namespace ward::cedar {

// Values that are written into a residual have at most so many parts (64 bytes of text are one);
// sets, records and values of extension types only in conditions at most so deep, so that a
// residual is at most so much larger than its policy and its text parses. For others stays what
// gave them.
inline constexpr std::size_t kResidualConstantMax = 32;
inline constexpr std::size_t kResidualFoldDepthMax = 100;

// What an expression comes to, whatever completes the request and the entities.
struct Partial {
  ExprPtr expr;                     // has the value of the original, or fails where that fails
  std::optional<Value> value = {};  // when it is always the same
  bool errs = false;                // it always fails
  bool may_err = false;             // also when it always does
};

// One condition. Pure; one thread. What it is made of outlives it. Recursion is bounded by
// kExprDepthMax.
class PartialEvaluator {
 public:
  PartialEvaluator(const PartialRequest& request, const PartialEntities& entities,
                   const TypedCondition& condition);

  Partial run() { return evaluate(condition_.expr); }

 private:
  Partial evaluate(const ExprPtr& expr);
  Partial node(const ExprPtr& at, const LiteralExpr& e);
  Partial node(const ExprPtr& at, const VariableExpr& e);
  Partial node(const ExprPtr& at, const LogicalExpr& e);
  Partial node(const ExprPtr& at, const IfExpr& e);
  // Of all others: every part is evaluated, then the operation.
  template <typename Node>
  Partial node(const ExprPtr& at, const Node& e);

  Partial entity(const ExprPtr& at, const PartialUid& known) const;
  Partial branch(const ExprPtr& expr, bool is_reached);
  Partial chain(const ExprPtr& at, LogicalOp op, std::vector<Partial> operands) const;
  // What the operation makes of known operands; nothing when it asks for what is not known.
  std::optional<Partial> folded(const ExprPtr& at, const Expr::Node& operation);
  // What is known though not all parts are.
  std::optional<Value> shortcut(const Expr& at, const std::vector<Partial>& parts) const;
  bool may_fail(const Expr& at, const std::vector<Partial>& parts) const;
  bool may_fail(const Expr& at, const AttributeExpr& e, const std::vector<Partial>& parts) const;
  bool holds_flat_parts(const std::vector<ExprPtr>& parts) const;

  Partial constant(const ExprPtr& at, Value value) const;
  // A residual, unless its type says what it is.
  Partial concluded(const ExprPtr& at, Partial partial) const;
  ExprPtr written(const Value& value, const ExprPtr& otherwise) const;

  const CheckedType* type_of(const ExprPtr& expr) const;
  std::optional<bool> always(const ExprPtr& expr) const;  // by its type, if it does not fail
  bool is_guarded(const Expr& access) const;

  const PartialRequest& request_;
  const PartialEntities& entities_;
  const TypedCondition& condition_;
  Request nobody_;  // who asks when constants are folded
  KnownStore known_;
  Evaluator evaluator_;
};

}  // namespace ward::cedar
