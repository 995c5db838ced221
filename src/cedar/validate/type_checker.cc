// One function a kind of expression; operators are in operator_checker.cc.
#include "cedar/validate/type_checker.h"

#include <algorithm>
#include <array>

#include "cedar/value/identifier.h"
#include "codec/nearest.h"

namespace ward::cedar {
namespace {

using Kind = CheckedType::Kind;
using Fault = ValidationError::Kind;

}  // namespace

bool TypeChecker::is_always_false(const ExprPtr& condition) {
  const Answer answer = expect({}, condition, {Wanted::kBool});
  return answer.type != nullptr && answer.type->kind == Kind::kFalse;
}

TypeChecker::Answer TypeChecker::check(const Capabilities& prior, const ExprPtr& expr) {
  // The depth of a tree is bounded where it is made.
  Answer answer =
      std::visit([&](const auto& node) { return check_node(prior, expr, node); }, expr->node);
  if (kept_ != nullptr) kept_->insert_or_assign(expr.get(), answer.type);
  return answer;
}

bool TypeChecker::fits(const CheckedType& type, Wanted wanted) {
  if (type.kind == Kind::kNever) return true;
  switch (wanted) {
    case Wanted::kBool:
      return type.is_bool();
    case Wanted::kLong:
      return type.kind == Kind::kLong;
    case Wanted::kString:
      return type.kind == Kind::kString;
    case Wanted::kEntity:
      return type.is_entity();
    case Wanted::kSet:
      return type.kind == Kind::kSet;
    case Wanted::kRecord:
      return type.kind == Kind::kRecord;
    case Wanted::kEntitySet:
      return type.kind == Kind::kSet &&
             (type.element->is_entity() || type.element->kind == Kind::kNever);
  }
  WARD_UNREACHABLE();
}

TypeChecker::Answer TypeChecker::expect(const Capabilities& prior, const ExprPtr& expr,
                                        std::initializer_list<Wanted> wanted) {
  return expected(check(prior, expr), expr, wanted);
}

TypeChecker::Answer TypeChecker::expected(Answer answer, const ExprPtr& expr,
                                          std::initializer_list<Wanted> wanted) {
  if (!answer.type) return {nullptr, {}, false};
  for (const Wanted each : wanted) {
    if (fits(*answer.type, each)) return answer;
  }
  constexpr std::array<std::string_view, 7> kNames = {
      "a boolean", "a long", "a string", "an entity", "a set", "a record", "a set of entities"};
  std::string what;
  for (const Wanted each : wanted) {
    if (!what.empty()) what += " or ";
    what += kNames.at(static_cast<std::size_t>(each));
  }
  fault(Fault::kUnexpectedType, expr->span, "expected {}, got a value of type `{}`", what,
        to_text(*answer.type));
  return {nullptr, {}, false};
}

CheckedTypePtr TypeChecker::bound(const ExprPtr& expr, std::string_view what,
                                  const std::vector<CheckedTypePtr>& types) {
  CheckedTypePtr out;
  for (const CheckedTypePtr& each : types) {
    if (!each) return nullptr;
    CheckedTypePtr next = out ? least_upper_bound(out, each, mode_) : each;
    if (!next) {
      fault(Fault::kIncompatibleTypes, expr->span, "{} must be of one type, got `{}` and `{}`",
            what, to_text(*out), to_text(*each));
      return nullptr;
    }
    out = std::move(next);
  }
  return out;
}

TypeChecker::Answer TypeChecker::check_node(const Capabilities&, const ExprPtr&,
                                            const LiteralExpr& node) {
  if (const bool* value = node.value.if_bool()) return {checked_bool(*value)};
  if (node.value.if_long() != nullptr) return {checked(Kind::kLong)};
  if (node.value.if_string() != nullptr) return {checked(Kind::kString)};
  const EntityUid* uid = node.value.if_entity();
  WARD_CHECK(uid != nullptr);
  // What is not declared is reported once for the policy, not for every environment.
  const bool is_known = is_action(uid->type()) ? schema_.find_action(*uid) != nullptr
                                               : schema_.find(uid->type()) != nullptr;
  if (!is_known) return {nullptr, {}, false};
  return {checked_entity(uid->type())};
}

TypeChecker::Answer TypeChecker::check_node(const Capabilities&, const ExprPtr&,
                                            const VariableExpr& node) {
  switch (node.variable) {
    case Variable::kPrincipal:
      return {checked_entity(environment_.principal->name)};
    case Variable::kAction:
      return {checked_entity(environment_.action->uid.type())};
    case Variable::kResource:
      return {checked_entity(environment_.resource->name)};
    case Variable::kContext:
      return {types_.of(*environment_.action->context)};
  }
  WARD_UNREACHABLE();
}

TypeChecker::Answer TypeChecker::conjunction(const Capabilities& prior, Answer left,
                                             const ExprPtr& right) {
  if (left.type && left.type->kind == Kind::kFalse) return {left.type, {}, left.is_ok};
  const Capabilities known = left.is_ok ? prior.united(left.capabilities) : prior;
  return conjunction(std::move(left), expect(known, right, {Wanted::kBool}));
}

TypeChecker::Answer TypeChecker::conjunction(Answer left, Answer right) {
  const bool is_ok = left.is_ok && right.is_ok;
  if (!left.type || !right.type) return {checked(Kind::kBool), {}, false};
  if (right.type->kind == Kind::kFalse) return {right.type, {}, is_ok};
  Capabilities both = is_ok ? left.capabilities.united(right.capabilities) : Capabilities();
  if (right.type->kind == Kind::kTrue) return {left.type, std::move(both), is_ok};
  if (left.type->kind == Kind::kTrue) {
    // As in the reference, which keeps only those of the right side here.
    return {right.type, is_ok ? right.capabilities : Capabilities(), is_ok};
  }
  return {checked(Kind::kBool), std::move(both), is_ok};
}

TypeChecker::Answer TypeChecker::disjunction(Answer left, Answer right) {
  const bool is_ok = left.is_ok && right.is_ok;
  const auto kept = [&](const Capabilities& capabilities) {
    return is_ok ? capabilities : Capabilities();
  };
  if (!left.type || !right.type) return {checked(Kind::kBool), {}, false};
  if (right.type->kind == Kind::kTrue) return {right.type, kept(right.capabilities), is_ok};
  if (right.type->kind == Kind::kFalse) return {left.type, kept(left.capabilities), is_ok};
  if (left.type->kind == Kind::kFalse) return {right.type, kept(right.capabilities), is_ok};
  return {checked(Kind::kBool), kept(right.capabilities.shared(left.capabilities)), is_ok};
}

TypeChecker::Answer TypeChecker::check_node(const Capabilities& prior, const ExprPtr&,
                                            const LogicalExpr& node) {
  Answer answer = expect(prior, node.operands.front(), {Wanted::kBool});
  for (std::size_t i = 1; i < node.operands.size(); ++i) {
    const ExprPtr& next = node.operands[i];
    if (node.op == LogicalOp::kAnd) {
      answer = conjunction(prior, std::move(answer), next);
    } else if (answer.type && answer.type->kind == Kind::kTrue) {
      return answer;
    } else {
      answer = disjunction(std::move(answer), expect(prior, next, {Wanted::kBool}));
    }
  }
  return answer;
}

TypeChecker::Answer TypeChecker::check_node(const Capabilities& prior, const ExprPtr& expr,
                                            const IfExpr& node) {
  const Answer test = expect(prior, node.condition, {Wanted::kBool});
  const Capabilities known = test.is_ok ? prior.united(test.capabilities) : prior;
  if (test.type && test.type->kind == Kind::kTrue) {
    Answer then = check(known, node.then_branch);
    const bool is_ok = then.is_ok && test.is_ok;
    return {then.type, is_ok ? then.capabilities.united(test.capabilities) : Capabilities(), is_ok};
  }
  if (test.type && test.type->kind == Kind::kFalse) {
    Answer otherwise = check(prior, node.else_branch);
    const bool is_ok = otherwise.is_ok && test.is_ok;
    return {otherwise.type, is_ok ? otherwise.capabilities : Capabilities(), is_ok};
  }
  const Answer then = check(known, node.then_branch);
  const Answer otherwise = check(prior, node.else_branch);
  CheckedTypePtr type = bound(expr, "the branches of `if`", std::vector{then.type, otherwise.type});
  if (!type || !then.is_ok || !otherwise.is_ok || !test.is_ok) return {type, {}, false};
  return {std::move(type),
          otherwise.capabilities.shared(then.capabilities.united(test.capabilities))};
}

const Type* TypeChecker::attributes_of(const EntityType& entity) const {
  const EntityTypeInfo* info = schema_.find(entity);
  return info == nullptr ? nullptr : info->attributes;
}

std::vector<const Type*> TypeChecker::tags_of(const CheckedType& entity) const {
  std::vector<const Type*> out;
  const auto add = [&](const EntityTypeInfo* info) {
    if (info == nullptr || info->tags == nullptr) return;
    if (std::ranges::find(out, info->tags) == out.end()) out.push_back(info->tags);
  };
  for (const EntityType& each : entity.entities) add(schema_.find(each));
  if (entity.kind == Kind::kAnyEntity) {
    for (const EntityTypeInfo& each : schema_.entity_types()) add(&each);
  }
  return out;
}

std::optional<TypeChecker::Attribute> TypeChecker::attribute(const EntityType& type,
                                                             std::string_view name) {
  const Type* attributes = attributes_of(type);
  const AttributeType* found = attributes == nullptr ? nullptr : attributes->find(name);
  if (found == nullptr) return std::nullopt;
  return Attribute{types_.of(*found->type), found->is_required};
}

// Of several types of entities, an attribute that all of them have.
std::optional<TypeChecker::Attribute> TypeChecker::attribute(const CheckedType& type,
                                                             std::string_view name) {
  if (type.kind == Kind::kRecord) {
    const CheckedAttribute* found = type.find(name);
    return found == nullptr ? std::nullopt
                            : std::optional(Attribute{found->type, found->is_required});
  }
  std::optional<Attribute> out;
  for (const EntityType& each : type.entities) {
    auto next = attribute(each, name);
    if (next && out) {
      next->type = least_upper_bound(out->type, next->type, mode_);
      next->is_required = next->is_required && out->is_required;
    }
    if (!next || !next->type) return std::nullopt;
    out = std::move(next);
  }
  return out;
}

bool TypeChecker::may_have(const CheckedType& type, std::string_view name) const {
  if (type.kind == Kind::kAnyEntity || type.kind == Kind::kNever) return true;
  if (type.kind == Kind::kRecord) return type.is_open;
  return std::ranges::any_of(type.entities, [&](const EntityType& each) {
    const Type* attributes = attributes_of(each);
    return attributes != nullptr && attributes->find(name) != nullptr;
  });
}

std::string TypeChecker::suggestion(const CheckedType& type, std::string_view name) const {
  std::vector<std::string_view> known;
  for (const CheckedAttribute& each : type.attributes) known.push_back(each.name);
  for (const EntityType& entity : type.entities) {
    const Type* attributes = attributes_of(entity);
    if (attributes == nullptr) continue;
    for (const AttributeType& each : attributes->attributes) {
      if (each.name != name) known.push_back(each.name);
    }
  }
  const auto near = codec::nearest_name(name, known);
  return near ? fmt::format("; did you mean `{}`?", *near) : std::string();
}

bool TypeChecker::is_guarded(const Capabilities& prior, const ExprPtr& access,
                             const Capability& wanted) {
  const bool answer = prior.contains(wanted);
  if (guards_ != nullptr) {
    const auto [it, is_first] = guards_->try_emplace(access.get(), answer);
    it->second = it->second && answer;
  }
  return answer;
}

TypeChecker::Answer TypeChecker::check_node(const Capabilities& prior, const ExprPtr& expr,
                                            const AttributeExpr& node) {
  const Answer object = expect(prior, node.object, {Wanted::kEntity, Wanted::kRecord});
  if (!object.type) return {nullptr, {}, false};
  const auto found = attribute(*object.type, node.name);
  if (!found) {
    fault(Fault::kUnsafeAttributeAccess, expr->span, "{}`{}` has no attribute `{}`{}",
          may_have(*object.type, node.name) ? "not every " : "", to_text(*object.type), node.name,
          suggestion(*object.type, node.name));
    return {nullptr, {}, false};
  }
  const bool is_known = is_guarded(prior, expr, {node.object, node.name});
  if (!found->is_required && !is_known) {
    fault(Fault::kUnsafeOptionalAttributeAccess, expr->span,
          "attribute `{}` of `{}` is optional: ask `has {}` first", node.name,
          to_text(*object.type), is_identifier(node.name) ? node.name : quoted(node.name));
    return {found->type, {}, false};
  }
  return {found->type, {}, object.is_ok};
}

TypeChecker::Answer TypeChecker::has(const Capabilities& prior, const ExprPtr& object,
                                     const std::string& name) {
  const Answer answer = expect(prior, object, {Wanted::kEntity, Wanted::kRecord});
  if (!answer.type) return {checked(Kind::kBool), {}, false};
  const auto found = attribute(*answer.type, name);
  if (!found) {
    return {may_have(*answer.type, name) ? checked(Kind::kBool) : checked_bool(false),
            {},
            answer.is_ok};
  }
  // A required attribute of an entity is absent with the entity.
  const Capability known{object, name};
  const bool is_there =
      (found->is_required && answer.type->kind == Kind::kRecord) || prior.contains(known);
  return {is_there ? checked_bool(true) : checked(Kind::kBool),
          answer.is_ok ? Capabilities(known) : Capabilities(), answer.is_ok};
}

// `e has a.b` is `e has a && e.a has b`.
TypeChecker::Answer TypeChecker::check_node(const Capabilities& prior, const ExprPtr& expr,
                                            const HasExpr& node) {
  Answer answer = has(prior, node.object, node.path.front());
  ExprPtr object = node.object;
  for (std::size_t i = 1; i < node.path.size(); ++i) {
    object = make_expr(AttributeExpr{object, node.path[i - 1]}, expr->span);
    const ExprPtr next = make_expr(HasExpr{object, {node.path[i]}}, expr->span);
    answer = conjunction(prior, std::move(answer), next);
  }
  return answer;
}

TypeChecker::Answer TypeChecker::check_node(const Capabilities& prior, const ExprPtr&,
                                            const LikeExpr& node) {
  const Answer operand = expect(prior, node.operand, {Wanted::kString});
  return {checked(Kind::kBool), {}, operand.is_ok};
}

CheckedTypePtr TypeChecker::type_of_is(const CheckedType& type, const EntityType& asked) {
  if (type.kind == Kind::kAnyEntity) return checked(Kind::kBool);
  if (std::ranges::find(type.entities, asked) == type.entities.end()) return checked_bool(false);
  return type.entities.size() == 1 ? checked_bool(true) : checked(Kind::kBool);
}

// `e is T in f` is `e is T && e in f`.
TypeChecker::Answer TypeChecker::check_node(const Capabilities& prior, const ExprPtr& expr,
                                            const IsExpr& node) {
  const Answer operand = expect(prior, node.operand, {Wanted::kEntity});
  Answer answer{checked(Kind::kBool), {}, false};
  if (operand.type) {
    answer = {type_of_is(*operand.type, node.type), {}, operand.is_ok};
  }
  if (!node.in) return answer;
  return conjunction(prior, std::move(answer),
                     make_expr(BinaryExpr{BinaryOp::kIn, node.operand, node.in}, expr->span));
}

TypeChecker::Answer TypeChecker::check_node(const Capabilities& prior, const ExprPtr& expr,
                                            const SetExpr& node) {
  bool is_ok = true;
  std::vector<CheckedTypePtr> types;
  for (const ExprPtr& each : node.elements) {
    Answer element = check(prior, each);
    is_ok = is_ok && element.is_ok;
    types.push_back(std::move(element.type));
  }
  if (node.elements.empty() && mode_ == ValidationMode::kPermissive) {
    return {checked_set(checked(Kind::kNever))};
  }
  if (node.elements.empty()) {
    fault(Fault::kEmptySetForbidden, expr->span,
          "`[]` has no type: use `isEmpty()`, or a set with an element");
    return {nullptr, {}, false};
  }
  CheckedTypePtr element = bound(expr, "the elements of a set", types);
  if (!element) return {nullptr, {}, false};
  return {checked_set(std::move(element)), {}, is_ok};
}

TypeChecker::Answer TypeChecker::check_node(const Capabilities& prior, const ExprPtr&,
                                            const RecordExpr& node) {
  bool is_ok = true;
  bool is_typed = true;
  std::vector<CheckedAttribute> attributes;
  for (const auto& [name, value] : node.fields) {
    Answer field = check(prior, value);
    is_ok = is_ok && field.is_ok;
    is_typed = is_typed && field.type != nullptr;
    attributes.push_back({name, std::move(field.type), true});
  }
  if (!is_typed) return {nullptr, {}, false};
  return {checked_record(std::move(attributes)), {}, is_ok};
}

}  // namespace ward::cedar
