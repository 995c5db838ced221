#include "cedar/syntax/lexer.h"

#include <algorithm>
#include <array>

#include "cedar/value/digits.h"
#include "cedar/value/identifier.h"

namespace ward::cedar {
namespace {

// The longer before its prefixes.
constexpr std::array<std::string_view, 26> kSymbols = {
    "::", "==", "!=", "<=", ">=", "||", "&&", "(", ")", "{", "}", "[", "]",
    ",",  ";",  ":",  ".",  "@",  "<",  ">",  "+", "-", "*", "/", "%", "="};

bool is_word_part(char c) {
  return is_digit(c) || is_identifier(std::string_view(&c, 1));
}

std::size_t word_length(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, is_word_part);
  return static_cast<std::size_t>(end - text.begin());
}

}  // namespace

// The bytes of the White_Space character (Unicode) at the front of the rest; 0 when there is none.
std::size_t Lexer::space_length() const {
  const std::string_view rest = std::string_view(source_.text).substr(at_);
  if (rest.empty()) return 0;
  const char c = rest.front();
  if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
  if (static_cast<unsigned char>(c) < 0x80) return 0;
  constexpr std::array<std::string_view, 8> kSpaces = {
      "\xc2\x85",      // U+0085 next line
      "\xc2\xa0",      // U+00A0 no-break space
      "\xe1\x9a\x80",  // U+1680 ogham space mark
      "\xe2\x80\xa8",  // U+2028 line separator
      "\xe2\x80\xa9",  // U+2029 paragraph separator
      "\xe2\x80\xaf",  // U+202F narrow no-break space
      "\xe2\x81\x9f",  // U+205F medium mathematical space
      "\xe3\x80\x80",  // U+3000 ideographic space
  };
  for (const std::string_view space : kSpaces) {
    if (rest.starts_with(space)) return space.size();
  }
  // U+2000 to U+200A: the typographic spaces.
  const bool typographic = rest.starts_with("\xe2\x80") && rest.size() > 2 &&
                           static_cast<unsigned char>(rest[2]) >= 0x80 &&
                           static_cast<unsigned char>(rest[2]) <= 0x8a;
  return typographic ? 3 : 0;
}

void Lexer::skip_space_and_comments() {
  const std::string_view text = source_.text;
  while (true) {
    if (const std::size_t space = space_length(); space > 0) {
      at_ += space;
    } else if (text.substr(at_).starts_with("//")) {
      at_ = std::min(text.find_first_of("\r\n", at_), text.size());
    } else {
      return;
    }
  }
}

Token Lexer::take(Token::Kind kind, std::size_t length) {
  const Token token{kind,
                    std::string_view(source_.text).substr(at_, length),
                    {static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(at_ + length)}};
  at_ += length;
  return token;
}

Result<Token> Lexer::take_string() {
  const std::string_view text = source_.text;
  for (std::size_t end = at_ + 1; end < text.size(); ++end) {
    if (text[end] == '"') return take(Token::Kind::kString, end + 1 - at_);
    if (text[end] == '\\') ++end;
  }
  return invalid_argument("{}: this string is not closed", source_.place(at_));
}

Error Lexer::stray_character() const {
  const std::string_view rest = std::string_view(source_.text).substr(at_);
  if (rest.front() == '?') {
    return invalid_argument("{}: expected `?principal` or `?resource`", source_.place(at_));
  }
  if (rest.front() == '&' || rest.front() == '|') {
    return invalid_argument("{}: `{}` is no operator; did you mean `{}{}`?", source_.place(at_),
                            rest.front(), rest.front(), rest.front());
  }
  std::size_t end = 1;
  while (end < rest.size() && (static_cast<unsigned char>(rest[end]) & 0xc0) == 0x80) ++end;
  return invalid_argument("{}: {} may stand only in strings and comments", source_.place(at_),
                          quoted(rest.substr(0, end)));
}

Result<Token> Lexer::next() {
  skip_space_and_comments();
  const std::string_view rest = std::string_view(source_.text).substr(at_);
  if (rest.empty()) return take(Token::Kind::kEnd, 0);
  const char c = rest.front();
  if (is_digit(c)) {
    const auto end = std::ranges::find_if_not(rest, is_digit);
    return take(Token::Kind::kInteger, static_cast<std::size_t>(end - rest.begin()));
  }
  if (is_word_part(c)) return take(Token::Kind::kIdentifier, word_length(rest));
  if (c == '"') return take_string();
  if (c == '?' && dialect_ == Dialect::kSchema) return take(Token::Kind::kSymbol, 1);
  if (c == '?' && rest.size() > 1 && is_identifier(rest.substr(1, 1))) {
    return take(Token::Kind::kSlot, 1 + word_length(rest.substr(1)));
  }
  for (const std::string_view symbol : kSymbols) {
    if (rest.starts_with(symbol)) return take(Token::Kind::kSymbol, symbol.size());
  }
  if (c == '!') return take(Token::Kind::kSymbol, 1);
  return stray_character();
}

}  // namespace ward::cedar
