#include "cedar/syntax/printer.h"

#include <span>

#include "cedar/syntax/expression_parser.h"
#include "cedar/value/identifier.h"

namespace ward::cedar {
namespace {

// How tightly an expression holds together; a looser one in a tighter place needs parentheses.
enum class Level : std::uint8_t {
  kIf,
  kOr,
  kAnd,
  kRelation,
  kSum,
  kProduct,
  kUnary,
  kMember,
  kNever,  // nothing holds together so tightly: always in parentheses
};

bool is_plain_name(std::string_view name) {
  return is_identifier(name) && !is_reserved_word(name);
}

Level level_of(BinaryOp op) {
  switch (op) {
    case BinaryOp::kEqual:
    case BinaryOp::kNotEqual:
    case BinaryOp::kLess:
    case BinaryOp::kLessEqual:
    case BinaryOp::kGreater:
    case BinaryOp::kGreaterEqual:
    case BinaryOp::kIn:
      return Level::kRelation;
    case BinaryOp::kAdd:
    case BinaryOp::kSubtract:
      return Level::kSum;
    case BinaryOp::kMultiply:
      return Level::kProduct;
    case BinaryOp::kContains:
    case BinaryOp::kContainsAll:
    case BinaryOp::kContainsAny:
    case BinaryOp::kHasTag:
    case BinaryOp::kGetTag:
      return Level::kMember;
  }
  WARD_UNREACHABLE();
}

struct LevelOf {
  Level operator()(const LiteralExpr& e) const {
    const std::int64_t* number = e.value.if_long();
    return number != nullptr && *number < 0 ? Level::kUnary : Level::kMember;
  }
  Level operator()(const UnaryExpr& e) const {
    return e.op == UnaryOp::kIsEmpty ? Level::kMember : Level::kUnary;
  }
  Level operator()(const BinaryExpr& e) const { return level_of(e.op); }
  Level operator()(const LogicalExpr& e) const {
    return e.op == LogicalOp::kOr ? Level::kOr : Level::kAnd;
  }
  Level operator()(const IfExpr&) const { return Level::kIf; }
  Level operator()(const HasExpr&) const { return Level::kRelation; }
  Level operator()(const LikeExpr&) const { return Level::kRelation; }
  Level operator()(const IsExpr&) const { return Level::kRelation; }
  template <typename Other>
  Level operator()(const Other&) const {
    return Level::kMember;
  }
};

class Printer {
 public:
  explicit Printer(std::string& out) : out_(out) {}

  void print(const Expr& expr, Level at_least) {
    const bool is_looser = std::visit(LevelOf{}, expr.node) < at_least;
    if (is_looser) out_ += '(';
    std::visit([this](const auto& node) { print_node(node); }, expr.node);
    if (is_looser) out_ += ')';
  }

 private:
  void print_node(const LiteralExpr& e) { append_text(out_, e.value); }
  void print_node(const VariableExpr& e) { out_ += variable_name(e.variable); }

  void print_node(const UnaryExpr& e) {
    if (e.op == UnaryOp::kIsEmpty) {
      print(*e.operand, Level::kMember);
      out_ += ".isEmpty()";
      return;
    }
    const UnaryExpr* last = &e;
    std::size_t count = 1;
    append_operator(e.op);
    for (; count < kUnaryOperatorsMax; ++count) {
      const auto* next = std::get_if<UnaryExpr>(&last->operand->node);
      if (next == nullptr || next->op != e.op) break;
      append_operator(e.op);
      last = next;
    }
    print(*last->operand, last_level(*last, count));
  }

  // What the operand of a row of `count` operators must hold together as. `-5` reads as one number,
  // so the negation of the number 5 is `-(5)` and that of the number -5 is `--5`.
  static Level last_level(const UnaryExpr& last, std::size_t count) {
    const auto* literal = std::get_if<LiteralExpr>(&last.operand->node);
    const std::int64_t* number = literal == nullptr ? nullptr : literal->value.if_long();
    if (last.op != UnaryOp::kNegate || number == nullptr) return Level::kMember;
    if (*number < 0 && count < kUnaryOperatorsMax) return Level::kUnary;
    return Level::kNever;
  }

  void print_node(const BinaryExpr& e) {
    const Level level = level_of(e.op);
    if (level == Level::kMember) {
      print(*e.left, Level::kMember);
      out_ += '.';
      out_ += operator_name(e.op);
      out_ += '(';
      print(*e.right, Level::kIf);
      out_ += ')';
      return;
    }
    // Relations do not chain; sums and products group from the left.
    const auto tighter = static_cast<Level>(static_cast<int>(level) + 1);
    print(*e.left, level == Level::kRelation ? tighter : level);
    out_ += ' ';
    out_ += operator_name(e.op);
    out_ += ' ';
    print(*e.right, tighter);
  }

  void print_node(const LogicalExpr& e) {
    const bool is_or = e.op == LogicalOp::kOr;
    for (std::size_t i = 0; i < e.operands.size(); ++i) {
      if (i > 0) out_ += is_or ? " || " : " && ";
      print(*e.operands[i], is_or ? Level::kAnd : Level::kRelation);
    }
  }

  void print_node(const IfExpr& e) {
    out_ += "if ";
    print(*e.condition, Level::kIf);
    out_ += " then ";
    print(*e.then_branch, Level::kIf);
    out_ += " else ";
    print(*e.else_branch, Level::kIf);
  }

  void print_node(const AttributeExpr& e) {
    print(*e.object, Level::kMember);
    if (is_plain_name(e.name)) {
      out_ += '.';
      out_ += e.name;
    } else {
      out_ += '[';
      append_quoted(out_, e.name);
      out_ += ']';
    }
  }

  void print_node(const HasExpr& e) {
    print(*e.object, Level::kSum);
    out_ += " has ";
    if (e.path.size() == 1) return append_key(e.path.front());
    for (std::size_t i = 0; i < e.path.size(); ++i) {
      if (i > 0) out_ += '.';
      out_ += e.path[i];
    }
  }

  void print_node(const LikeExpr& e) {
    print(*e.operand, Level::kSum);
    out_ += " like ";
    out_ += e.pattern.text();
  }

  void print_node(const IsExpr& e) {
    print(*e.operand, Level::kSum);
    out_ += " is ";
    out_ += e.type.name();
    if (e.in == nullptr) return;
    out_ += " in ";
    print(*e.in, Level::kSum);
  }

  void print_node(const SetExpr& e) {
    out_ += '[';
    print_list(e.elements);
    out_ += ']';
  }

  void print_node(const RecordExpr& e) {
    out_ += '{';
    bool first = true;
    for (const auto& [name, value] : e.fields) {
      if (!first) out_ += ", ";
      first = false;
      append_key(name);
      out_ += ": ";
      print(*value, Level::kIf);
    }
    out_ += '}';
  }

  void print_node(const CallExpr& e) {
    std::span<const ExprPtr> arguments = e.arguments;
    const ExtensionSignature& signature = extension_signature(e.function);
    if (signature.is_method && !arguments.empty()) {
      print(*arguments.front(), Level::kMember);
      out_ += '.';
      arguments = arguments.subspan(1);
    }
    out_ += signature.name;
    out_ += '(';
    print_list(arguments);
    out_ += ')';
  }

  void print_list(std::span<const ExprPtr> exprs) {
    bool first = true;
    for (const ExprPtr& expr : exprs) {
      if (!first) out_ += ", ";
      first = false;
      print(*expr, Level::kIf);
    }
  }

  void append_operator(UnaryOp op) { out_ += op == UnaryOp::kNot ? '!' : '-'; }

  void append_key(std::string_view name) {
    if (is_plain_name(name)) {
      out_ += name;
    } else {
      append_quoted(out_, name);
    }
  }

  std::string& out_;
};

void append_scope(std::string& out, std::string_view name, const ScopeConstraint& scope) {
  using Kind = ScopeConstraint::Kind;
  out += name;
  if (scope.kind == Kind::kIs || scope.kind == Kind::kIsIn) out += " is " + scope.type->name();
  if (!scope.entity) return;
  out += scope.kind == Kind::kEqual ? " == " : " in ";
  if (scope.has_slot()) {
    out += '?';
    out += name;
  } else {
    out += std::get<EntityUid>(*scope.entity).text();
  }
}

void append_action(std::string& out, const ActionConstraint& scope) {
  out += "action";
  switch (scope.kind) {
    case ActionConstraint::Kind::kAny:
      return;
    case ActionConstraint::Kind::kEqual:
      out += " == " + scope.entities.front().text();
      return;
    case ActionConstraint::Kind::kIn:
      out += " in " + scope.entities.front().text();
      return;
    case ActionConstraint::Kind::kInSet: {
      out += " in [";
      for (std::size_t i = 0; i < scope.entities.size(); ++i) {
        if (i > 0) out += ", ";
        out += scope.entities[i].text();
      }
      out += ']';
      return;
    }
  }
  WARD_UNREACHABLE();
}

}  // namespace

void append_text(std::string& out, const Expr& expr) {
  Printer(out).print(expr, Level::kIf);
}

std::string to_text(const Expr& expr) {
  std::string out;
  append_text(out, expr);
  return out;
}

std::string to_text(const PolicyTree& policy) {
  std::string out;
  for (const Annotation& annotation : policy.annotations) {
    out += '@' + annotation.key;
    if (annotation.value) out += '(' + quoted(*annotation.value) + ')';
    out += '\n';
  }
  out += effect_name(policy.effect);
  out += '(';
  append_scope(out, "principal", policy.principal);
  out += ", ";
  append_action(out, policy.action);
  out += ", ";
  append_scope(out, "resource", policy.resource);
  out += ')';
  for (const Condition& condition : policy.conditions) {
    out += condition.is_unless ? "\nunless { " : "\nwhen { ";
    append_text(out, *condition.body);
    out += " }";
  }
  out += ';';
  return out;
}

}  // namespace ward::cedar
