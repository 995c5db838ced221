#include "cedar/syntax/expression_parser.h"

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_set>

#include "cedar/value/identifier.h"
#include "cedar/value/unescape.h"
#include "codec/nearest.h"

namespace ward::cedar {
namespace {

// 2^63, which is no long by itself but is one after a minus.
constexpr std::uint64_t kLeastLongMagnitude = std::uint64_t{1} << 63;

std::optional<BinaryOp> relation_op(const Token& token) {
  if (token.is_word("in")) return BinaryOp::kIn;
  if (token.kind != Token::Kind::kSymbol) return std::nullopt;
  if (token.text == "==") return BinaryOp::kEqual;
  if (token.text == "!=") return BinaryOp::kNotEqual;
  if (token.text == "<") return BinaryOp::kLess;
  if (token.text == "<=") return BinaryOp::kLessEqual;
  if (token.text == ">") return BinaryOp::kGreater;
  if (token.text == ">=") return BinaryOp::kGreaterEqual;
  return std::nullopt;
}

bool starts_relation(const Token& token) {
  return relation_op(token) || token.is_word("has") || token.is_word("like") || token.is_word("is");
}

struct BuiltinMethod {
  std::string_view name;
  std::optional<BinaryOp> op;  // nothing for isEmpty, which takes no argument
};

constexpr std::array<BuiltinMethod, 6> kBuiltinMethods = {{
    {"contains", BinaryOp::kContains},
    {"containsAll", BinaryOp::kContainsAll},
    {"containsAny", BinaryOp::kContainsAny},
    {"isEmpty", std::nullopt},
    {"hasTag", BinaryOp::kHasTag},
    {"getTag", BinaryOp::kGetTag},
}};

const BuiltinMethod* find_builtin_method(std::string_view name) {
  const auto it = std::ranges::find(kBuiltinMethods, name, &BuiltinMethod::name);
  return it == kBuiltinMethods.end() ? nullptr : &*it;
}

// `; did you mean `x`?`, or nothing.
std::string suggestion(std::string_view name, bool methods) {
  std::vector<std::string_view> names;
  for (const ExtensionSignature& signature : extension_signatures()) {
    if (signature.is_method == methods) names.push_back(signature.name);
  }
  if (methods) {
    for (const BuiltinMethod& method : kBuiltinMethods) names.push_back(method.name);
  }
  const auto nearest = codec::nearest_name(name, names);
  return nearest ? fmt::format("; did you mean `{}`?", *nearest) : std::string();
}

}  // namespace

Result<ExprPtr> ExpressionParser::make(Expr::Node node, std::uint32_t begin) {
  return bounded(make_expr(std::move(node), tokens_.span_from(begin)));
}

Result<ExprPtr> ExpressionParser::bounded(ExprPtr expr) {
  if (expr->depth > kExprDepthMax) {
    return make_error(ErrorCode::kResourceExhausted,
                      "{}: this expression is more than {} operations deep",
                      tokens_.source().place(expr->span.begin), kExprDepthMax);
  }
  return expr;
}

Result<ExprPtr> ExpressionParser::expression() {
  if (nesting_ >= kParseNestingMax) {
    return make_error(ErrorCode::kResourceExhausted, "{}: more than {} expressions are nested here",
                      tokens_.source().place(tokens_.here()), kParseNestingMax);
  }
  ++nesting_;
  auto result = tokens_.at_word("if") ? conditional() : disjunction();
  --nesting_;
  return result;
}

Result<ExprPtr> ExpressionParser::conditional() {
  const std::uint32_t begin = tokens_.here();
  WARD_RETURN_IF_ERROR(tokens_.take());
  WARD_TRY(ExprPtr condition, expression());
  WARD_TRY(const bool has_then, tokens_.accept_word("then"));
  if (!has_then) return tokens_.unexpected("`then` after the condition of `if`");
  WARD_TRY(ExprPtr then_branch, expression());
  WARD_TRY(const bool has_else, tokens_.accept_word("else"));
  if (!has_else) return tokens_.unexpected("`else`: an `if` has both branches");
  WARD_TRY(ExprPtr else_branch, expression());
  return make(IfExpr{std::move(condition), std::move(then_branch), std::move(else_branch)}, begin);
}

Result<ExprPtr> ExpressionParser::disjunction() {
  const std::uint32_t begin = tokens_.here();
  WARD_TRY(ExprPtr first, conjunction());
  if (!tokens_.at_symbol("||")) return first;
  std::vector<ExprPtr> operands = {std::move(first)};
  while (tokens_.at_symbol("||")) {
    WARD_RETURN_IF_ERROR(tokens_.take());
    WARD_TRY(ExprPtr next, conjunction());
    operands.push_back(std::move(next));
  }
  return bounded(make_logical(LogicalOp::kOr, std::move(operands), tokens_.span_from(begin)));
}

Result<ExprPtr> ExpressionParser::conjunction() {
  const std::uint32_t begin = tokens_.here();
  WARD_TRY(ExprPtr first, relation());
  if (!tokens_.at_symbol("&&")) return first;
  std::vector<ExprPtr> operands = {std::move(first)};
  while (tokens_.at_symbol("&&")) {
    WARD_RETURN_IF_ERROR(tokens_.take());
    WARD_TRY(ExprPtr next, relation());
    operands.push_back(std::move(next));
  }
  return bounded(make_logical(LogicalOp::kAnd, std::move(operands), tokens_.span_from(begin)));
}

Result<ExprPtr> ExpressionParser::relation() {
  const std::uint32_t begin = tokens_.here();
  WARD_TRY(ExprPtr left, sum());
  ExprPtr whole = left;
  if (tokens_.at_symbol("=")) {
    return tokens_.fail(tokens_.peek().span, "`=` is no operator of Cedar; use `==` to compare");
  }
  if (const auto op = relation_op(tokens_.peek())) {
    WARD_RETURN_IF_ERROR(tokens_.take());
    WARD_TRY(ExprPtr right, sum());
    WARD_TRY(whole, make(BinaryExpr{*op, std::move(left), std::move(right)}, begin));
  } else if (tokens_.at_word("has")) {
    WARD_TRY(whole, has(std::move(left), begin));
  } else if (tokens_.at_word("like")) {
    WARD_TRY(whole, like(std::move(left), begin));
  } else if (tokens_.at_word("is")) {
    WARD_TRY(whole, is(std::move(left), begin));
  }
  if (starts_relation(tokens_.peek())) {
    return tokens_.fail(tokens_.peek().span,
                        "`{}` follows another relation; relations do not chain, use parentheses",
                        tokens_.peek().text);
  }
  return whole;
}

Result<ExprPtr> ExpressionParser::has(ExprPtr object, std::uint32_t begin) {
  WARD_RETURN_IF_ERROR(tokens_.take());
  constexpr std::string_view kWhat = "an attribute name or a string after `has`";
  std::vector<std::string> names;
  if (tokens_.peek().kind == Token::Kind::kString) {
    WARD_TRY(std::string name, tokens_.expect_string(kWhat));
    names.push_back(std::move(name));
    return make(HasExpr{std::move(object), std::move(names)}, begin);
  }
  WARD_TRY(std::string first, tokens_.expect_name(kWhat));
  names.push_back(std::move(first));
  while (tokens_.at_symbol(".")) {
    WARD_RETURN_IF_ERROR(tokens_.take());
    WARD_TRY(std::string name, tokens_.expect_name("an attribute name after `.`"));
    names.push_back(std::move(name));
  }
  return make(HasExpr{std::move(object), std::move(names)}, begin);
}

Result<ExprPtr> ExpressionParser::like(ExprPtr operand, std::uint32_t begin) {
  WARD_RETURN_IF_ERROR(tokens_.take());
  const Token pattern = tokens_.peek();
  if (pattern.kind != Token::Kind::kString) {
    return tokens_.unexpected("a pattern in quotes after `like`");
  }
  std::size_t fault = 0;
  auto pieces = unescape_pattern(pattern.text.substr(1, pattern.text.size() - 2), &fault);
  if (!pieces.ok()) {
    return tokens_.fail_at(pattern.span.begin + 1 + fault, pieces.error().message());
  }
  WARD_RETURN_IF_ERROR(tokens_.take());
  return make(LikeExpr{std::move(operand), Pattern(std::move(pieces).value())}, begin);
}

Result<ExprPtr> ExpressionParser::is(ExprPtr operand, std::uint32_t begin) {
  WARD_RETURN_IF_ERROR(tokens_.take());
  WARD_TRY(EntityType type, type_name("an entity type after `is`"));
  WARD_TRY(const bool has_in, tokens_.accept_word("in"));
  ExprPtr in;
  if (has_in) {
    WARD_TRY(in, sum());
  }
  return make(IsExpr{std::move(operand), std::move(type), std::move(in)}, begin);
}

Result<ExprPtr> ExpressionParser::sum() {
  const std::uint32_t begin = tokens_.here();
  WARD_TRY(ExprPtr left, product());
  while (tokens_.at_symbol("+") || tokens_.at_symbol("-")) {
    const BinaryOp op = tokens_.at_symbol("+") ? BinaryOp::kAdd : BinaryOp::kSubtract;
    WARD_RETURN_IF_ERROR(tokens_.take());
    WARD_TRY(ExprPtr right, product());
    WARD_TRY(left, make(BinaryExpr{op, std::move(left), std::move(right)}, begin));
  }
  return left;
}

Result<ExprPtr> ExpressionParser::product() {
  const std::uint32_t begin = tokens_.here();
  WARD_TRY(ExprPtr left, unary());
  while (tokens_.at_symbol("*")) {
    WARD_RETURN_IF_ERROR(tokens_.take());
    WARD_TRY(ExprPtr right, unary());
    WARD_TRY(left, make(BinaryExpr{BinaryOp::kMultiply, std::move(left), std::move(right)}, begin));
  }
  if (tokens_.at_symbol("/") || tokens_.at_symbol("%")) {
    return tokens_.fail(tokens_.peek().span, "Cedar has no {}",
                        tokens_.at_symbol("/") ? "division" : "remainder");
  }
  return left;
}

Result<ExprPtr> ExpressionParser::unary() {
  const std::uint32_t begin = tokens_.here();
  const bool negates = tokens_.at_symbol("-");
  const std::string_view symbol = negates ? "-" : "!";
  std::size_t count = 0;
  for (; tokens_.at_symbol(symbol); ++count) {
    if (count == kUnaryOperatorsMax) {
      return tokens_.fail(tokens_.peek().span, "more than four `{}` in a row", symbol);
    }
    WARD_RETURN_IF_ERROR(tokens_.take());
  }
  ExprPtr operand;
  if (negates && tokens_.peek().kind == Token::Kind::kInteger) {
    // The minus belongs to the number, so that the least long can be written.
    const std::uint32_t number_begin = tokens_.here();
    WARD_TRY(const std::uint64_t magnitude, integer());
    const bool is_literal =
        !tokens_.at_symbol(".") && !tokens_.at_symbol("(") && !tokens_.at_symbol("[");
    if (magnitude > kLeastLongMagnitude - (is_literal ? 0 : 1)) {
      return tokens_.fail_at(number_begin, "this number is out of the range of a long");
    }
    if (is_literal) --count;
    const auto value = static_cast<std::int64_t>(is_literal ? 0 - magnitude : magnitude);
    WARD_TRY(operand, make(LiteralExpr{Value(value)}, is_literal ? begin : number_begin));
    WARD_TRY(operand, accesses(std::move(operand), number_begin));
  } else {
    WARD_TRY(operand, member());
  }
  for (; count > 0; --count) {
    const UnaryOp op = negates ? UnaryOp::kNegate : UnaryOp::kNot;
    WARD_TRY(operand, make(UnaryExpr{op, std::move(operand)}, begin));
  }
  return operand;
}

Result<std::uint64_t> ExpressionParser::integer() {
  WARD_TRY(const Token token, tokens_.take());
  std::uint64_t value = 0;
  for (const char c : token.text) {
    if (__builtin_mul_overflow(value, std::uint64_t{10}, &value) ||
        __builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value)) {
      return tokens_.fail(token.span, "this number is out of the range of a long");
    }
  }
  return value;
}

Result<ExprPtr> ExpressionParser::member() {
  const std::uint32_t begin = tokens_.here();
  WARD_TRY(ExprPtr object, primary());
  return accesses(std::move(object), begin);
}

Result<ExprPtr> ExpressionParser::accesses(ExprPtr object, std::uint32_t begin) {
  while (true) {
    if (tokens_.at_symbol(".")) {
      WARD_TRY(object, field_or_method(std::move(object), begin));
    } else if (tokens_.at_symbol("[")) {
      WARD_RETURN_IF_ERROR(tokens_.take());
      WARD_TRY(std::string name, tokens_.expect_string("an attribute name in quotes after `[`"));
      WARD_RETURN_IF_ERROR(tokens_.expect("]", "after the attribute name"));
      WARD_TRY(object, make(AttributeExpr{std::move(object), std::move(name)}, begin));
    } else if (tokens_.at_symbol("(")) {
      return tokens_.fail(tokens_.peek().span,
                          "only functions and methods can be called, and this is neither");
    } else {
      return object;
    }
  }
}

Result<ExprPtr> ExpressionParser::field_or_method(ExprPtr object, std::uint32_t begin) {
  WARD_RETURN_IF_ERROR(tokens_.take());
  const Span name_span = tokens_.peek().span;
  WARD_TRY(std::string name, tokens_.expect_name("an attribute or method name after `.`"));
  if (tokens_.at_symbol("(")) return method(std::move(object), name, name_span, begin);
  return make(AttributeExpr{std::move(object), std::move(name)}, begin);
}

Result<ExprPtr> ExpressionParser::method(ExprPtr object, const std::string& name, Span name_span,
                                         std::uint32_t begin) {
  WARD_RETURN_IF_ERROR(tokens_.take());
  WARD_TRY(std::vector<ExprPtr> arguments, list(")"));
  if (const BuiltinMethod* builtin = find_builtin_method(name)) {
    const std::size_t arity = builtin->op ? 1 : 0;
    if (arguments.size() != arity) {
      return tokens_.fail(name_span, "`{}` takes {} argument{}, got {}", name, arity,
                          arity == 1 ? "" : "s", arguments.size());
    }
    if (!builtin->op) return make(UnaryExpr{UnaryOp::kIsEmpty, std::move(object)}, begin);
    return make(BinaryExpr{*builtin->op, std::move(object), std::move(arguments.front())}, begin);
  }
  const ExtensionSignature* extension = find_extension_function(name);
  if (extension == nullptr) {
    return tokens_.fail(name_span, "there is no method `{}`{}", name, suggestion(name, true));
  }
  if (!extension->is_method) {
    return tokens_.fail(name_span, "`{}` is a function, not a method: write `{}(...)`", name, name);
  }
  // A wrong number of arguments to an extension method is an error of evaluation, as the reference
  // has it; the validator finds it earlier.
  arguments.insert(arguments.begin(), std::move(object));
  return make(CallExpr{extension->function, std::move(arguments)}, begin);
}

Result<ExprPtr> ExpressionParser::primary() {
  const std::uint32_t begin = tokens_.here();
  switch (tokens_.peek().kind) {
    case Token::Kind::kIdentifier:
      return name_or_call();
    case Token::Kind::kInteger: {
      WARD_TRY(const std::uint64_t value, integer());
      if (value >= kLeastLongMagnitude) {
        return tokens_.fail_at(begin, "this number is out of the range of a long");
      }
      return make(LiteralExpr{Value(static_cast<std::int64_t>(value))}, begin);
    }
    case Token::Kind::kString: {
      WARD_TRY(std::string text, tokens_.expect_string("a string"));
      return make(LiteralExpr{Value(std::move(text))}, begin);
    }
    case Token::Kind::kSlot:
      return tokens_.fail(tokens_.peek().span,
                          "`{}` may stand only in the scope of a template, not in its conditions",
                          tokens_.peek().text);
    case Token::Kind::kSymbol:
      if (tokens_.at_symbol("[")) return set();
      if (tokens_.at_symbol("{")) return record();
      if (tokens_.at_symbol("(")) {
        WARD_RETURN_IF_ERROR(tokens_.take());
        WARD_TRY(ExprPtr inner, expression());
        WARD_RETURN_IF_ERROR(tokens_.expect(")", "to close the parenthesis"));
        return inner;
      }
      return tokens_.unexpected("an expression");
    case Token::Kind::kEnd:
      return tokens_.unexpected("an expression");
  }
  WARD_UNREACHABLE();
}

Result<ExprPtr> ExpressionParser::name_or_call() {
  const std::uint32_t begin = tokens_.here();
  if (tokens_.at_word("true") || tokens_.at_word("false")) {
    WARD_TRY(const Token token, tokens_.take());
    return make(LiteralExpr{Value(token.text == "true")}, begin);
  }
  if (tokens_.at_word("if")) {
    return tokens_.fail(tokens_.peek().span,
                        "put this `if` in parentheses to use it as an operand");
  }
  WARD_TRY(Path name, path("an expression"));
  if (name.id) {
    WARD_TRY(EntityType type, EntityType::parse(name.name));
    return make(LiteralExpr{Value(EntityUid(std::move(type), std::move(*name.id)))}, begin);
  }
  const auto variable = find_variable(name.name);
  if (variable && !tokens_.at_symbol("(")) return make(VariableExpr{*variable}, begin);
  if (variable) {
    return tokens_.fail(name.span, "`{}` is a variable and cannot be called", name.name);
  }
  if (tokens_.at_symbol("(")) return function(name);
  return tokens_.fail(name.span,
                      "`{}` is no expression; the variables are principal, action, resource and "
                      "context, an entity is written `{}::\"id\"`, a string in quotes",
                      name.name, name.name);
}

Result<ExprPtr> ExpressionParser::function(const Path& path) {
  const std::string& name = path.name;
  const ExtensionSignature* extension = find_extension_function(name);
  if (find_builtin_method(name) != nullptr || (extension != nullptr && extension->is_method)) {
    return tokens_.fail(path.span, "`{}` is a method, not a function: write `x.{}(...)`", name,
                        name);
  }
  if (extension == nullptr) {
    return tokens_.fail(path.span, "there is no function `{}`{}", name, suggestion(name, false));
  }
  WARD_RETURN_IF_ERROR(tokens_.take());
  WARD_TRY(std::vector<ExprPtr> arguments, list(")"));
  return make(CallExpr{extension->function, std::move(arguments)}, path.span.begin);
}

Result<ExpressionParser::Path> ExpressionParser::path(std::string_view what) {
  Path out;
  const std::uint32_t begin = tokens_.here();
  WARD_TRY(out.name, tokens_.expect_name(what));
  while (tokens_.at_symbol("::")) {
    WARD_RETURN_IF_ERROR(tokens_.take());
    if (tokens_.peek().kind == Token::Kind::kString) {
      WARD_TRY(out.id, tokens_.expect_string("an entity id"));
      break;
    }
    if (tokens_.at_symbol("{")) {
      return tokens_.fail(tokens_.peek().span, "an entity is written `{}::\"id\"`", out.name);
    }
    WARD_TRY(const std::string part,
             tokens_.expect_name("a name or an entity id in quotes after `::`"));
    out.name += "::";
    out.name += part;
  }
  out.span = tokens_.span_from(begin);
  return out;
}

Result<EntityType> ExpressionParser::type_name(std::string_view what) {
  WARD_TRY(const Path name, path(what));
  if (name.id) {
    return tokens_.fail(name.span, "expected {}, got an entity; did you mean `==` or `in`?", what);
  }
  return EntityType::parse(name.name);
}

Result<EntityUid> ExpressionParser::entity() {
  WARD_TRY(Path name, path("an entity of the form `Type::\"id\"`"));
  if (!name.id) {
    return tokens_.fail(name.span, "expected an entity of the form `{}::\"id\"`, got only a name",
                        name.name);
  }
  WARD_TRY(EntityType type, EntityType::parse(name.name));
  return EntityUid(std::move(type), std::move(*name.id));
}

Result<ExprPtr> ExpressionParser::set() {
  const std::uint32_t begin = tokens_.here();
  WARD_RETURN_IF_ERROR(tokens_.take());
  WARD_TRY(std::vector<ExprPtr> elements, list("]"));
  return make(SetExpr{std::move(elements)}, begin);
}

Result<std::vector<ExprPtr>> ExpressionParser::list(std::string_view close) {
  std::vector<ExprPtr> items;
  while (!tokens_.at_symbol(close)) {
    WARD_TRY(ExprPtr item, expression());
    items.push_back(std::move(item));
    WARD_TRY(const bool more, tokens_.accept(","));
    if (!more) break;
  }
  WARD_RETURN_IF_ERROR(tokens_.expect(close, "or `,` after the expression"));
  return items;
}

Result<ExprPtr> ExpressionParser::record() {
  const std::uint32_t begin = tokens_.here();
  WARD_RETURN_IF_ERROR(tokens_.take());
  std::vector<std::pair<std::string, ExprPtr>> fields;
  std::unordered_set<std::string> names;
  while (!tokens_.at_symbol("}")) {
    const Span key_span = tokens_.peek().span;
    WARD_TRY(std::string key, record_key());
    if (!names.insert(key).second) {
      return tokens_.fail(key_span, "the key {} stands twice in this record", quoted(key));
    }
    WARD_RETURN_IF_ERROR(tokens_.expect(":", "after the key"));
    WARD_TRY(ExprPtr value, expression());
    fields.emplace_back(std::move(key), std::move(value));
    WARD_TRY(const bool more, tokens_.accept(","));
    if (!more) break;
  }
  WARD_RETURN_IF_ERROR(tokens_.expect("}", "or `,` after the value"));
  return make(RecordExpr{std::move(fields)}, begin);
}

Result<std::string> ExpressionParser::record_key() {
  constexpr std::string_view kWhat = "a record key, which is a name or a string";
  if (tokens_.peek().kind == Token::Kind::kString) return tokens_.expect_string(kWhat);
  return tokens_.expect_name(kWhat);
}

}  // namespace ward::cedar
