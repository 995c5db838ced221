#include "cedar/format/commented_tokens.h"

#include <algorithm>

namespace ward::cedar {
namespace {

std::string_view without_space_at_end(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\v\f");
  return text.substr(0, last + 1);
}

// The space and comments between two tokens, for the one after it; the token before it may be null.
void add_gap(std::string_view gap, CommentedToken* previous, CommentedToken& next) {
  std::size_t lines = 0;  // ended since the last token or comment
  bool is_first = true;
  std::size_t at = 0;
  while (at < gap.size()) {
    if (!gap.substr(at).starts_with("//")) {
      if (gap[at] == '\n') ++lines;
      ++at;
      continue;
    }
    const std::size_t end = std::min(gap.find_first_of("\r\n", at), gap.size());
    const std::string_view text = without_space_at_end(gap.substr(at, end - at));
    if (is_first && lines == 0 && previous != nullptr) {
      previous->after = text;
    } else {
      next.before.push_back({text, lines > 1});
    }
    is_first = false;
    lines = 0;
    at = end;
  }
  next.follows_a_blank = lines > 1;
}

}  // namespace

Result<std::vector<CommentedToken>> commented_tokens(const SourceText& source) {
  std::vector<CommentedToken> out;
  Lexer lexer(source, Dialect::kPolicy);
  std::uint32_t end = 0;
  while (out.empty() || out.back().token.kind != Token::Kind::kEnd) {
    WARD_TRY(const Token token, lexer.next());
    CommentedToken next{.token = token};
    add_gap(source.slice({end, token.span.begin}), out.empty() ? nullptr : &out.back(), next);
    out.push_back(std::move(next));
    end = token.span.end;
  }
  return out;
}

}  // namespace ward::cedar
