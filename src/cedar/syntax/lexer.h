// Tokens of policies and schemas. Private to syntax/ and schema/.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "cedar/syntax/source.h"

namespace ward::cedar {

struct Token {
  enum class Kind : std::uint8_t {
    kEnd,
    kIdentifier,  // reserved words too
    kInteger,     // digits
    kString,      // with its quotes, escapes not yet read
    kSlot,        // `?principal`, in policies
    kSymbol,      // operators and punctuation
  };

  Kind kind = Kind::kEnd;
  std::string_view text;  // in the SourceText
  Span span;

  bool is_symbol(std::string_view symbol) const { return kind == Kind::kSymbol && text == symbol; }
  bool is_word(std::string_view word) const { return kind == Kind::kIdentifier && text == word; }
};

// The two differ in `?` alone: it begins a slot in policies and is a symbol in schemas.
enum class Dialect : std::uint8_t { kPolicy, kSchema };

class Lexer {
 public:
  // `source` outlives the lexer, is valid UTF-8 and shorter than 4 GiB.
  Lexer(const SourceText& source, Dialect dialect) : source_(source), dialect_(dialect) {}

  // kEnd for ever once the text is used up. An error says where it is.
  Result<Token> next();

 private:
  void skip_space_and_comments();
  std::size_t space_length() const;
  Token take(Token::Kind kind, std::size_t length);
  Result<Token> take_string();
  Error stray_character() const;

  const SourceText& source_;
  Dialect dialect_;
  std::size_t at_ = 0;
};

}  // namespace ward::cedar
