// The right side of `like`: literal text with `*` for any run of characters.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ward::cedar {

class Pattern {
 public:
  // The literal pieces between the wildcards; at least one, which may be empty: `a*` is {"a", ""}.
  explicit Pattern(std::vector<std::string> pieces);

  const std::vector<std::string>& pieces() const { return pieces_; }

  // Bytewise, which for UTF-8 is characterwise. Each piece is looked for once, from where the last
  // one ended, so the cost is that of finding pieces in turn and never a backtracking one.
  bool matches(std::string_view text) const;

  // With quotes and escapes, as it stands in a policy.
  std::string text() const;

  bool operator==(const Pattern&) const = default;

 private:
  std::vector<std::string> pieces_;
};

}  // namespace ward::cedar
