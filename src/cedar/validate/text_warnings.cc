#include "cedar/validate/text_warnings.h"

#include <algorithm>
#include <array>
#include <tuple>

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
      check(Kind::kBidiCharsInIdentifier, each.id(), policy.action.span);
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
    check(Kind::kBidiCharsInIdentifier, std::get<EntityUid>(*scope.entity).id(), scope.span);
  }

  void visit(const ExprPtr& expr) {
    std::visit([&](const auto& node) { look(node, expr->span); }, expr->node);
  }
  void visit(const std::vector<ExprPtr>& exprs) {
    for (const ExprPtr& each : exprs) visit(each);
  }

  void look(const LiteralExpr& e, Span at) {
    if (const std::string* text = e.value.if_string()) {
      check(Kind::kBidiCharsInString, *text, at);
    } else if (const EntityUid* uid = e.value.if_entity()) {
      check(Kind::kBidiCharsInIdentifier, uid->id(), at);
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
    check(Kind::kBidiCharsInIdentifier, e.name, at);
  }
  void look(const HasExpr& e, Span at) {
    visit(e.object);
    for (const std::string& name : e.path) check(Kind::kBidiCharsInIdentifier, name, at);
  }
  void look(const LikeExpr& e, Span at) {
    visit(e.operand);
    for (const std::string& piece : e.pattern.pieces()) check(Kind::kBidiCharsInString, piece, at);
  }
  void look(const IsExpr& e, Span) {
    visit(e.operand);
    if (e.in != nullptr) visit(e.in);
  }
  void look(const SetExpr& e, Span) { visit(e.elements); }
  void look(const RecordExpr& e, Span at) {
    for (const auto& [name, value] : e.fields) {
      check(Kind::kBidiCharsInIdentifier, name, at);
      visit(value);
    }
  }
  void look(const CallExpr& e, Span) { visit(e.arguments); }

  void check(Kind kind, std::string_view text, Span at) {
    for (const BidiCharacter& each : kBidiCharacters) {
      if (text.find(each.utf8) == text.npos) continue;
      out_.push_back(
          {kind,
           fmt::format("this {} has the character {}, which changes the direction of "
                       "writing: it may not read as what it is",
                       kind == Kind::kBidiCharsInString ? "string" : "identifier", each.name),
           at});
      return;
    }
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
  }
  WARD_UNREACHABLE();
}

std::vector<TextWarning> text_warnings(const PolicyTree& policy) {
  return Checker().run(policy);
}

}  // namespace ward::cedar
