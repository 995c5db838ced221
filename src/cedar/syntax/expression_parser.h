// Parses expressions by recursive descent. Private to syntax/.
//
// Grammar: Expr := Or | if Expr then Expr else Expr; Or := And {|| And}; And := Rel {&& Rel};
// Rel := Add [op Add | has | like | is]; Add := Mul {+|- Mul}; Mul := Unary {* Unary};
// Unary := up to four ! or up to four - before Member; Member := Primary {.name | .name() | [str]}.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/syntax/expression.h"
#include "cedar/syntax/token_stream.h"

namespace ward::cedar {

// Expressions inside one another (parentheses, arguments, elements, branches), which is what the
// parser's stack grows with: about 2 KiB each.
inline constexpr std::size_t kParseNestingMax = 200;
// `!` or `-` in a row.
inline constexpr std::size_t kUnaryOperatorsMax = 4;

class ExpressionParser {
 public:
  explicit ExpressionParser(TokenStream& tokens) : tokens_(tokens) {}

  Result<ExprPtr> expression();

  // `A::B::C` and `A::B::"id"`, in scopes too.
  Result<EntityType> type_name(std::string_view what);
  Result<EntityUid> entity();

 private:
  struct Path {
    std::string name;               // `A::B`
    std::optional<std::string> id;  // of `A::B::"id"`
    Span span;
  };

  Result<Path> path(std::string_view what);
  Result<ExprPtr> make(Expr::Node node, std::uint32_t begin);
  Result<ExprPtr> bounded(ExprPtr expr);

  Result<ExprPtr> conditional();
  Result<ExprPtr> disjunction();
  Result<ExprPtr> conjunction();
  Result<ExprPtr> relation();
  Result<ExprPtr> sum();
  Result<ExprPtr> product();
  Result<ExprPtr> unary();
  Result<ExprPtr> member();
  Result<ExprPtr> primary();

  Result<ExprPtr> has(ExprPtr object, std::uint32_t begin);
  Result<ExprPtr> like(ExprPtr operand, std::uint32_t begin);
  Result<ExprPtr> is(ExprPtr operand, std::uint32_t begin);
  Result<ExprPtr> accesses(ExprPtr object, std::uint32_t begin);
  Result<ExprPtr> field_or_method(ExprPtr object, std::uint32_t begin);
  Result<ExprPtr> method(ExprPtr object, const std::string& name, Span name_span,
                         std::uint32_t begin);
  Result<ExprPtr> name_or_call();
  Result<ExprPtr> function(const Path& path);
  Result<ExprPtr> set();
  Result<ExprPtr> record();
  Result<std::string> record_key();
  Result<std::vector<ExprPtr>> list(std::string_view close);
  Result<std::uint64_t> integer();

  TokenStream& tokens_;
  std::size_t nesting_ = 0;
};

}  // namespace ward::cedar
