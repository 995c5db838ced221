// How many entities in a row an expression reads. Private to validate/.
//
// Source: Cedar RFC 76 (levels); level_validate of SDK 4.12.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "cedar/syntax/expression.h"
#include "cedar/validate/type_checker.h"
#include "cedar/validate/validation_error.h"

namespace ward::cedar {

// The same with every `has` of one name and no `is ... in`: a tree whose every reading of an entity
// is a node.
ExprPtr with_single_steps(const ExprPtr& expr);

// Checks what was typed, in the environment of the typing: what can never be evaluated was not, and
// reads nothing.
class LevelChecker {
 public:
  LevelChecker(const TypesOfExpressions& types, const EntityUid& action, std::uint32_t level,
               std::vector<ValidationError>& errors)
      : types_(types), action_(action), level_(level), errors_(errors) {}

  void check(const ExprPtr& expr);

 private:
  struct Visit;
  struct Target;
  using Path = std::vector<std::string_view>;  // attributes of records that are yet to be taken

  // `at` reads what `entity` is.
  void read(const ExprPtr& entity, Span at);
  // Entities read to come to the one that `expr` is.
  std::uint32_t steps_to(const ExprPtr& expr, Path path);
  bool is_typed(const ExprPtr& expr) const { return types_.contains(expr.get()); }
  bool is_entity(const ExprPtr& expr) const;
  void fault(Span at, std::string message);

  const TypesOfExpressions& types_;
  const EntityUid& action_;
  std::uint32_t level_;
  std::vector<ValidationError>& errors_;
};

}  // namespace ward::cedar
