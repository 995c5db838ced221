#include "cedar/explain/failed_clause.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "cedar/evaluate/evaluator.h"
#include "cedar/explain/clause_reads.h"

namespace ward::cedar {
namespace {

using Kind = FailedClause::Kind;

// A scope of which one part asks for something.
PolicyTree bare(const PolicyTree& policy) {
  PolicyTree out;
  out.source = policy.source;
  return out;
}

class ClauseFinder {
 public:
  ClauseFinder(const Policy& policy, const Request& request, const EntityStore& entities)
      : policy_(policy), tree_(policy.tree()), request_(request), evaluator_(request, entities) {}

  std::optional<FailedClause> find() {
    if (!principal_fits()) {
      return scope(tree_.principal.span, "principal", request_.principal, "?principal",
                   tree_.principal.has_slot() ? policy_.slots().principal : std::nullopt);
    }
    if (!action_fits()) {
      return scope(tree_.action.span, "action", request_.action, "", std::nullopt);
    }
    if (!resource_fits()) {
      return scope(tree_.resource.span, "resource", request_.resource, "?resource",
                   tree_.resource.has_slot() ? policy_.slots().resource : std::nullopt);
    }
    for (const Condition& each : tree_.conditions) {
      if (auto found = condition(each)) return found;
    }
    return std::nullopt;
  }

  std::size_t fitting_parts() {
    return std::size_t{principal_fits()} + std::size_t{action_fits()} +
           std::size_t{resource_fits()};
  }

 private:
  bool principal_fits() {
    PolicyTree part = bare(tree_);
    part.principal = tree_.principal;
    return fits(part);
  }
  bool action_fits() {
    PolicyTree part = bare(tree_);
    part.action = tree_.action;
    return fits(part);
  }
  bool resource_fits() {
    PolicyTree part = bare(tree_);
    part.resource = tree_.resource;
    return fits(part);
  }
  bool fits(const PolicyTree& part) {
    const auto holds = evaluator_.satisfied(part, policy_.slots());
    return std::holds_alternative<bool>(holds) && std::get<bool>(holds);
  }

  FailedClause scope(Span span, std::string_view variable, const EntityUid& got,
                     std::string_view slot, const std::optional<EntityUid>& filled) const {
    FailedClause out{.is_in_scope = true, .span = span, .text = clause_text(span)};
    out.reads.push_back({.text = std::string(variable), .value = got.text()});
    if (filled) out.reads.push_back({.text = std::string(slot), .value = filled->text()});
    return out;
  }

  std::optional<FailedClause> condition(const Condition& condition) {
    const auto value = evaluator_.evaluate(*condition.body);
    if (std::holds_alternative<EvaluationError>(value)) {
      return clause(Kind::kError, narrowed(*condition.body, false));
    }
    const bool* holds = std::get<Value>(value).if_bool();
    if (holds == nullptr) return clause(Kind::kNotBoolean, *condition.body);
    if (*holds != condition.is_unless) return std::nullopt;
    return clause(*holds ? Kind::kTrue : Kind::kFalse, narrowed(*condition.body, *holds));
  }

  FailedClause clause(Kind kind, const Expr& expr) {
    FailedClause out{.kind = kind, .span = expr.span};
    if (kind == Kind::kError) {
      const auto value = evaluator_.evaluate(expr);
      // INVARIANT: narrowed() leads to a part that fails as the whole does.
      const auto* error = std::get_if<EvaluationError>(&value);
      WARD_CHECK(error != nullptr);
      out.error = error->message;
      out.span = error->span;
    }
    out.text = clause_text(out.span);
    out.reads = clause_reads(expr, evaluator_, *tree_.source);
    return out;
  }

  // The part that makes the whole what it is: of `&&` the first operand that is not true, of `||`
  // that is true the first that is not false, of `if` the branch that is taken.
  const Expr& narrowed(const Expr& expr, bool value) {
    if (const auto* logical = std::get_if<LogicalExpr>(&expr.node)) {
      const bool is_and = logical->op == LogicalOp::kAnd;
      for (const ExprPtr& each : logical->operands) {
        if (!passes(*each, is_and))
          return stops_at(*each, is_and, value) ? narrowed(*each, value) : expr;
      }
      return expr;
    }
    const auto* chosen = std::get_if<IfExpr>(&expr.node);
    if (chosen == nullptr) return expr;
    const auto condition = evaluator_.evaluate(*chosen->condition);
    const auto* got = std::get_if<Value>(&condition);
    if (got == nullptr) return narrowed(*chosen->condition, false);
    const bool* holds = got->if_bool();
    if (holds == nullptr) return expr;
    return narrowed(*holds ? *chosen->then_branch : *chosen->else_branch, value);
  }

  // Whether evaluation of a chain goes on after the operand.
  bool passes(const Expr& operand, bool is_and) {
    const auto value = evaluator_.evaluate(operand);
    const auto* got = std::get_if<Value>(&value);
    const bool* holds = got == nullptr ? nullptr : got->if_bool();
    return holds != nullptr && *holds == is_and;
  }

  // Whether the operand at which a chain ends says it all: it fails, or has the chain's value.
  bool stops_at(const Expr& operand, bool is_and, bool value) {
    const auto got = evaluator_.evaluate(operand);
    if (std::holds_alternative<EvaluationError>(got)) return true;
    return std::get<Value>(got).if_bool() != nullptr && value != is_and;
  }

  std::string clause_text(Span span) const {
    return on_one_line(tree_.source->slice(span), kClauseTextBytesMax);
  }

  const Policy& policy_;
  const PolicyTree& tree_;
  const Request& request_;
  Evaluator evaluator_;
};

std::string_view verdict(FailedClause::Kind kind) {
  switch (kind) {
    case Kind::kFalse:
      return "does not hold";
    case Kind::kTrue:
      return "holds, which `unless` excludes";
    case Kind::kError:
      return "failed";
    case Kind::kNotBoolean:
      return "is no boolean";
  }
  WARD_UNREACHABLE();
}

}  // namespace

std::optional<FailedClause> failed_clause(const Policy& policy, const Request& request,
                                          const EntityStore& entities) {
  return ClauseFinder(policy, request, entities).find();
}

std::size_t fitting_scope_parts(const Policy& policy, const Request& request,
                                const EntityStore& entities) {
  return ClauseFinder(policy, request, entities).fitting_parts();
}

std::string_view clause_kind_name(FailedClause::Kind kind) {
  switch (kind) {
    case Kind::kFalse:
      return "false";
    case Kind::kTrue:
      return "true";
    case Kind::kError:
      return "error";
    case Kind::kNotBoolean:
      return "not-boolean";
  }
  WARD_UNREACHABLE();
}

std::string clause_sentence(const FailedClause& clause, const SourceText& source) {
  std::string out = fmt::format("`{}` at {} {}", clause.text, source.place(clause.span.begin),
                                verdict(clause.kind));
  if (!clause.error.empty()) out += ": " + clause.error;
  std::string_view separator = clause.error.empty() ? ": " : "; ";
  for (const ClauseRead& each : clause.reads) {
    if (each.failure.empty()) {
      out += fmt::format("{}`{}` is {}", separator, each.text, each.value);
      separator = ", ";
    }
  }
  return out;
}

}  // namespace ward::cedar
