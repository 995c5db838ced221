#include "cedar/validate/validator.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>

#include "cedar/syntax/whole_condition.h"
#include "cedar/validate/level_checker.h"
#include "cedar/validate/type_checker.h"
#include "codec/nearest.h"

namespace ward::cedar {
namespace {

using Fault = ValidationError::Kind;
using Types = std::vector<std::uint32_t>;  // ascending

class Validator {
 public:
  Validator(const PolicyTree& policy, const Schema& schema, const ValidationOptions& options)
      : policy_(policy), schema_(schema), options_(options) {}

  Result<PolicyValidation> run() {
    names_of_scope(policy_.principal);
    names_of_scope(policy_.resource);
    for (const EntityUid& each : policy_.action.entities) check_uid(each, policy_.action.span);
    if (policy_.action.kind == ActionConstraint::Kind::kInSet && policy_.action.entities.empty() &&
        options_.mode == ValidationMode::kStrict) {
      fault(Fault::kEmptySetForbidden, policy_.action.span, "`[]` holds no action");
    }
    // What is wrong by itself is not called impossible as well.
    if (!errors_.empty()) is_impossible_ = false;
    for (const Condition& each : policy_.conditions) names_of(each.body);
    WARD_RETURN_IF_ERROR(
        for_each_environment([this](const RequestEnvironment& each) { check_types(each); }));
    if (errors_.empty() && options_.level) {
      WARD_RETURN_IF_ERROR(
          for_each_environment([this](const RequestEnvironment& each) { check_level(each); }));
    }
    PolicyValidation out;
    out.is_impossible = is_impossible_;
    std::ranges::sort(errors_, [](const ValidationError& a, const ValidationError& b) {
      return std::tie(a.span.begin, a.span.end, a.kind, a.message) <
             std::tie(b.span.begin, b.span.end, b.kind, b.message);
    });
    const auto rest = std::ranges::unique(errors_);
    errors_.erase(rest.begin(), rest.end());
    out.errors = std::move(errors_);
    return out;
  }

 private:
  // --- names, once for the policy

  void names_of_scope(const ScopeConstraint& scope) {
    if (scope.type) check_type(*scope.type, scope.span);
    if (!scope.entity || scope.has_slot()) return;
    check_uid(std::get<EntityUid>(*scope.entity), scope.span);
  }

  void names_of(const ExprPtr& expr) {
    std::visit([&](const auto& node) { names_in(node, expr->span); }, expr->node);
  }
  void names_of(const std::vector<ExprPtr>& list) {
    for (const ExprPtr& each : list) names_of(each);
  }

  void names_in(const LiteralExpr& node, Span at) {
    if (const EntityUid* uid = node.value.if_entity()) check_uid(*uid, at);
  }
  void names_in(const VariableExpr&, Span) {}
  void names_in(const UnaryExpr& node, Span) { names_of(node.operand); }
  void names_in(const BinaryExpr& node, Span) {
    names_of(node.left);
    names_of(node.right);
  }
  void names_in(const LogicalExpr& node, Span) { names_of(node.operands); }
  void names_in(const IfExpr& node, Span) {
    names_of(node.condition);
    names_of(node.then_branch);
    names_of(node.else_branch);
  }
  void names_in(const AttributeExpr& node, Span) { names_of(node.object); }
  void names_in(const HasExpr& node, Span) { names_of(node.object); }
  void names_in(const LikeExpr& node, Span) { names_of(node.operand); }
  void names_in(const IsExpr& node, Span at) {
    names_of(node.operand);
    check_type(node.type, at);
    if (node.in) names_of(node.in);
  }
  void names_in(const SetExpr& node, Span) { names_of(node.elements); }
  void names_in(const RecordExpr& node, Span) {
    for (const auto& [name, value] : node.fields) names_of(value);
  }
  void names_in(const CallExpr& node, Span) { names_of(node.arguments); }

  void check_type(const EntityType& type, Span at) {
    if (is_action(type) || schema_.find(type) != nullptr) return;
    std::vector<std::string_view> known;
    for (const EntityTypeInfo& each : schema_.entity_types()) known.push_back(each.name.name());
    const auto near = codec::nearest_name(type.name(), known);
    fault(Fault::kUnrecognizedEntityType, at, "entity type `{}` is not declared{}", type.name(),
          near ? fmt::format("; did you mean `{}`?", *near) : "");
  }

  void check_uid(const EntityUid& uid, Span at) {
    check_type(uid.type(), at);
    if (is_action(uid.type())) {
      if (schema_.find_action(uid) != nullptr) return;
      std::vector<std::string_view> known;
      for (const ActionInfo& each : schema_.actions()) known.push_back(each.uid.id());
      const auto near = codec::nearest_name(uid.id(), known);
      fault(Fault::kUnrecognizedActionId, at, "action `{}` is not declared{}", uid.text(),
            near ? fmt::format("; did you mean `{}`?", *near) : "");
      return;
    }
    const EntityTypeInfo* info = schema_.find(uid.type());
    if (info == nullptr || !info->is_enum() || info->has_id(uid.id())) return;
    const std::vector<std::string_view> ids(info->enum_ids.begin(), info->enum_ids.end());
    fault(Fault::kInvalidEnumEntity, at, "`{}` does not exist: expected {}", uid.text(),
          codec::list_names(ids));
  }

  // --- what the scope lets through

  std::vector<bool> types_of(const ScopeConstraint& scope) const {
    std::vector<bool> out(schema_.entity_types().size(), !scope.entity || scope.has_slot());
    if (scope.entity && !scope.has_slot()) {
      const EntityTypeInfo* info = schema_.find(std::get<EntityUid>(*scope.entity).type());
      if (info != nullptr) {
        out[schema_.index_of(*info)] = true;
        if (scope.kind != ScopeConstraint::Kind::kEqual) {
          for (const std::uint32_t each : info->descendants) out[each] = true;
        }
      }
    }
    if (scope.type) {
      for (std::uint32_t i = 0; i < out.size(); ++i) {
        out[i] = out[i] && schema_.entity_types()[i].name == *scope.type;
      }
    }
    return out;
  }

  // The actions that the scope lets through, each once; none when it names one that there is not.
  Types actions() const {
    Types out;
    for (const EntityUid& uid : policy_.action.entities) {
      const ActionInfo* info = schema_.find_action(uid);
      if (info == nullptr) return {};
      out.push_back(schema_.index_of(*info));
      if (policy_.action.kind == ActionConstraint::Kind::kEqual) continue;
      out.insert(out.end(), info->descendants.begin(), info->descendants.end());
    }
    if (policy_.action.kind == ActionConstraint::Kind::kAny) {
      out.resize(schema_.actions().size());
      std::iota(out.begin(), out.end(), 0u);
    }
    std::ranges::sort(out);
    const auto rest = std::ranges::unique(out);
    out.erase(rest.begin(), rest.end());
    return out;
  }

  static Types common(const Types& of_action, const std::vector<bool>& of_scope) {
    Types out;
    for (const std::uint32_t each : of_action) {
      if (of_scope[each]) out.push_back(each);
    }
    return out;
  }

  // --- types, once for every environment that the scope lets through; in the others it is false

  template <typename Visit>
  Result<void> for_each_environment(const Visit& visit) {
    const std::vector<bool> principals = types_of(policy_.principal);
    const std::vector<bool> resources = types_of(policy_.resource);
    if (options_.only) {
      const RequestEnvironment& only = *options_.only;
      if (std::ranges::binary_search(actions(), schema_.index_of(*only.action)) &&
          principals[schema_.index_of(*only.principal)] &&
          resources[schema_.index_of(*only.resource)]) {
        visit(only);
      }
      return {};
    }
    std::size_t environments = 0;
    for (const std::uint32_t index : actions()) {
      const ActionInfo& action = schema_.actions()[index];
      const Types of_principal = common(action.principals, principals);
      const Types of_resource = common(action.resources, resources);
      environments += of_principal.size() * of_resource.size();
      if (environments > kValidationEnvironmentsMax) {
        return make_error(ErrorCode::kResourceExhausted,
                          "{}: the scope lets more than {} request environments through",
                          policy_.source->place(policy_.span.begin), kValidationEnvironmentsMax);
      }
      for (const std::uint32_t principal : of_principal) {
        for (const std::uint32_t resource : of_resource) {
          visit(RequestEnvironment{&schema_.entity_types()[principal], &action,
                                   &schema_.entity_types()[resource]});
        }
      }
    }
    if (environments == 0) {
      fault(Fault::kInvalidActionApplication, policy_.span,
            "no action of the scope applies to a principal and a resource of the scope");
    }
    return {};
  }

  void check_types(const RequestEnvironment& environment) {
    for (const EntityType& principal : slots(policy_.principal, *environment.principal)) {
      for (const EntityType& resource : slots(policy_.resource, *environment.resource)) {
        TypeChecker checker(schema_, types_, options_.mode, environment, errors_);
        if (!checker.is_always_false(condition(principal, resource))) is_impossible_ = false;
      }
    }
  }

  // Of a policy without other errors. What the slots are filled with is never read.
  void check_level(const RequestEnvironment& environment) {
    const ExprPtr whole =
        with_single_steps(condition(environment.principal->name, environment.resource->name));
    TypesOfExpressions types;
    std::vector<ValidationError> none;
    TypeChecker checker(schema_, types_, options_.mode, environment, none);
    checker.keep_types(&types);
    (void)checker.is_always_false(whole);
    LevelChecker(types, environment.action->uid, *options_.level, errors_).check(whole);
  }

  // The types that a slot may be filled with and the scope not be false for it; one, and it does
  // not matter which, when there is no slot.
  std::vector<EntityType> slots(const ScopeConstraint& scope, const EntityTypeInfo& of) const {
    std::vector<EntityType> out{of.name};
    if (!scope.has_slot() || scope.kind == ScopeConstraint::Kind::kEqual) return out;
    for (const std::uint32_t each : of.ancestors) {
      if (schema_.entity_types()[each].name != of.name) {
        out.push_back(schema_.entity_types()[each].name);
      }
    }
    return out;
  }

  // A slot as an entity of its type.
  ExprPtr condition(const EntityType& principal, const EntityType& resource) const {
    const EntityUid of_principal(principal, "");
    const EntityUid of_resource(resource, "");
    return whole_condition(policy_, &of_principal, &of_resource);
  }

  template <typename... Args>
  void fault(Fault kind, Span at, fmt::format_string<Args...> format, Args&&... args) {
    errors_.push_back({kind, fmt::format(format, std::forward<Args>(args)...), at});
  }

  const PolicyTree& policy_;
  const Schema& schema_;
  const ValidationOptions& options_;
  CheckedTypes types_;
  std::vector<ValidationError> errors_;
  bool is_impossible_ = true;
};

}  // namespace

std::string_view validation_error_kind_name(ValidationError::Kind kind) {
  constexpr std::array<std::string_view, 15> kNames = {"UnrecognizedEntityType",
                                                       "UnrecognizedActionId",
                                                       "InvalidActionApplication",
                                                       "UnexpectedType",
                                                       "IncompatibleTypes",
                                                       "UnsafeAttributeAccess",
                                                       "UnsafeOptionalAttributeAccess",
                                                       "UnsafeTagAccess",
                                                       "NoTagsAllowed",
                                                       "WrongNumberArguments",
                                                       "FunctionArgumentValidation",
                                                       "EmptySetForbidden",
                                                       "NonLitExtConstructor",
                                                       "InvalidEnumEntity",
                                                       "EntityDerefLevelViolation"};
  return kNames.at(static_cast<std::size_t>(kind));
}

Result<PolicyValidation> validate_policy(const PolicyTree& policy, const Schema& schema,
                                         const ValidationOptions& options) {
  return Validator(policy, schema, options).run();
}

}  // namespace ward::cedar
