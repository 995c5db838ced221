#include "cedar/syntax/annotation.h"

#include <algorithm>

#include "cedar/syntax/token_stream.h"

namespace ward::cedar {
namespace {

bool same_annotation(const Annotation& a, const Annotation& b) {
  return a.key == b.key && a.value.value_or("") == b.value.value_or("");
}

}  // namespace

Result<std::vector<Annotation>> parse_annotations(TokenStream& tokens) {
  std::vector<Annotation> out;
  while (tokens.at_symbol("@")) {
    WARD_RETURN_IF_ERROR(tokens.take());
    // Reserved words are allowed here, and only here.
    if (tokens.peek().kind != Token::Kind::kIdentifier) {
      return tokens.unexpected("an annotation name after `@`");
    }
    WARD_TRY(const Token key, tokens.take());
    if (std::ranges::find(out, key.text, &Annotation::key) != out.end()) {
      return tokens.fail(key.span, "the annotation `@{}` stands twice", key.text);
    }
    Annotation annotation{std::string(key.text), std::nullopt};
    WARD_TRY(const bool has_value, tokens.accept("("));
    if (has_value) {
      WARD_TRY(annotation.value, tokens.expect_string("the annotation's value in quotes"));
      WARD_RETURN_IF_ERROR(tokens.expect(")", "after the annotation's value"));
    }
    out.push_back(std::move(annotation));
  }
  return out;
}

std::optional<std::string_view> find_annotation(std::span<const Annotation> annotations,
                                                std::string_view key) {
  const auto it = std::ranges::find(annotations, key, &Annotation::key);
  if (it == annotations.end()) return std::nullopt;
  if (!it->value) return std::string_view();
  return std::string_view(*it->value);
}

bool same_annotations(std::span<const Annotation> a, std::span<const Annotation> b) {
  return std::ranges::is_permutation(a, b, same_annotation);
}

}  // namespace ward::cedar
