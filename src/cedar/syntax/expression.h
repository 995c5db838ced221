// Expressions of the policy language as a tree of immutable nodes.
//
// Trees are shared, not copied: templates share theirs with their links, and a rewriting pass
// (compilation, partial evaluation) shares what it leaves alone. The tree says what was written;
// what it means is in evaluate/. Every node keeps where it stood.
//
// Chains of `&&` and of `||` are one node of many operands, so that a policy with thousands of
// alternatives is not thousands deep. `has a.b.c` is one node with a path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cedar/syntax/pattern.h"
#include "cedar/syntax/source.h"
#include "cedar/value/entity_uid.h"
#include "cedar/value/extension_function.h"
#include "cedar/value/value.h"

namespace ward::cedar {

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;  // never null

// Nodes above one another; the parser refuses what goes deeper, and the evaluator stops there.
inline constexpr std::size_t kExprDepthMax = 400;

enum class Variable : std::uint8_t { kPrincipal, kAction, kResource, kContext };

enum class UnaryOp : std::uint8_t { kNot, kNegate, kIsEmpty };

enum class BinaryOp : std::uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kAdd,
  kSubtract,
  kMultiply,
  kContains,
  kContainsAll,
  kContainsAny,
  kHasTag,
  kGetTag,
};

enum class LogicalOp : std::uint8_t { kAnd, kOr };

// As they are written: `==`, `containsAll`, `principal`.
std::string_view operator_name(BinaryOp op);
std::string_view variable_name(Variable variable);
std::optional<Variable> find_variable(std::string_view name);

struct LiteralExpr {
  Value value;  // bool, long, string or entity
};
struct VariableExpr {
  Variable variable;
};
struct UnaryExpr {
  UnaryOp op;
  ExprPtr operand;
};
struct BinaryExpr {
  BinaryOp op;
  ExprPtr left;
  ExprPtr right;
};
struct LogicalExpr {
  LogicalOp op;
  // At least two, evaluated from the left; the first is no chain of the same operator.
  std::vector<ExprPtr> operands;
};
struct IfExpr {
  ExprPtr condition;
  ExprPtr then_branch;
  ExprPtr else_branch;
};
struct AttributeExpr {
  ExprPtr object;
  std::string name;
};
struct HasExpr {
  ExprPtr object;
  std::vector<std::string> path;  // at least one; more than one only as identifiers (RFC 62)
};
struct LikeExpr {
  ExprPtr operand;
  Pattern pattern;
};
struct IsExpr {
  ExprPtr operand;
  EntityType type;
  std::shared_ptr<const Expr> in;  // null without `in`
};
struct SetExpr {
  std::vector<ExprPtr> elements;
};
struct RecordExpr {
  std::vector<std::pair<std::string, ExprPtr>> fields;  // names distinct, in the order written
};
struct CallExpr {
  ExtensionFunction function;
  std::vector<ExprPtr> arguments;  // of a method, the receiver is the first
};

struct Expr {
  using Node =
      std::variant<LiteralExpr, VariableExpr, UnaryExpr, BinaryExpr, LogicalExpr, IfExpr,
                   AttributeExpr, HasExpr, LikeExpr, IsExpr, SetExpr, RecordExpr, CallExpr>;

  Node node;
  Span span;          // in the SourceText of the policy
  std::size_t depth;  // 1 for a leaf
};

// Makes a node and counts its depth. The caller keeps it within kExprDepthMax.
ExprPtr make_expr(Expr::Node node, Span span = {});

// A chain of at least two operands. `(a && b) && c` groups as `a && b && c` does, and is the same
// chain.
ExprPtr make_logical(LogicalOp op, std::vector<ExprPtr> operands, Span span = {});

// Equal but for the spans.
bool same_expression(const Expr& a, const Expr& b);

}  // namespace ward::cedar
