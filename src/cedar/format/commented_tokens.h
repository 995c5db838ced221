// Tokens of a policy text with the comments around them. Private to format/.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/syntax/lexer.h"

namespace ward::cedar {

struct Comment {
  std::string_view text;         // from `//` to the end of the line, without space at the end
  bool follows_a_blank = false;  // a blank line stands before it
};

struct CommentedToken {
  Token token;
  std::vector<Comment> before = {};  // each on a line of its own
  std::string_view after = {};       // on the same line, may be empty
  bool follows_a_blank = false;      // between the last comment, or the token before, and this
};

// All of them, kEnd last. They point into the source. Errors are those of the lexer.
Result<std::vector<CommentedToken>> commented_tokens(const SourceText& source);

}  // namespace ward::cedar
