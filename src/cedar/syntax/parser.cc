#include "cedar/syntax/parser.h"

#include <algorithm>

#include "cedar/syntax/expression_parser.h"
#include "cedar/value/identifier.h"

namespace ward::cedar {
namespace {

class PolicyParser {
 public:
  PolicyParser(SourcePtr source, TokenStream& tokens)
      : source_(std::move(source)), tokens_(tokens), expressions_(tokens) {}

  Result<PolicyTreePtr> policy() {
    const std::uint32_t begin = tokens_.here();
    PolicyTree tree;
    tree.source = source_;
    WARD_TRY(tree.annotations, parse_annotations(tokens_));
    WARD_TRY(tree.effect, effect());
    WARD_RETURN_IF_ERROR(scope(tree));
    while (!tokens_.at_symbol(";")) {
      WARD_TRY(Condition next, condition());
      tree.conditions.push_back(std::move(next));
    }
    WARD_RETURN_IF_ERROR(tokens_.take());
    tree.span = tokens_.span_from(begin);
    return std::make_shared<const PolicyTree>(std::move(tree));
  }

 private:
  Result<Effect> effect() {
    if (!tokens_.at_word("permit") && !tokens_.at_word("forbid")) {
      return tokens_.unexpected("`permit` or `forbid`");
    }
    WARD_TRY(const Token word, tokens_.take());
    return word.text == "permit" ? Effect::kPermit : Effect::kForbid;
  }

  Result<void> scope(PolicyTree& tree) {
    WARD_RETURN_IF_ERROR(tokens_.expect("(", "to open the scope"));
    WARD_RETURN_IF_ERROR(variable("principal"));
    WARD_TRY(tree.principal, principal_or_resource("principal"));
    WARD_RETURN_IF_ERROR(tokens_.expect(",", "and then `action`"));
    WARD_RETURN_IF_ERROR(variable("action"));
    WARD_TRY(tree.action, action());
    WARD_RETURN_IF_ERROR(tokens_.expect(",", "and then `resource`"));
    WARD_RETURN_IF_ERROR(variable("resource"));
    WARD_TRY(tree.resource, principal_or_resource("resource"));
    WARD_RETURN_IF_ERROR(tokens_.accept(","));
    return tokens_.expect(")", "to close the scope; conditions go into `when` and `unless`");
  }

  // The scope names the three variables, each once and in this order.
  Result<void> variable(std::string_view name) {
    variable_begin_ = tokens_.here();
    if (!tokens_.at_word(name)) {
      return tokens_.unexpected(
          fmt::format("`{}`: a scope is (principal, action, resource), in that order", name));
    }
    WARD_RETURN_IF_ERROR(tokens_.take());
    if (tokens_.at_symbol(":")) {
      return tokens_.fail(tokens_.peek().span, "`:` is no constraint; write `{} is T`", name);
    }
    return {};
  }

  Result<ScopeConstraint> principal_or_resource(std::string_view name) {
    using Kind = ScopeConstraint::Kind;
    ScopeConstraint out;
    WARD_TRY(const bool has_type, tokens_.accept_word("is"));
    if (has_type) {
      out.kind = Kind::kIs;
      WARD_TRY(out.type, expressions_.type_name("an entity type after `is`"));
      if (tokens_.at_symbol("==")) {
        return tokens_.fail(tokens_.peek().span, "`is` and `==` do not go together; `==` says all");
      }
    }
    if (tokens_.at_word("in")) {
      out.kind = has_type ? Kind::kIsIn : Kind::kIn;
    } else if (!has_type && tokens_.at_symbol("==")) {
      out.kind = Kind::kEqual;
    } else {
      WARD_RETURN_IF_ERROR(no_other_operator(name));
    }
    if (out.kind != Kind::kAny && out.kind != Kind::kIs) {
      WARD_RETURN_IF_ERROR(tokens_.take());
      WARD_TRY(out.entity, entity_or_slot(name));
      if (tokens_.at_word("is")) {
        return tokens_.fail(tokens_.peek().span, "write the type first: `{} is T in E`", name);
      }
    }
    out.span = tokens_.span_from(variable_begin_);
    return out;
  }

  Result<ActionConstraint> action() {
    using Kind = ActionConstraint::Kind;
    ActionConstraint out;
    if (tokens_.at_word("is")) {
      return tokens_.fail(tokens_.peek().span, "an action is named by `==` or `in`, not by `is`");
    }
    const bool is_in = tokens_.at_word("in");
    if (!is_in && !tokens_.at_symbol("==")) {
      WARD_RETURN_IF_ERROR(no_other_operator("action"));
      out.span = tokens_.span_from(variable_begin_);
      return out;
    }
    WARD_RETURN_IF_ERROR(tokens_.take());
    if (tokens_.at_symbol("[")) {
      if (!is_in) return tokens_.fail(tokens_.peek().span, "use `in` with a list of actions");
      out.kind = Kind::kInSet;
      WARD_TRY(out.entities, action_list());
    } else {
      out.kind = is_in ? Kind::kIn : Kind::kEqual;
      WARD_TRY(EntityUid entity, action_entity());
      out.entities.push_back(std::move(entity));
    }
    out.span = tokens_.span_from(variable_begin_);
    return out;
  }

  Result<std::vector<EntityUid>> action_list() {
    std::vector<EntityUid> out;
    WARD_RETURN_IF_ERROR(tokens_.take());
    while (!tokens_.at_symbol("]")) {
      WARD_TRY(EntityUid entity, action_entity());
      out.push_back(std::move(entity));
      WARD_TRY(const bool more, tokens_.accept(","));
      if (!more) break;
    }
    WARD_RETURN_IF_ERROR(tokens_.expect("]", "or `,` after the action"));
    return out;
  }

  Result<EntityUid> action_entity() {
    const Span span = tokens_.peek().span;
    WARD_TRY(EntityReference reference, parenthesised("action"));
    // No slot comes back: parenthesised() refuses those of an action.
    EntityUid entity = std::get<EntityUid>(std::move(reference));
    if (entity.type().basename() != "Action") {
      return tokens_.fail(span, "`{}` is no action: its type does not end in `Action`",
                          entity.text());
    }
    return entity;
  }

  Result<EntityReference> entity_or_slot(std::string_view name) {
    if (tokens_.at_symbol("[")) {
      return tokens_.fail(tokens_.peek().span,
                          "only `action` may be compared with a list in a scope");
    }
    return parenthesised(name);
  }

  // The reference parser lets a reference stand in parentheses.
  Result<EntityReference> parenthesised(std::string_view name) {
    std::size_t depth = 0;
    while (tokens_.at_symbol("(")) {
      WARD_RETURN_IF_ERROR(tokens_.take());
      ++depth;
    }
    WARD_TRY(EntityReference out, reference(name));
    for (; depth > 0; --depth) {
      WARD_RETURN_IF_ERROR(tokens_.expect(")", "to close the parenthesis"));
    }
    return out;
  }

  Result<EntityReference> reference(std::string_view name) {
    if (tokens_.peek().kind != Token::Kind::kSlot) {
      WARD_TRY(EntityUid entity, expressions_.entity());
      return EntityReference(std::move(entity));
    }
    const Token slot = tokens_.peek();
    if (name == "action") {
      return tokens_.fail(slot.span, "an action may not be a slot");
    }
    if (slot.text.substr(1) != name) {
      return tokens_.fail(slot.span, "`{}` may not stand here: expected `?{}` or an entity",
                          slot.text, name);
    }
    WARD_RETURN_IF_ERROR(tokens_.take());
    return EntityReference(SlotReference{});
  }

  Result<void> no_other_operator(std::string_view name) {
    if (tokens_.at_symbol(",") || tokens_.at_symbol(")")) return {};
    if (tokens_.at_symbol("=")) {
      return tokens_.fail(tokens_.peek().span, "`=` is no operator of Cedar; use `==`");
    }
    return tokens_.unexpected(fmt::format("`==`, `in`{} or the next part of the scope after `{}`",
                                          name == "action" ? "" : ", `is`", name));
  }

  Result<Condition> condition() {
    const std::uint32_t begin = tokens_.here();
    if (!tokens_.at_word("when") && !tokens_.at_word("unless")) {
      return tokens_.unexpected("`when`, `unless` or `;`");
    }
    Condition out;
    WARD_TRY(const Token word, tokens_.take());
    out.is_unless = word.text == "unless";
    WARD_RETURN_IF_ERROR(tokens_.expect("{", fmt::format("after `{}`", word.text)));
    if (tokens_.at_symbol("}")) {
      return tokens_.fail(word.span, "this `{}` is empty: expected an expression", word.text);
    }
    WARD_TRY(out.body, expressions_.expression());
    WARD_RETURN_IF_ERROR(tokens_.expect("}", "after the expression"));
    out.span = tokens_.span_from(begin);
    return out;
  }

  SourcePtr source_;
  TokenStream& tokens_;
  ExpressionParser expressions_;
  std::uint32_t variable_begin_ = 0;
};

}  // namespace

Result<std::vector<PolicyTreePtr>> parse_policy_trees(std::string_view text,
                                                      std::string source_name,
                                                      const PolicyLimits& limits) {
  WARD_TRY(const SourcePtr source,
           admit_source(text, std::move(source_name), "policies", limits.max_bytes));
  WARD_TRY(TokenStream tokens, TokenStream::open(*source, Dialect::kPolicy));
  PolicyParser parser(source, tokens);
  std::vector<PolicyTreePtr> out;
  while (tokens.peek().kind != Token::Kind::kEnd) {
    if (out.size() == limits.max_policies) {
      return make_error(ErrorCode::kResourceExhausted, "{}: more than {} policies",
                        source->place(tokens.here()), limits.max_policies);
    }
    WARD_TRY(PolicyTreePtr policy, parser.policy());
    out.push_back(std::move(policy));
  }
  return out;
}

Result<ExprPtr> parse_expression(std::string_view text, std::string source_name,
                                 const PolicyLimits& limits) {
  WARD_TRY(const SourcePtr source,
           admit_source(text, std::move(source_name), "policies", limits.max_bytes));
  WARD_TRY(TokenStream tokens, TokenStream::open(*source, Dialect::kPolicy));
  ExpressionParser parser(tokens);
  WARD_TRY(ExprPtr expr, parser.expression());
  if (tokens.peek().kind != Token::Kind::kEnd) return tokens.unexpected("the end of the text");
  return expr;
}

}  // namespace ward::cedar
