#include "cedar/syntax/token_stream.h"

#include <algorithm>

#include "cedar/value/identifier.h"
#include "cedar/value/unescape.h"

namespace ward::cedar {

Result<TokenStream> TokenStream::open(const SourceText& source, Dialect dialect) {
  TokenStream stream(source, dialect);
  WARD_TRY(stream.ahead_, stream.lexer_.next());
  return stream;
}

Result<Token> TokenStream::take() {
  const Token token = ahead_;
  last_end_ = token.span.end;
  WARD_TRY(ahead_, lexer_.next());
  return token;
}

Result<bool> TokenStream::accept(std::string_view symbol) {
  if (!at_symbol(symbol)) return false;
  WARD_RETURN_IF_ERROR(take());
  return true;
}

Result<bool> TokenStream::accept_word(std::string_view word) {
  if (!at_word(word)) return false;
  WARD_RETURN_IF_ERROR(take());
  return true;
}

Result<void> TokenStream::expect(std::string_view symbol, std::string_view where) {
  if (!at_symbol(symbol)) return unexpected(fmt::format("`{}` {}", symbol, where));
  WARD_RETURN_IF_ERROR(take());
  return {};
}

Result<std::string> TokenStream::expect_name(std::string_view what) {
  if (ahead_.kind != Token::Kind::kIdentifier) return unexpected(what);
  if (is_reserved_word(ahead_.text)) {
    return fail(ahead_.span, "`{}` is a reserved word and names nothing: expected {}", ahead_.text,
                what);
  }
  WARD_TRY(const Token token, take());
  return std::string(token.text);
}

Result<std::string> TokenStream::expect_string(std::string_view what) {
  if (ahead_.kind != Token::Kind::kString) return unexpected(what);
  const std::string_view body = ahead_.text.substr(1, ahead_.text.size() - 2);
  std::size_t fault = 0;
  auto text = unescape_string(body, &fault);
  if (!text.ok()) return fail_at(ahead_.span.begin + 1 + fault, text.error().message());
  WARD_RETURN_IF_ERROR(take());
  return text;
}

Error TokenStream::fail_at(std::size_t offset, std::string_view message) const {
  return invalid_argument("{}: {}", source_->place(offset), message);
}

Error TokenStream::unexpected(std::string_view what) const {
  if (ahead_.kind == Token::Kind::kEnd) {
    return fail(ahead_.span, "unexpected end of the text: expected {}", what);
  }
  constexpr std::size_t kShown = 40;
  std::size_t shown = std::min(ahead_.text.size(), kShown);
  while (shown < ahead_.text.size() &&
         (static_cast<unsigned char>(ahead_.text[shown]) & 0xc0) == 0x80) {
    ++shown;
  }
  return fail(ahead_.span, "unexpected `{}{}`: expected {}", ahead_.text.substr(0, shown),
              shown < ahead_.text.size() ? "..." : "", what);
}

}  // namespace ward::cedar
