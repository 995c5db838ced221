// Operators with two operands.
#include "analyze/constant.h"
#include "analyze/encoder.h"

namespace ward::analyze {

using cedar::BinaryOp;

namespace {

Error two_types(BinaryOp op) {
  return make_error(ErrorCode::kInternal, "the operands of a valid `{}` are of two types",
                    cedar::operator_name(op));
}

}  // namespace

Result<Encoded> Encoder::encode_node(const cedar::BinaryExpr& node, const cedar::Expr& at) {
  if (node.op == BinaryOp::kEqual || node.op == BinaryOp::kNotEqual) return equality(node, at);
  if (node.op == BinaryOp::kIn) return membership(node);
  WARD_TRY(const Operand left, operand(node.left));
  WARD_TRY(const Operand right, operand(node.right));
  switch (node.op) {
    case BinaryOp::kEqual:
    case BinaryOp::kNotEqual:
    case BinaryOp::kIn:
      break;
    case BinaryOp::kLess:
    case BinaryOp::kLessEqual:
    case BinaryOp::kGreater:
    case BinaryOp::kGreaterEqual:
      return comparison(node.op, left, right);
    case BinaryOp::kAdd:
    case BinaryOp::kSubtract:
    case BinaryOp::kMultiply:
      return arithmetic(node.op, left, right);
    case BinaryOp::kContains:
    case BinaryOp::kContainsAll:
    case BinaryOp::kContainsAny:
      return set_operation(node.op, left, right);
    case BinaryOp::kHasTag:
    case BinaryOp::kGetTag:
      return tag_operation(node.op, left, right);
  }
  WARD_UNREACHABLE();
}

Result<Encoded> Encoder::equality(const cedar::BinaryExpr& node, const cedar::Expr& at) {
  WARD_TRY(const Operand left, operand(node.left));
  WARD_TRY(const Operand right, operand(node.right));
  cvc::Term equal = logic_.no();
  if (left.domain == right.domain) {
    equal = logic_.equal(left.value, right.value);
  } else {
    // Of two types are entities of two types and literals; the checker knows that they differ.
    WARD_TRY(const cedar::CheckedTypePtr type, type_of(at));
    if (type->kind != cedar::CheckedType::Kind::kFalse &&
        type->kind != cedar::CheckedType::Kind::kTrue) {
      return two_types(node.op);
    }
  }
  return Encoded{node.op == BinaryOp::kEqual ? equal : logic_.negation(equal),
                 any_error(left, right)};
}

Result<Encoded> Encoder::membership(const cedar::BinaryExpr& node) {
  WARD_TRY(const Operand entity, operand(node.left));
  // A set that is written out is its elements one by one, which the solver finds easier.
  if (const auto* set = std::get_if<cedar::SetExpr>(&node.right->node)) {
    Encoded out{logic_.no(), entity.error};
    for (const cedar::ExprPtr& each : set->elements) {
      WARD_TRY(const Operand group, operand(each));
      out.value = logic_.either(
          out.value, entities_.is_in(*entity.domain, entity.value, *group.domain, group.value));
      out.error = logic_.either(out.error, group.error);
    }
    return out;
  }
  WARD_TRY(const Operand groups, operand(node.right));
  const cvc::Term error = any_error(entity, groups);
  if (groups.domain->is_entity()) {
    return Encoded{entities_.is_in(*entity.domain, entity.value, *groups.domain, groups.value),
                   error};
  }
  return Encoded{
      entities_.is_in_any(*entity.domain, entity.value, *groups.domain->element, groups.value),
      error};
}

Result<Encoded> Encoder::comparison(BinaryOp op, const Operand& left, const Operand& right) {
  if (left.domain != right.domain) return two_types(op);
  const cvc::Kind kind = op == BinaryOp::kLess        ? cvc::BITVECTOR_SLT
                         : op == BinaryOp::kLessEqual ? cvc::BITVECTOR_SLE
                         : op == BinaryOp::kGreater   ? cvc::BITVECTOR_SGT
                                                      : cvc::BITVECTOR_SGE;
  return Encoded{logic_.term(kind, {left.value, right.value}), any_error(left, right)};
}

Encoded Encoder::arithmetic(BinaryOp op, const Operand& left, const Operand& right) {
  const bool is_sum = op == BinaryOp::kAdd;
  const bool is_difference = op == BinaryOp::kSubtract;
  const cvc::Kind value = is_sum          ? cvc::BITVECTOR_ADD
                          : is_difference ? cvc::BITVECTOR_SUB
                                          : cvc::BITVECTOR_MULT;
  const cvc::Kind overflow = is_sum          ? cvc::BITVECTOR_SADDO
                             : is_difference ? cvc::BITVECTOR_SSUBO
                                             : cvc::BITVECTOR_SMULO;
  return {logic_.term(value, {left.value, right.value}),
          logic_.either(any_error(left, right), logic_.term(overflow, {left.value, right.value}))};
}

Result<Encoded> Encoder::set_operation(BinaryOp op, const Operand& left, const Operand& right) {
  const cvc::Term error = any_error(left, right);
  if (op == BinaryOp::kContains) {
    if (left.domain->element != right.domain) return two_types(op);
    return Encoded{logic_.term(cvc::SET_MEMBER, {right.value, left.value}), error};
  }
  if (left.domain != right.domain) return two_types(op);
  if (op == BinaryOp::kContainsAll) {
    return Encoded{logic_.term(cvc::SET_SUBSET, {right.value, left.value}), error};
  }
  const cvc::Term shared = logic_.term(cvc::SET_INTER, {left.value, right.value});
  const cvc::Term none = logic_.solver().mkEmptySet(left.domain->sort);
  return Encoded{logic_.negation(logic_.equal(shared, none)), error};
}

Result<Encoded> Encoder::tag_operation(BinaryOp op, const Operand& left, const Operand& right) {
  const cvc::Term error = any_error(left, right);
  const cedar::EntityTypeInfo* info = schema_.find(*left.domain->type);
  const bool has_tags = info != nullptr && info->tags != nullptr;
  if (!has_tags && op == BinaryOp::kHasTag) return Encoded{logic_.no(), error};
  if (!has_tags) return make_error(ErrorCode::kInternal, "a valid policy reads a tag of no type");
  WARD_TRY(const MaybeTerm tag, entities_.tag(*left.domain, left.value, right.value));
  if (op == BinaryOp::kHasTag) return Encoded{tag.is_there, error};
  return Encoded{tag.value, logic_.either(error, logic_.negation(tag.is_there))};
}

}  // namespace ward::analyze
