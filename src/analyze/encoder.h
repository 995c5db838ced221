// A policy's condition as a formula over one request environment. Private to analyze/.
//
// Source: Cedar's symbolic compiler (cedar-lean, SymCC). Every expression is a value and whether
// evaluating it errs; the value means nothing where it does.
#pragma once

#include <unordered_map>

#include "analyze/entity_theory.h"
#include "analyze/logic.h"
#include "cedar/validate/typed_condition.h"

namespace ward::analyze {

// Expressions of all policies of one question.
inline constexpr std::size_t kEncodedExpressionsMax = 1'000'000;

// What a request says, of one solver.
struct RequestTerms {
  cvc::Term principal;
  cvc::Term action;
  cvc::Term resource;
  cvc::Term context;
};

struct Encoded {
  cvc::Term value;
  cvc::Term error;  // boolean
};

// For one condition. All outlive it.
class Encoder {
 public:
  Encoder(Logic& logic, Domains& domains, EntityTheory& entities, const cedar::Schema& schema,
          const RequestTerms& request, const cedar::TypedCondition& condition)
      : logic_(logic),
        domains_(domains),
        entities_(entities),
        schema_(schema),
        request_(request),
        condition_(condition) {}

  // kUnimplemented, naming the construct, for what there is no formula for; kResourceExhausted
  // when `budget`, which is counted down, is used up.
  Result<Encoded> encode(std::size_t& budget);

 private:
  struct Operand {
    cvc::Term value;
    cvc::Term error;
    const Domain* domain;
  };

  Result<Encoded> encode(const cedar::ExprPtr& expr);
  Result<Operand> operand(const cedar::ExprPtr& expr);

  Result<Encoded> encode_node(const cedar::LiteralExpr& node, const cedar::Expr& at);
  Result<Encoded> encode_node(const cedar::VariableExpr& node, const cedar::Expr& at);
  Result<Encoded> encode_node(const cedar::UnaryExpr& node, const cedar::Expr& at);
  Result<Encoded> encode_node(const cedar::BinaryExpr& node, const cedar::Expr& at);
  Result<Encoded> encode_node(const cedar::LogicalExpr& node, const cedar::Expr& at);
  Result<Encoded> encode_node(const cedar::IfExpr& node, const cedar::Expr& at);
  Result<Encoded> encode_node(const cedar::AttributeExpr& node, const cedar::Expr& at);
  Result<Encoded> encode_node(const cedar::HasExpr& node, const cedar::Expr& at);
  Result<Encoded> encode_node(const cedar::LikeExpr& node, const cedar::Expr& at);
  Result<Encoded> encode_node(const cedar::IsExpr& node, const cedar::Expr& at);
  Result<Encoded> encode_node(const cedar::SetExpr& node, const cedar::Expr& at);
  Result<Encoded> encode_node(const cedar::RecordExpr& node, const cedar::Expr& at);
  Result<Encoded> encode_node(const cedar::CallExpr& node, const cedar::Expr& at);

  Result<Encoded> equality(const cedar::BinaryExpr& node, const cedar::Expr& at);
  Result<Encoded> membership(const cedar::BinaryExpr& node);
  Result<Encoded> comparison(cedar::BinaryOp op, const Operand& left, const Operand& right);
  Encoded arithmetic(cedar::BinaryOp op, const Operand& left, const Operand& right);
  Result<Encoded> set_operation(cedar::BinaryOp op, const Operand& left, const Operand& right);
  Result<Encoded> tag_operation(cedar::BinaryOp op, const Operand& left, const Operand& right);
  // An attribute of a record or an entity; nothing when the type has none of the name.
  Result<std::optional<MaybeTerm>> attribute(const Operand& object, const std::string& name);

  // The type that the checker found; a bug when it has not looked.
  Result<cedar::CheckedTypePtr> type_of(const cedar::Expr& expr) const;
  Result<bool> is_always(bool value, const cedar::ExprPtr& expr) const;
  cvc::Term any_error(const Operand& left, const Operand& right) {
    return logic_.either(left.error, right.error);
  }

  Logic& logic_;
  Domains& domains_;
  EntityTheory& entities_;
  const cedar::Schema& schema_;
  const RequestTerms& request_;
  const cedar::TypedCondition& condition_;
  std::size_t* budget_ = nullptr;
  std::unordered_map<const cedar::Expr*, Encoded> done_;
};

}  // namespace ward::analyze
