#include "cedar/value/unescape.h"

#include <optional>

#include "codec/utf8.h"

namespace ward::cedar {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

class Unescaper {
 public:
  explicit Unescaper(std::string_view body) : body_(body) {}

  // What the next unit of the body stands for: a character, or in a pattern a wildcard.
  struct Unit {
    char32_t character = 0;
    bool escaped_star = false;
  };

  bool at_end() const { return at_ == body_.size(); }
  std::size_t offset() const { return at_; }
  std::size_t unit_start() const { return start_; }

  // Appends the next plain run without decoding it; false when an escape or a star comes first.
  std::string_view take_plain() {
    const std::size_t end = std::min(body_.find_first_of("\\*\r", at_), body_.size());
    const std::string_view run = body_.substr(at_, end - at_);
    at_ = end;
    return run;
  }

  Result<Unit> next(bool in_pattern) {
    start_ = at_;
    const char c = body_[at_++];
    if (c == '*') return Unit{U'*', false};
    if (c == '\r') {
      return invalid_argument("a carriage return may not stand in a string; write `\\r`");
    }
    if (at_end()) return invalid_argument("a lone `\\` ends the string");
    return escape(body_[at_++], in_pattern);
  }

 private:
  Result<Unit> escape(char c, bool in_pattern) {
    switch (c) {
      case 'n':
        return Unit{U'\n'};
      case 'r':
        return Unit{U'\r'};
      case 't':
        return Unit{U'\t'};
      case '0':
        return Unit{U'\0'};
      case '\\':
        return Unit{U'\\'};
      case '"':
        return Unit{U'"'};
      case '\'':
        return Unit{U'\''};
      case 'x':
        return hex();
      case 'u':
        return unicode();
      case '*':
        if (in_pattern) return Unit{U'*', true};
        return invalid_argument("`\\*` is an escape of `like` patterns only");
      default:
        return invalid_argument(
            "`{}` is no escape; expected one of \\n \\r \\t \\0 \\\\ \\\" \\' \\xHH \\u{{H}}",
            body_.substr(start_, escape_length()));
    }
  }

  // Of the escape at start_, with the whole of a multi-byte character after the backslash.
  std::size_t escape_length() const {
    std::size_t end = at_;
    while (end < body_.size() && (static_cast<unsigned char>(body_[end]) & 0xc0) == 0x80) ++end;
    return end - start_;
  }

  Result<Unit> hex() {
    unsigned value = 0;
    for (int i = 0; i < 2; ++i) {
      const auto digit = at_end() ? std::nullopt : hex_digit(body_[at_]);
      if (!digit) return invalid_argument("`\\x` needs two hexadecimal digits");
      value = value * 16 + *digit;
      ++at_;
    }
    if (value > 0x7f) {
      return invalid_argument("`\\x{:02x}` is above 7f; write `\\u{{{:x}}}`", value, value);
    }
    return Unit{value};
  }

  Result<Unit> unicode() {
    if (at_end() || body_[at_] != '{') return invalid_argument("`\\u` needs `{{` and `}}`");
    ++at_;
    char32_t value = 0;
    int digits = 0;
    for (; !at_end() && body_[at_] != '}'; ++at_) {
      if (body_[at_] == '_' && digits > 0) continue;  // as in Rust, whose escapes these are
      const auto digit = hex_digit(body_[at_]);
      if (!digit)
        return invalid_argument("`\\u{{...}}` holds something that is no hexadecimal digit");
      if (++digits > 6) return invalid_argument("`\\u{{...}}` holds more than six digits");
      value = value * 16 + *digit;
    }
    if (at_end()) return invalid_argument("`\\u{{` is not closed");
    ++at_;
    if (digits == 0) return invalid_argument("`\\u{{}}` holds no digit");
    if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
      return invalid_argument("`\\u{{{:x}}}` is no Unicode scalar value",
                              static_cast<std::uint32_t>(value));
    }
    return Unit{value};
  }

  std::string_view body_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;
};

}  // namespace

Result<std::string> unescape_string(std::string_view body, std::size_t* fault) {
  std::string out;
  out.reserve(body.size());
  Unescaper unescaper(body);
  while (true) {
    out += unescaper.take_plain();
    if (unescaper.at_end()) return out;
    const auto unit = unescaper.next(false);
    if (!unit.ok()) {
      if (fault != nullptr) *fault = unescaper.unit_start();
      return unit.error();
    }
    codec::append_utf8(out, unit->character);
  }
}

Result<std::vector<std::string>> unescape_pattern(std::string_view body, std::size_t* fault) {
  std::vector<std::string> pieces(1);
  Unescaper unescaper(body);
  while (true) {
    pieces.back() += unescaper.take_plain();
    if (unescaper.at_end()) return pieces;
    const auto unit = unescaper.next(true);
    if (!unit.ok()) {
      if (fault != nullptr) *fault = unescaper.unit_start();
      return unit.error();
    }
    if (unit->character == U'*' && !unit->escaped_star) {
      pieces.emplace_back();
    } else {
      codec::append_utf8(pieces.back(), unit->character);
    }
  }
}

bool has_bare_quote(std::string_view body) {
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] == '\\') {
      ++i;
    } else if (body[i] == '"') {
      return true;
    }
  }
  return false;
}

}  // namespace ward::cedar
