// Types of expressions in one request environment: an action, a type of principal, one of resource.
// Private to validate/.
//
// Source: Cedar RFC 19 and the paper "Cedar" (OOPSLA 2024), section 4; Typechecker in SDK 4.12.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cedar/schema/schema.h"
#include "cedar/syntax/expression.h"
#include "cedar/validate/capabilities.h"
#include "cedar/validate/checked_type.h"
#include "cedar/validate/validation_error.h"
#include "cedar/validate/validator.h"

namespace ward::cedar {

// Of the expressions that were looked at, null where there was a fault.
using TypesOfExpressions = std::unordered_map<const Expr*, CheckedTypePtr>;
// Accesses to attributes and tags: whether a `has` or `hasTag` before them, wherever they stand,
// has seen that what they ask for is there.
using GuardsOfAccesses = std::unordered_map<const Expr*, bool>;

class TypeChecker {
 public:
  TypeChecker(const Schema& schema, CheckedTypes& types, ValidationMode mode,
              const RequestEnvironment& environment, std::vector<ValidationError>& errors)
      : schema_(schema), types_(types), mode_(mode), environment_(environment), errors_(errors) {}

  // Where the types of expressions go, if anywhere.
  void keep_types(TypesOfExpressions* kept) { kept_ = kept; }
  void keep_guards(GuardsOfAccesses* guards) { guards_ = guards; }

  // Whether the expression, which must be boolean, is false whatever the request is. Faults go to
  // the errors; what can never be evaluated is not looked at.
  bool is_always_false(const ExprPtr& condition);

 private:
  // A fault leaves what is known of the type, so that more of them are found.
  struct Answer {
    CheckedTypePtr type;
    Capabilities capabilities = {};  // that hold when the expression is true
    bool is_ok = true;
  };
  enum class Wanted : std::uint8_t { kBool, kLong, kString, kEntity, kSet, kRecord, kEntitySet };

  Answer check(const Capabilities& prior, const ExprPtr& expr);
  Answer check_node(const Capabilities& prior, const ExprPtr& expr, const LiteralExpr& node);
  Answer check_node(const Capabilities& prior, const ExprPtr& expr, const VariableExpr& node);
  Answer check_node(const Capabilities& prior, const ExprPtr& expr, const UnaryExpr& node);
  Answer check_node(const Capabilities& prior, const ExprPtr& expr, const BinaryExpr& node);
  Answer check_node(const Capabilities& prior, const ExprPtr& expr, const LogicalExpr& node);
  Answer check_node(const Capabilities& prior, const ExprPtr& expr, const IfExpr& node);
  Answer check_node(const Capabilities& prior, const ExprPtr& expr, const AttributeExpr& node);
  Answer check_node(const Capabilities& prior, const ExprPtr& expr, const HasExpr& node);
  Answer check_node(const Capabilities& prior, const ExprPtr& expr, const LikeExpr& node);
  Answer check_node(const Capabilities& prior, const ExprPtr& expr, const IsExpr& node);
  Answer check_node(const Capabilities& prior, const ExprPtr& expr, const SetExpr& node);
  Answer check_node(const Capabilities& prior, const ExprPtr& expr, const RecordExpr& node);
  Answer check_node(const Capabilities& prior, const ExprPtr& expr, const CallExpr& node);

  Answer equality(const Capabilities& prior, const ExprPtr& expr, const BinaryExpr& node);
  Answer comparison(const Capabilities& prior, const BinaryExpr& node);
  Answer arithmetic(const Capabilities& prior, const BinaryExpr& node);
  Answer membership(const Capabilities& prior, const ExprPtr& left, const ExprPtr& right);
  Answer contains(const Capabilities& prior, const ExprPtr& expr, const BinaryExpr& node);
  Answer contains_many(const Capabilities& prior, const ExprPtr& expr, const BinaryExpr& node);
  Answer has_tag(const Capabilities& prior, const BinaryExpr& node);
  Answer get_tag(const Capabilities& prior, const ExprPtr& expr, const BinaryExpr& node);
  Answer has(const Capabilities& prior, const ExprPtr& object, const std::string& name);
  Answer conjunction(const Capabilities& prior, Answer left, const ExprPtr& right);
  Answer conjunction(Answer left, Answer right);
  Answer disjunction(Answer left, Answer right);
  Answer arguments(const Capabilities& prior, const ExprPtr& expr, const CallExpr& node);

  // Whether there is this capability for an access.
  bool is_guarded(const Capabilities& prior, const ExprPtr& access, const Capability& wanted);

  // The answer if its type is among the wanted; else a fault, and no type.
  Answer expect(const Capabilities& prior, const ExprPtr& expr,
                std::initializer_list<Wanted> wanted);
  Answer expected(Answer answer, const ExprPtr& expr, std::initializer_list<Wanted> wanted);
  static bool fits(const CheckedType& type, Wanted wanted);

  // The strict rule for values that are compared: of one type, or known not to be equal. Permissive
  // validation has none.
  Answer same_type(const ExprPtr& expr, std::string_view what, const CheckedTypePtr& left,
                   const CheckedTypePtr& right, Answer answer);
  CheckedTypePtr bound(const ExprPtr& expr, std::string_view what,
                       const std::vector<CheckedTypePtr>& types);

  // Of the types of an entity, each once.
  std::vector<const Type*> tags_of(const CheckedType& entity) const;
  const Type* attributes_of(const EntityType& entity) const;  // null for what has none
  struct Attribute {
    CheckedTypePtr type;
    bool is_required;
  };
  std::optional<Attribute> attribute(const CheckedType& type, std::string_view name);
  std::optional<Attribute> attribute(const EntityType& type, std::string_view name);
  // What is not found by attribute() may be there nevertheless.
  bool may_have(const CheckedType& type, std::string_view name) const;
  std::string suggestion(const CheckedType& type, std::string_view name) const;
  static CheckedTypePtr type_of_is(const CheckedType& type, const EntityType& asked);
  const EntityUid* entity_of(const ExprPtr& expr) const;  // of a literal or of `action`
  std::optional<std::vector<EntityUid>> entities_of(const ExprPtr& expr) const;
  CheckedTypePtr action_in(const EntityUid& action, const std::vector<EntityUid>& groups,
                           bool& is_ok) const;
  bool may_be_in(const EntityType& inner, const EntityType& outer) const;
  bool may_be_in(const CheckedType& inner, const CheckedType& outer) const;

  template <typename... Args>
  void fault(ValidationError::Kind kind, Span at, fmt::format_string<Args...> format,
             Args&&... args) {
    errors_.push_back({kind, fmt::format(format, std::forward<Args>(args)...), at});
  }

  const Schema& schema_;
  CheckedTypes& types_;
  ValidationMode mode_;
  RequestEnvironment environment_;
  std::vector<ValidationError>& errors_;
  TypesOfExpressions* kept_ = nullptr;
  GuardsOfAccesses* guards_ = nullptr;
};

}  // namespace ward::cedar
