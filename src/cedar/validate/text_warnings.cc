#include "cedar/validate/text_warnings.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "codec/unicode_security.h"

namespace ward::cedar {
namespace {

using Kind = TextWarning::Kind;

struct BidiCharacter {
  std::string_view utf8;
  std::string_view name;
};

// Embeddings, overrides and isolates, and what ends them.
constexpr std::array<BidiCharacter, 9> kBidiCharacters = {{{"\xe2\x80\xaa", "U+202A"},
                                                           {"\xe2\x80\xab", "U+202B"},
                                                           {"\xe2\x80\xac", "U+202C"},
                                                           {"\xe2\x80\xad", "U+202D"},
                                                           {"\xe2\x80\xae", "U+202E"},
                                                           {"\xe2\x81\xa6", "U+2066"},
                                                           {"\xe2\x81\xa7", "U+2067"},
                                                           {"\xe2\x81\xa8", "U+2068"},
                                                           {"\xe2\x81\xa9", "U+2069"}}};

class Checker {
 public:
  std::vector<TextWarning> run(const PolicyTree& policy) {
    scope(policy.principal);
    for (const EntityUid& each : policy.action.entities) {
      identifier(each.id(), policy.action.span);
    }
    scope(policy.resource);
    for (const Condition& each : policy.conditions) visit(each.body);
    std::ranges::sort(out_, [](const TextWarning& a, const TextWarning& b) {
      return std::tie(a.span.begin, a.span.end, a.message) <
             std::tie(b.span.begin, b.span.end, b.message);
    });
    const auto rest = std::ranges::unique(out_);
    out_.erase(rest.begin(), rest.end());
    return std::move(out_);
  }

 private:
  void scope(const ScopeConstraint& scope) {
    if (!scope.entity || scope.has_slot()) return;
    identifier(std::get<EntityUid>(*scope.entity).id(), scope.span);
  }

  void visit(const ExprPtr& expr) {
    std::visit([&](const auto& node) { look(node, expr->span); }, expr->node);
  }
  void visit(const std::vector<ExprPtr>& exprs) {
    for (const ExprPtr& each : exprs) visit(each);
  }

  void look(const LiteralExpr& e, Span at) {
    if (const std::string* text = e.value.if_string()) {
      string(*text, at);
    } else if (const EntityUid* uid = e.value.if_entity()) {
      identifier(uid->id(), at);
    }
  }
  void look(const VariableExpr&, Span) {}
  void look(const UnaryExpr& e, Span) { visit(e.operand); }
  void look(const BinaryExpr& e, Span) {
    visit(e.left);
    visit(e.right);
  }
  void look(const LogicalExpr& e, Span) { visit(e.operands); }
  void look(const IfExpr& e, Span) {
    visit(e.condition);
    visit(e.then_branch);
    visit(e.else_branch);
  }
  void look(const AttributeExpr& e, Span at) {
    visit(e.object);
    identifier(e.name, at);
  }
  void look(const HasExpr& e, Span at) {
    visit(e.object);
    for (const std::string& name : e.path) identifier(name, at);
  }
  void look(const LikeExpr& e, Span at) {
    visit(e.operand);
    string(fmt::format("{}", fmt::join(e.pattern.pieces(), "*")), at);
  }
  void look(const IsExpr& e, Span) {
    visit(e.operand);
    if (e.in != nullptr) visit(e.in);
  }
  void look(const SetExpr& e, Span) { visit(e.elements); }
  void look(const RecordExpr& e, Span at) {
    for (const auto& [name, value] : e.fields) {
      identifier(name, at);
      visit(value);
    }
  }
  void look(const CallExpr& e, Span) { visit(e.arguments); }

  void string(std::string_view text, Span at) {
    if (const std::string_view character = direction_of(text); !character.empty()) {
      return warn(Kind::kBidiCharsInString, direction_message("string", character), at);
    }
    if (!codec::is_single_script(text))
      warn(Kind::kMixedScriptString, scripts_message("string"), at);
  }

  void identifier(std::string_view text, Span at) {
    if (const std::string_view character = direction_of(text); !character.empty()) {
      return warn(Kind::kBidiCharsInIdentifier, direction_message("identifier", character), at);
    }
    if (const auto character = codec::first_restricted_character(text)) {
      return warn(Kind::kConfusableIdentifier,
                  fmt::format("this identifier has the character U+{:04X}, which is neither "
                              "printable ASCII nor in the General Security Profile for Identifiers",
                              static_cast<std::uint32_t>(*character)),
                  at);
    }
    if (!codec::is_single_script(text))
      warn(Kind::kMixedScriptIdentifier, scripts_message("identifier"), at);
  }

  // The name of the first character that changes the direction of writing.
  static std::string_view direction_of(std::string_view text) {
    for (const BidiCharacter& each : kBidiCharacters) {
      if (text.find(each.utf8) != text.npos) return each.name;
    }
    return {};
  }
  static std::string direction_message(std::string_view what, std::string_view character) {
    return fmt::format(
        "this {} has the character {}, which changes the direction of writing: it may not read as "
        "what it is",
        what, character);
  }
  static std::string scripts_message(std::string_view what) {
    return fmt::format(
        "this {} has characters of several scripts: some may look like others that they are not",
        what);
  }

  void warn(Kind kind, std::string message, Span at) {
    out_.push_back({kind, std::move(message), at});
  }

  std::vector<TextWarning> out_;
};

}  // namespace

std::string_view text_warning_kind_name(Kind kind) {
  switch (kind) {
    case Kind::kBidiCharsInString:
      return "BidiCharsInString";
    case Kind::kBidiCharsInIdentifier:
      return "BidiCharsInIdentifier";
    case Kind::kMixedScriptString:
      return "MixedScriptString";
    case Kind::kMixedScriptIdentifier:
      return "MixedScriptIdentifier";
    case Kind::kConfusableIdentifier:
      return "ConfusableIdentifier";
  }
  WARD_UNREACHABLE();
}

std::vector<TextWarning> text_warnings(const PolicyTree& policy) {
  return Checker().run(policy);
}

}  // namespace ward::cedar
