// Walks the tokens of a text that has been parsed, so that what comes next is never in doubt.
#include "cedar/format/formatter.h"

#include <algorithm>

#include "cedar/format/commented_tokens.h"
#include "cedar/format/document.h"

namespace ward::cedar {
namespace {

using Id = Document::Id;
using Ids = std::vector<Id>;

class Layout {
 public:
  explicit Layout(const std::vector<CommentedToken>& tokens) : tokens_(tokens) {}

  std::string render(const FormatOptions& options) {
    Ids all;
    while (peek().kind != Token::Kind::kEnd) {
      if (!all.empty()) all.push_back(document_.blank_line());
      add_comments(all, /*keeps_blanks=*/!all.empty());
      all.push_back(policy());
      all.push_back(document_.hard_line());
    }
    add_comments(all, true);
    return document_.render(document_.concat(std::move(all)), options.line_width,
                            options.indent_width, kFormattedBytesMax);
  }

 private:
  const Token& peek() const { return tokens_[at_].token; }
  bool at(std::string_view text) const {
    return peek().text == text && peek().kind != Token::Kind::kString;
  }

  // The comments before a policy or the end, with the blank lines around them.
  void add_comments(Ids& out, bool keeps_blanks) {
    const CommentedToken& next = tokens_[at_];
    for (const Comment& each : next.before) {
      if (each.follows_a_blank && keeps_blanks) out.push_back(document_.blank_line());
      out.push_back(document_.comment(each.text, true));
      keeps_blanks = true;
    }
    const bool is_last = next.token.kind == Token::Kind::kEnd;
    if (!next.before.empty() && next.follows_a_blank && !is_last) {
      out.push_back(document_.blank_line());
    }
    are_comments_taken_ = true;
  }

  Id take() {
    const CommentedToken& next = tokens_[at_++];
    Ids parts;
    if (!are_comments_taken_) {
      for (const Comment& each : next.before) parts.push_back(document_.comment(each.text, true));
    }
    are_comments_taken_ = false;
    parts.push_back(document_.text(next.token.text));
    if (!next.after.empty()) parts.push_back(document_.comment(next.after, false));
    return parts.size() == 1 ? parts.front() : document_.concat(std::move(parts));
  }
  void take_into(Ids& out) { out.push_back(take()); }
  void take_spaced_into(Ids& out) {
    out.push_back(document_.space());
    out.push_back(take());
  }

  // The comments before a closing symbol, which belong to what it closes.
  void take_comments_into(Ids& out) {
    for (const Comment& each : tokens_[at_].before) {
      out.push_back(document_.comment(each.text, true));
    }
    are_comments_taken_ = true;
  }

  Id group(Ids parts) { return document_.group(document_.concat(std::move(parts))); }
  Id nest(Ids parts) { return document_.nest(document_.concat(std::move(parts))); }

  // --- policies

  Id policy() {
    Ids out;
    while (at("@")) {
      Ids annotation;
      while (!starts_policy() && !(at("@") && !annotation.empty())) take_into(annotation);
      out.push_back(document_.concat(std::move(annotation)));
      out.push_back(document_.hard_line());
    }
    take_into(out);
    out.push_back(document_.space());
    out.push_back(scope());
    while (!at(";")) {
      out.push_back(document_.hard_line());
      out.push_back(condition());
    }
    take_into(out);
    return document_.concat(std::move(out));
  }

  // `permit` and `forbid` may be names of annotations, after `@`.
  bool starts_policy() const {
    return (at("permit") || at("forbid")) && tokens_[at_ - 1].token.text != "@";
  }

  // On one line when it asks for nothing.
  Id scope() {
    const Id open = take();
    bool asks = false;
    Ids inner{document_.soft_line()};
    while (!at(")")) {
      Ids part;
      take_into(part);
      while (!at(",") && !at(")")) {
        asks = true;
        part.push_back(document_.space());
        part.push_back(scope_word());
      }
      inner.push_back(document_.concat(std::move(part)));
      if (at(",")) {
        take_into(inner);
        if (!at(")")) inner.push_back(document_.line());
      }
    }
    take_comments_into(inner);
    // A break that must be makes the group break.
    Ids out{open, nest(std::move(inner)), asks ? document_.hard_line() : document_.soft_line()};
    take_into(out);
    return group(std::move(out));
  }

  // An operator, a type, an entity or a list of them.
  Id scope_word() {
    if (at("[")) return list("]");
    if (at("(")) return list(")");
    return path();
  }

  Id condition() {
    Ids out;
    take_into(out);
    take_spaced_into(out);
    Ids inner{document_.line(), expression()};
    take_comments_into(inner);
    out.push_back(nest(std::move(inner)));
    out.push_back(document_.line());
    take_into(out);
    return group(std::move(out));
  }

  // --- expressions

  Id expression() { return at("if") ? conditional() : chain("||"); }

  Id conditional() {
    Ids out;
    for (const bool is_last : {false, false, true}) {
      take_into(out);
      out.push_back(document_.space());
      out.push_back(document_.nest(expression()));
      if (!is_last) out.push_back(document_.line());
    }
    return group(std::move(out));
  }

  // `||` over `&&` over relations; an operator ends its line.
  Id chain(std::string_view op) {
    const auto operand = [&] { return op == "||" ? chain("&&") : relation(); };
    const Id first = operand();
    if (!at(op)) return first;
    Ids out{first};
    while (at(op)) {
      take_spaced_into(out);
      out.push_back(document_.line());
      out.push_back(operand());
    }
    return group(std::move(out));
  }

  bool at_relation() const {
    constexpr std::string_view kOperators[] = {"==", "!=", "<", "<=", ">", ">=", "in", "like"};
    return std::ranges::any_of(kOperators, [&](std::string_view each) { return at(each); });
  }

  Id relation() {
    const Id left = sum();
    if (!at_relation() && !at("has") && !at("is")) return left;
    Ids out{left};
    const bool is_test = at("is");
    const bool is_has = at("has");
    take_spaced_into(out);
    Ids right{document_.line()};
    if (is_has) {
      take_into(right);
      while (at(".")) {
        take_into(right);
        take_into(right);
      }
    } else if (is_test) {
      right.push_back(path());
      if (at("in")) {
        take_spaced_into(right);
        right.push_back(document_.space());
        right.push_back(sum());
      }
    } else {
      right.push_back(sum());
    }
    out.push_back(nest(std::move(right)));
    return group(std::move(out));
  }

  Id sum() {
    const Id first = product();
    if (!at("+") && !at("-")) return first;
    Ids out{first};
    while (at("+") || at("-")) add_operand(out, &Layout::product);
    return group(std::move(out));
  }

  Id product() {
    const Id first = unary();
    if (!at("*")) return first;
    Ids out{first};
    while (at("*")) add_operand(out, &Layout::unary);
    return group(std::move(out));
  }

  void add_operand(Ids& out, Id (Layout::*operand)()) {
    take_spaced_into(out);
    out.push_back(nest({document_.line(), (this->*operand)()}));
  }

  Id unary() {
    Ids out;
    while (at("!") || at("-")) take_into(out);
    out.push_back(primary());
    while (true) {
      if (at(".")) {
        take_into(out);
        take_into(out);
      } else if (at("(")) {
        out.push_back(list(")"));
      } else if (at("[")) {
        out.push_back(list("]"));
      } else {
        return document_.concat(std::move(out));
      }
    }
  }

  Id primary() {
    if (at("(")) return list(")");
    if (at("[")) return list("]");
    if (at("{")) return list("}");
    return path();
  }

  // One token, or those of `A::B::"id"`.
  Id path() {
    const Id first = take();
    if (!at("::")) return first;
    Ids out{first};
    while (at("::")) {
      take_into(out);
      take_into(out);
    }
    return document_.concat(std::move(out));
  }

  // From an opening symbol to the closing one; in braces, values with their keys.
  Id list(std::string_view close) {
    const bool is_record = close == "}";
    const Id open = take();
    Ids inner{document_.soft_line()};
    while (!at(close)) {
      if (is_record) {
        take_into(inner);
        take_into(inner);
        inner.push_back(document_.space());
      }
      inner.push_back(expression());
      if (at(",")) {
        take_into(inner);
        if (!at(close)) inner.push_back(document_.line());
      }
    }
    take_comments_into(inner);
    Ids out{open, nest(std::move(inner)), document_.soft_line()};
    take_into(out);
    return group(std::move(out));
  }

  const std::vector<CommentedToken>& tokens_;
  std::size_t at_ = 0;
  bool are_comments_taken_ = false;  // of the next token
  Document document_;
};

// The comments between two tokens; which of them is on a line with a token may not be kept.
std::vector<std::string_view> comments_before(const std::vector<CommentedToken>& tokens,
                                              std::size_t at) {
  std::vector<std::string_view> out;
  if (at > 0 && !tokens[at - 1].after.empty()) out.push_back(tokens[at - 1].after);
  for (const Comment& each : tokens[at].before) out.push_back(each.text);
  return out;
}

bool same_but_for_space(const std::vector<CommentedToken>& a,
                        const std::vector<CommentedToken>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].token.kind != b[i].token.kind || a[i].token.text != b[i].token.text) return false;
    if (comments_before(a, i) != comments_before(b, i)) return false;
  }
  return true;
}

}  // namespace

Result<std::string> format_policies(std::string_view text, std::string source_name,
                                    const FormatOptions& options) {
  WARD_RETURN_IF_ERROR(parse_policy_trees(text, source_name, {.max_bytes = kFormatBytesMax}));
  WARD_TRY(const SourcePtr source,
           admit_source(text, std::move(source_name), "policies", kFormatBytesMax));
  WARD_TRY(const auto tokens, commented_tokens(*source));
  std::string out = Layout(tokens).render(options);
  if (out.size() > kFormattedBytesMax) {
    return make_error(ErrorCode::kResourceExhausted, "{}: more than {} bytes when formatted",
                      source->place(0), kFormattedBytesMax);
  }
  // Whoever writes the result over a file must be able to trust it.
  const SourceText again{source->name, out};
  const auto tokens_again = commented_tokens(again);
  if (!tokens_again.ok() || !same_but_for_space(tokens, *tokens_again)) {
    return make_error(ErrorCode::kInternal, "{}: formatting would change the policies",
                      source->place(0));
  }
  return out;
}

}  // namespace ward::cedar
