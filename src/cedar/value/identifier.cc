#include "cedar/value/identifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace ward::cedar {
namespace {

bool is_identifier_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_identifier_part(char c) {
  return is_identifier_start(c) || (c >= '0' && c <= '9');
}

}  // namespace

bool is_identifier(std::string_view text) {
  return !text.empty() && is_identifier_start(text.front()) &&
         std::ranges::all_of(text, is_identifier_part);
}

bool is_reserved_word(std::string_view text) {
  constexpr std::array<std::string_view, 10> kWords = {"true", "false", "if",   "then", "else",
                                                       "in",   "is",    "like", "has",  "__cedar"};
  return std::ranges::find(kWords, text) != kWords.end();
}

bool is_type_name(std::string_view text) {
  while (true) {
    const std::size_t end = text.find("::");
    const std::string_view part = text.substr(0, end);
    if (!is_identifier(part) || is_reserved_word(part)) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 2);
  }
}

void append_escaped(std::string& out, std::string_view text, bool star_escaped) {
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\0':
        out += "\\0";
        break;
      case '*':
        out += star_escaped ? "\\*" : "*";
        break;
      default:
        if (c > 0 && c < 0x20) {
          fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<unsigned>(c));
        } else if (c == 0x7f) {
          out += "\\u{7f}";
        } else {
          out += c;
        }
    }
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text, false);
  out += '"';
}

std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

}  // namespace ward::cedar
