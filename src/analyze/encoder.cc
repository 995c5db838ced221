// One function a kind of expression; operators with two operands are in operators.cc.
#include "analyze/encoder.h"

#include <algorithm>

#include "analyze/constant.h"
#include "analyze/extension.h"
#include "analyze/text.h"

namespace ward::analyze {

using cedar::ExprPtr;
using Kind = cedar::CheckedType::Kind;

Result<Encoded> Encoder::encode(std::size_t& budget) {
  budget_ = &budget;
  return encode(condition_.expr);
}

// Depth is bounded by kExprDepthMax.
Result<Encoded> Encoder::encode(const ExprPtr& expr) {
  if (const auto it = done_.find(expr.get()); it != done_.end()) return it->second;
  if (*budget_ == 0) {
    return make_error(ErrorCode::kResourceExhausted,
                      "the policies have more than {} expressions to analyse",
                      kEncodedExpressionsMax);
  }
  --*budget_;
  WARD_TRY(Encoded out,
           std::visit([&](const auto& node) { return encode_node(node, *expr); }, expr->node));
  done_.emplace(expr.get(), out);
  return out;
}

Result<Encoder::Operand> Encoder::operand(const ExprPtr& expr) {
  WARD_TRY(const cedar::CheckedTypePtr type, type_of(*expr));
  WARD_TRY(const Domain* domain, domains_.of(type));
  WARD_TRY(const Encoded encoded, encode(expr));
  return Operand{encoded.value, encoded.error, domain};
}

Result<cedar::CheckedTypePtr> Encoder::type_of(const cedar::Expr& expr) const {
  const auto it = condition_.types.find(&expr);
  if (it != condition_.types.end() && it->second != nullptr) return it->second;
  return make_error(ErrorCode::kInternal, "an expression of a valid policy has no type");
}

Result<bool> Encoder::is_always(bool value, const ExprPtr& expr) const {
  WARD_TRY(const cedar::CheckedTypePtr type, type_of(*expr));
  return type->kind == (value ? Kind::kTrue : Kind::kFalse);
}

Result<Encoded> Encoder::encode_node(const cedar::LiteralExpr& node, const cedar::Expr& at) {
  WARD_TRY(const cedar::CheckedTypePtr type, type_of(at));
  WARD_TRY(const Domain* domain, domains_.of(type));
  WARD_TRY(const cvc::Term value, to_term(logic_.solver(), *domain, node.value));
  return Encoded{value, logic_.no()};
}

Result<Encoded> Encoder::encode_node(const cedar::VariableExpr& node, const cedar::Expr&) {
  switch (node.variable) {
    case cedar::Variable::kPrincipal:
      return Encoded{request_.principal, logic_.no()};
    case cedar::Variable::kAction:
      return Encoded{request_.action, logic_.no()};
    case cedar::Variable::kResource:
      return Encoded{request_.resource, logic_.no()};
    case cedar::Variable::kContext:
      return Encoded{request_.context, logic_.no()};
  }
  WARD_UNREACHABLE();
}

Result<Encoded> Encoder::encode_node(const cedar::UnaryExpr& node, const cedar::Expr&) {
  WARD_TRY(const Operand operand, this->operand(node.operand));
  switch (node.op) {
    case cedar::UnaryOp::kNot:
      return Encoded{logic_.negation(operand.value), operand.error};
    case cedar::UnaryOp::kNegate: {
      const cvc::Term least =
          logic_.solver().mkBitVector(64, std::to_string(std::uint64_t{1} << 63), 10);
      return Encoded{logic_.term(cvc::BITVECTOR_NEG, {operand.value}),
                     logic_.either(operand.error, logic_.equal(operand.value, least))};
    }
    case cedar::UnaryOp::kIsEmpty:
      return Encoded{logic_.equal(operand.value, logic_.solver().mkEmptySet(operand.domain->sort)),
                     operand.error};
  }
  WARD_UNREACHABLE();
}

// Operands from the left up to the first that always decides; what is behind it has no types.
Result<Encoded> Encoder::encode_node(const cedar::LogicalExpr& node, const cedar::Expr&) {
  const bool is_or = node.op == cedar::LogicalOp::kOr;
  std::vector<Encoded> operands;
  for (const ExprPtr& each : node.operands) {
    WARD_TRY(Encoded next, encode(each));
    operands.push_back(std::move(next));
    WARD_TRY(const bool decides, is_always(is_or, each));
    if (decides) break;
  }
  Encoded out = operands.back();
  for (std::size_t i = operands.size() - 1; i-- > 0;) {
    const auto& [value, error] = operands[i];
    const cvc::Term goes_on = is_or ? logic_.negation(value) : value;
    out.value = is_or ? logic_.either(value, out.value) : logic_.both(value, out.value);
    out.error = logic_.either(error, logic_.both(goes_on, out.error));
  }
  return out;
}

Result<Encoded> Encoder::encode_node(const cedar::IfExpr& node, const cedar::Expr&) {
  WARD_TRY(const Encoded test, encode(node.condition));
  for (const bool value : {true, false}) {
    WARD_TRY(const bool is_known, is_always(value, node.condition));
    if (!is_known) continue;
    WARD_TRY(Encoded only, encode(value ? node.then_branch : node.else_branch));
    only.error = logic_.either(test.error, only.error);
    return only;
  }
  WARD_TRY(const Operand then, operand(node.then_branch));
  WARD_TRY(const Operand otherwise, operand(node.else_branch));
  if (then.domain != otherwise.domain) {
    return make_error(ErrorCode::kInternal, "the branches of an `if` are of two types");
  }
  return Encoded{logic_.choice(test.value, then.value, otherwise.value),
                 logic_.either(test.error, logic_.choice(test.value, then.error, otherwise.error))};
}

Result<std::optional<MaybeTerm>> Encoder::attribute(const Operand& object,
                                                    const std::string& name) {
  using Found = std::optional<MaybeTerm>;
  if (object.domain->is_entity()) {
    const cedar::EntityTypeInfo* info = schema_.find(*object.domain->type);
    const cedar::AttributeType* declared = info == nullptr ? nullptr : info->attributes->find(name);
    if (declared == nullptr) return Found();
    WARD_TRY(MaybeTerm out, entities_.attribute(*object.domain, object.value, *declared));
    return Found(std::move(out));
  }
  const std::size_t at = object.domain->find(name);
  if (at == object.domain->parts.size()) return Found();
  const DomainPart& part = object.domain->parts[at];
  const cvc::Term field = logic_.term(cvc::APPLY_SELECTOR, {object.domain->get[at], object.value});
  if (part.option == nullptr) return Found(MaybeTerm{part.domain, field, logic_.yes()});
  return Found(MaybeTerm{part.domain, logic_.term(cvc::APPLY_SELECTOR, {part.option->get, field}),
                         logic_.term(cvc::APPLY_TESTER, {part.option->is_some, field})});
}

Result<Encoded> Encoder::encode_node(const cedar::AttributeExpr& node, const cedar::Expr&) {
  WARD_TRY(const Operand object, operand(node.object));
  WARD_TRY(const std::optional<MaybeTerm> found, attribute(object, node.name));
  if (!found) {
    return make_error(ErrorCode::kInternal, "an expression of a valid policy has no `{}`",
                      node.name);
  }
  return Encoded{found->value, logic_.either(object.error, logic_.negation(found->is_there))};
}

Result<Encoded> Encoder::encode_node(const cedar::HasExpr& node, const cedar::Expr&) {
  WARD_CHECK(node.path.size() == 1);
  WARD_TRY(const Operand object, operand(node.object));
  WARD_TRY(const std::optional<MaybeTerm> found, attribute(object, node.path.front()));
  return Encoded{found ? found->is_there : logic_.no(), object.error};
}

Result<Encoded> Encoder::encode_node(const cedar::LikeExpr& node, const cedar::Expr&) {
  WARD_TRY(const Operand text, operand(node.operand));
  std::vector<cvc::Term> parts;
  for (const std::string& piece : node.pattern.pieces()) {
    if (!parts.empty()) parts.push_back(logic_.solver().mkRegexpAll());
    WARD_TRY(const std::wstring literal, to_code_points(piece));
    parts.push_back(logic_.term(cvc::STRING_TO_REGEXP, {logic_.solver().mkString(literal)}));
  }
  const cvc::Term pattern =
      parts.size() == 1 ? parts.front() : logic_.term(cvc::REGEXP_CONCAT, parts);
  return Encoded{logic_.term(cvc::STRING_IN_REGEXP, {text.value, pattern}), text.error};
}

Result<Encoded> Encoder::encode_node(const cedar::IsExpr& node, const cedar::Expr&) {
  WARD_CHECK(node.in == nullptr);
  WARD_TRY(const Operand entity, operand(node.operand));
  return Encoded{logic_.constant(*entity.domain->type == node.type), entity.error};
}

Result<Encoded> Encoder::encode_node(const cedar::SetExpr& node, const cedar::Expr& at) {
  WARD_TRY(const cedar::CheckedTypePtr type, type_of(at));
  WARD_TRY(const Domain* domain, domains_.of(type));
  Encoded out{logic_.solver().mkEmptySet(domain->sort), logic_.no()};
  for (const ExprPtr& each : node.elements) {
    WARD_TRY(const Operand element, operand(each));
    if (element.domain != domain->element) {
      return make_error(ErrorCode::kInternal, "the elements of a set are of two types");
    }
    out.value =
        logic_.term(cvc::SET_UNION, {logic_.term(cvc::SET_SINGLETON, {element.value}), out.value});
    out.error = logic_.either(out.error, element.error);
  }
  return out;
}

Result<Encoded> Encoder::encode_node(const cedar::RecordExpr& node, const cedar::Expr& at) {
  WARD_TRY(const cedar::CheckedTypePtr type, type_of(at));
  WARD_TRY(const Domain* domain, domains_.of(type));
  std::vector<cvc::Term> parts(node.fields.size() + 1, domain->make);
  cvc::Term error = logic_.no();
  for (const auto& [name, value] : node.fields) {
    WARD_TRY(const Operand field, operand(value));
    const std::size_t place = domain->find(name);
    if (place == domain->parts.size() || domain->parts[place].domain != field.domain) {
      return make_error(ErrorCode::kInternal, "a record is not of its type");
    }
    parts[place + 1] = field.value;
    error = logic_.either(error, field.error);
  }
  return Encoded{logic_.term(cvc::APPLY_CONSTRUCTOR, parts), error};
}

Result<Encoded> Encoder::encode_node(const cedar::CallExpr& node, const cedar::Expr& at) {
  WARD_TRY(const cedar::CheckedTypePtr type, type_of(at));
  WARD_TRY(const Domain* domain, domains_.of(type));
  std::vector<cvc::Term> arguments;
  std::vector<cedar::Value> literals;
  cvc::Term error = logic_.no();
  for (const ExprPtr& each : node.arguments) {
    WARD_TRY(const Encoded argument, encode(each));
    arguments.push_back(argument.value);
    error = logic_.either(error, argument.error);
    if (const auto* literal = std::get_if<cedar::LiteralExpr>(&each->node)) {
      literals.push_back(literal->value);
    }
  }
  if (!cedar::extension_signature(node.function).is_method) {
    // Strict validation takes constructors of good literals alone.
    WARD_CHECK(literals.size() == node.arguments.size());
    const auto made = cedar::call_extension(node.function, literals);
    const auto* value = std::get_if<cedar::Value>(&made);
    WARD_CHECK(value != nullptr);
    WARD_TRY(const cvc::Term term, to_term(logic_.solver(), *domain, *value));
    return Encoded{term, error};
  }
  Encoded out = encode_method(logic_, domains_, node.function, arguments);
  out.error = logic_.either(error, out.error);
  return out;
}

}  // namespace ward::analyze
