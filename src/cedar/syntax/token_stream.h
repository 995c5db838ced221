// The parsers' hold on the tokens: one token ahead, errors with their place. Private to syntax/ and
// schema/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "cedar/syntax/lexer.h"

namespace ward::cedar {

class TokenStream {
 public:
  static Result<TokenStream> open(const SourceText& source, Dialect dialect);

  const SourceText& source() const { return *source_; }
  const Token& peek() const { return ahead_; }
  bool at_symbol(std::string_view symbol) const { return ahead_.is_symbol(symbol); }
  bool at_word(std::string_view word) const { return ahead_.is_word(word); }
  std::uint32_t here() const { return ahead_.span.begin; }
  // From `begin` to the end of the last token taken.
  Span span_from(std::uint32_t begin) const { return {begin, last_end_}; }

  // A token is taken before the one after it is read, so a fault there is reported when it is due.
  Result<Token> take();
  Result<bool> accept(std::string_view symbol);  // takes the symbol if it is next
  Result<bool> accept_word(std::string_view word);
  Result<void> expect(std::string_view symbol, std::string_view where);

  // A name that is no reserved word; `what` says what for.
  Result<std::string> expect_name(std::string_view what);
  // A string literal with its escapes read.
  Result<std::string> expect_string(std::string_view what);

  // `policy.cedar:3:14: <message>`
  template <typename... Args>
  Error fail(Span at, fmt::format_string<Args...> format, Args&&... args) const {
    return fail_at(at.begin, fmt::format(format, std::forward<Args>(args)...));
  }
  Error fail_at(std::size_t offset, std::string_view message) const;
  // `unexpected `x`: expected <what>`
  Error unexpected(std::string_view what) const;

 private:
  TokenStream(const SourceText& source, Dialect dialect)
      : source_(&source), lexer_(source, dialect) {}

  const SourceText* source_;
  Lexer lexer_;
  Token ahead_;
  std::uint32_t last_end_ = 0;
};

}  // namespace ward::cedar
