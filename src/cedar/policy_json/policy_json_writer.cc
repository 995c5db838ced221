// policy_to_json(): one function for each kind of expression.
#include <algorithm>

#include "cedar/entity/value_json.h"
#include "cedar/policy_json/expression_reader.h"
#include "cedar/policy_json/policy_json.h"

namespace ward::cedar {
namespace {

using codec::Json;
using codec::JsonMember;

Json object_of(std::vector<JsonMember> members) {
  // INVARIANT: names are distinct in a tree, and the literals here are.
  auto out = codec::JsonObject::from_members(std::move(members));
  WARD_CHECK(out.ok());
  return Json(std::move(out).value());
}

Json named(std::string_view name, Json body) {
  return Json::object({{std::string(name), std::move(body)}});
}

// One character of UTF-8 at the front of what is not empty.
std::string_view first_character(std::string_view text) {
  std::size_t end = 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
  return text.substr(0, end);
}

struct Writer {
  Json operator()(const LiteralExpr& e) const {
    // A literal is no record, which alone may have no JSON.
    return named("Value", value_to_json(e.value).value());
  }
  Json operator()(const VariableExpr& e) const { return named("Var", variable_name(e.variable)); }
  Json operator()(const UnaryExpr& e) const {
    return named(unary_name(e.op), Json::object({{"arg", expression(e.operand)}}));
  }
  Json operator()(const BinaryExpr& e) const {
    return named(operator_name(e.op), pair(expression(e.left), expression(e.right)));
  }
  Json operator()(const LogicalExpr& e) const {
    Json out = expression(e.operands.front());
    for (std::size_t i = 1; i < e.operands.size(); ++i) {
      out = named(e.op == LogicalOp::kAnd ? "&&" : "||",
                  pair(std::move(out), expression(e.operands[i])));
    }
    return out;
  }
  Json operator()(const IfExpr& e) const {
    return named("if-then-else", Json::object({{"if", expression(e.condition)},
                                               {"then", expression(e.then_branch)},
                                               {"else", expression(e.else_branch)}}));
  }
  Json operator()(const AttributeExpr& e) const {
    return named(".", Json::object({{"left", expression(e.object)}, {"attr", e.name}}));
  }
  Json operator()(const HasExpr& e) const {
    codec::JsonArray names;
    for (const std::string& name : e.path) names.push_back(name);
    Json attribute = names.size() == 1 ? std::move(names.front()) : Json(std::move(names));
    return named("has",
                 Json::object({{"left", expression(e.object)}, {"attr", std::move(attribute)}}));
  }
  Json operator()(const LikeExpr& e) const {
    codec::JsonArray elements;
    for (std::size_t i = 0; i < e.pattern.pieces().size(); ++i) {
      if (i > 0) elements.push_back("Wildcard");
      // A literal for each character, as the reference writes them.
      std::string_view rest = e.pattern.pieces()[i];
      while (!rest.empty()) {
        const std::string_view character = first_character(rest);
        elements.push_back(named("Literal", character));
        rest.remove_prefix(character.size());
      }
    }
    return named("like", Json::object({{"left", expression(e.operand)},
                                       {"pattern", Json(std::move(elements))}}));
  }
  Json operator()(const IsExpr& e) const {
    std::vector<JsonMember> members = {{"left", expression(e.operand)},
                                       {"entity_type", e.type.name()}};
    if (e.in != nullptr) members.push_back({"in", expression(e.in)});
    return named("is", object_of(std::move(members)));
  }
  Json operator()(const SetExpr& e) const { return named("Set", list(e.elements)); }
  Json operator()(const RecordExpr& e) const {
    std::vector<JsonMember> members;
    for (const auto& [name, value] : e.fields) members.push_back({name, expression(value)});
    return named("Record", object_of(std::move(members)));
  }
  Json operator()(const CallExpr& e) const {
    return named(extension_signature(e.function).name, list(e.arguments));
  }

  static Json expression(const std::shared_ptr<const Expr>& expr) {
    return std::visit(Writer{}, expr->node);
  }
  static Json list(const std::vector<ExprPtr>& exprs) {
    codec::JsonArray out;
    for (const ExprPtr& each : exprs) out.push_back(expression(each));
    return Json(std::move(out));
  }
  static Json pair(Json left, Json right) {
    return Json::object({{"left", std::move(left)}, {"right", std::move(right)}});
  }
  static std::string_view unary_name(UnaryOp op) {
    switch (op) {
      case UnaryOp::kNot:
        return "!";
      case UnaryOp::kNegate:
        return "neg";
      case UnaryOp::kIsEmpty:
        return "isEmpty";
    }
    WARD_UNREACHABLE();
  }
};

// Levels of JSON that an expression takes at most. A chain nests once for each operand.
std::size_t json_depth(const Expr& expr);

struct DepthOf {
  std::size_t operator()(const LiteralExpr&) const { return 3; }
  std::size_t operator()(const VariableExpr&) const { return 1; }
  std::size_t operator()(const UnaryExpr& e) const { return of(e.operand); }
  std::size_t operator()(const BinaryExpr& e) const { return std::max(of(e.left), of(e.right)); }
  std::size_t operator()(const LogicalExpr& e) const {
    std::size_t out = of(e.operands.front());
    for (std::size_t i = 1; i < e.operands.size(); ++i) {
      out = std::max(out, of(e.operands[i])) + (i + 1 < e.operands.size() ? 2 : 0);
    }
    return out;
  }
  std::size_t operator()(const IfExpr& e) const {
    return std::max({of(e.condition), of(e.then_branch), of(e.else_branch)});
  }
  std::size_t operator()(const AttributeExpr& e) const { return of(e.object); }
  std::size_t operator()(const HasExpr& e) const { return std::max<std::size_t>(of(e.object), 1); }
  std::size_t operator()(const LikeExpr& e) const {
    return std::max<std::size_t>(of(e.operand), 2);
  }
  std::size_t operator()(const IsExpr& e) const {
    return std::max(of(e.operand), e.in == nullptr ? 0 : json_depth(*e.in));
  }
  std::size_t operator()(const SetExpr& e) const { return of_all(e.elements); }
  std::size_t operator()(const RecordExpr& e) const {
    std::size_t out = 0;
    for (const auto& [name, value] : e.fields) out = std::max(out, of(value));
    return out;
  }
  std::size_t operator()(const CallExpr& e) const { return of_all(e.arguments); }

  static std::size_t of(const ExprPtr& expr) { return json_depth(*expr); }
  static std::size_t of_all(const std::vector<ExprPtr>& exprs) {
    std::size_t out = 0;
    for (const ExprPtr& each : exprs) out = std::max(out, of(each));
    return out;
  }
};

std::size_t json_depth(const Expr& expr) {
  return std::visit(DepthOf{}, expr.node) + 2;
}

Json reference(const EntityReference& reference, std::string_view variable,
               std::vector<JsonMember> members) {
  if (const auto* uid = std::get_if<EntityUid>(&reference)) {
    members.push_back({"entity", uid_to_json(*uid)});
  } else {
    members.push_back({"slot", fmt::format("?{}", variable)});
  }
  return object_of(std::move(members));
}

Json scope(const ScopeConstraint& scope, std::string_view variable) {
  using Kind = ScopeConstraint::Kind;
  switch (scope.kind) {
    case Kind::kAny:
      return Json::object({{"op", "All"}});
    case Kind::kEqual:
      return reference(*scope.entity, variable, {{"op", "=="}});
    case Kind::kIn:
      return reference(*scope.entity, variable, {{"op", "in"}});
    case Kind::kIs:
      return Json::object({{"op", "is"}, {"entity_type", scope.type->name()}});
    case Kind::kIsIn:
      return Json::object({{"op", "is"},
                           {"entity_type", scope.type->name()},
                           {"in", reference(*scope.entity, variable, {})}});
  }
  WARD_UNREACHABLE();
}

Json action(const ActionConstraint& scope) {
  using Kind = ActionConstraint::Kind;
  switch (scope.kind) {
    case Kind::kAny:
      return Json::object({{"op", "All"}});
    case Kind::kEqual:
      return Json::object({{"op", "=="}, {"entity", uid_to_json(scope.entities.front())}});
    case Kind::kIn:
      return Json::object({{"op", "in"}, {"entity", uid_to_json(scope.entities.front())}});
    case Kind::kInSet: {
      codec::JsonArray entities;
      for (const EntityUid& each : scope.entities) entities.push_back(uid_to_json(each));
      return Json::object({{"op", "in"}, {"entities", Json(std::move(entities))}});
    }
  }
  WARD_UNREACHABLE();
}

}  // namespace

Result<Json> policy_to_json(const PolicyTree& policy) {
  // A policy set, its list of policies, the policy, its list of conditions and the condition stand
  // above an expression.
  constexpr std::size_t kAbove = 5;
  codec::JsonArray conditions;
  for (const Condition& each : policy.conditions) {
    if (json_depth(*each.body) + kAbove > kPolicyJsonDepthMax) {
      return make_error(ErrorCode::kResourceExhausted,
                        "{}: the JSON of this condition is more than {} levels deep",
                        policy.source->place(each.span.begin), kPolicyJsonDepthMax);
    }
    conditions.push_back(Json::object(
        {{"kind", each.is_unless ? "unless" : "when"}, {"body", Writer::expression(each.body)}}));
  }
  std::vector<JsonMember> out = {{"effect", effect_name(policy.effect)},
                                 {"principal", scope(policy.principal, "principal")},
                                 {"action", action(policy.action)},
                                 {"resource", scope(policy.resource, "resource")},
                                 {"conditions", Json(std::move(conditions))}};
  if (!policy.annotations.empty()) {
    std::vector<JsonMember> members;
    for (const Annotation& each : policy.annotations) {
      members.push_back({each.key, each.value ? Json(*each.value) : Json()});
    }
    out.push_back({"annotations", object_of(std::move(members))});
  }
  return object_of(std::move(out));
}

}  // namespace ward::cedar
