// parse_schema_text(): the grammar, one function a rule.
#include <unordered_map>

#include "cedar/schema/schema_text.h"
#include "cedar/syntax/token_stream.h"
#include "cedar/value/identifier.h"

namespace ward::cedar {
namespace {

constexpr std::string_view kNoTrailingComma = " (a comma may not stand last here)";

// The names declared in one namespace and where.
struct Declared {
  std::unordered_map<std::string, std::uint32_t> common_types;
  std::unordered_map<std::string, std::uint32_t> entity_types;
  std::unordered_map<std::string, std::uint32_t> actions;
};

struct Name {
  std::string text;
  Span span;
};

class SchemaParser {
 public:
  SchemaParser(TokenStream& tokens, const SchemaLimits& limits)
      : tokens_(tokens), limits_(limits) {}

  Result<std::vector<SchemaNamespace>> namespaces() {
    while (tokens_.peek().kind != Token::Kind::kEnd) {
      const std::uint32_t begin = tokens_.here();
      WARD_TRY(std::vector<Annotation> annotations, parse_annotations(tokens_));
      if (tokens_.at_word("namespace")) {
        WARD_RETURN_IF_ERROR(block(begin, std::move(annotations)));
      } else {
        WARD_RETURN_IF_ERROR(declaration(open(""), begin, std::move(annotations)));
      }
    }
    return std::move(namespaces_);
  }

 private:
  // The place of a namespace in namespaces_; made when it is not there.
  std::size_t open(const std::string& name) {
    const auto [it, is_new] = index_.try_emplace(name, namespaces_.size());
    if (is_new) {
      namespaces_.push_back({});
      namespaces_.back().name = name;
      declared_.push_back({});
    }
    return it->second;
  }

  Result<void> block(std::uint32_t begin, std::vector<Annotation> annotations) {
    WARD_RETURN_IF_ERROR(tokens_.take());
    const std::uint32_t name_begin = tokens_.here();
    WARD_TRY(std::string name, tokens_.expect_name("the name of the namespace"));
    while (tokens_.at_symbol("::")) {
      WARD_RETURN_IF_ERROR(tokens_.take());
      WARD_TRY(const std::string part, tokens_.expect_name("an identifier after `::`"));
      name += "::" + part;
    }
    if (index_.contains(name)) {
      return tokens_.fail(tokens_.span_from(name_begin),
                          "namespace `{}` stands twice in this text: put its declarations into one "
                          "block",
                          name);
    }
    const std::size_t at = open(name);
    namespaces_[at].annotations = std::move(annotations);
    WARD_RETURN_IF_ERROR(tokens_.expect("{", "to open the namespace"));
    while (!tokens_.at_symbol("}")) {
      if (tokens_.peek().kind == Token::Kind::kEnd) {
        return tokens_.unexpected(fmt::format("`}}` to close namespace `{}`", name));
      }
      const std::uint32_t inner = tokens_.here();
      WARD_TRY(std::vector<Annotation> of_declaration, parse_annotations(tokens_));
      WARD_RETURN_IF_ERROR(declaration(at, inner, std::move(of_declaration)));
    }
    WARD_RETURN_IF_ERROR(tokens_.take());
    namespaces_[at].span = tokens_.span_from(begin);
    return {};
  }

  Result<void> declaration(std::size_t at, std::uint32_t begin,
                           std::vector<Annotation> annotations) {
    const Token word = tokens_.peek();
    where_.clear();
    auto done = [&]() -> Result<void> {
      if (word.is_word("entity")) return entity_type(at, begin, std::move(annotations));
      if (word.is_word("action")) return action(at, begin, std::move(annotations));
      if (word.is_word("type")) return common_type(at, begin, std::move(annotations));
      if (word.is_word("namespace")) {
        return tokens_.fail(word.span, "a namespace may not stand in another one");
      }
      return tokens_.unexpected(at == 0 && namespaces_[0].name.empty()
                                    ? "`entity`, `action`, `type` or `namespace`"
                                    : "`entity`, `action` or `type`");
    }();
    if (done.ok() || where_.empty()) return done;
    return Error(done.error().code(), fmt::format("{} (in {})", done.error().message(), where_));
  }

  Result<void> declare(std::unordered_map<std::string, std::uint32_t>& declared, const Name& name,
                       std::string_view what, std::size_t at) {
    where_ = declaration_text(what, name.text, namespaces_[at].name);
    if (++declarations_ > limits_.max_declarations) {
      return make_error(ErrorCode::kResourceExhausted, "{}: more than {} declarations",
                        tokens_.source().place(name.span.begin), limits_.max_declarations);
    }
    const auto [it, is_new] = declared.try_emplace(name.text, name.span.begin);
    if (is_new) return {};
    return tokens_.fail(name.span, "`{}` is declared twice, first at {}", name.text,
                        tokens_.source().place(it->second));
  }

  Result<void> common_type(std::size_t at, std::uint32_t begin,
                           std::vector<Annotation> annotations) {
    WARD_RETURN_IF_ERROR(tokens_.take());
    WARD_TRY(const Name name, identifier("a name for the type"));
    WARD_RETURN_IF_ERROR(allowed(check_common_type_name(name.text), name));
    WARD_RETURN_IF_ERROR(declare(declared_[at].common_types, name, "common type", at));
    WARD_RETURN_IF_ERROR(tokens_.expect("=", "and the type it stands for"));
    WARD_TRY(SchemaTypePtr type, this->type());
    WARD_RETURN_IF_ERROR(tokens_.expect(";", "after the type"));
    namespaces_[at].common_types.push_back(
        {name.text, std::move(annotations), std::move(type), tokens_.span_from(begin)});
    return {};
  }

  Result<void> entity_type(std::size_t at, std::uint32_t begin,
                           std::vector<Annotation> annotations) {
    WARD_RETURN_IF_ERROR(tokens_.take());
    std::vector<Name> names;
    do {
      WARD_TRY(Name name, identifier("a name for the entity type"));
      WARD_RETURN_IF_ERROR(allowed(check_entity_type_name(name.text), name));
      WARD_RETURN_IF_ERROR(declare(declared_[at].entity_types, name, "entity type", at));
      names.push_back(std::move(name));
      WARD_TRY(const bool more, tokens_.accept(","));
      if (!more) break;
    } while (true);
    EntityTypeDeclaration out;
    out.annotations = std::move(annotations);
    const std::uint32_t body = tokens_.here();
    WARD_TRY(const bool is_enum, tokens_.accept_word("enum"));
    if (is_enum) {
      WARD_TRY(out.enum_ids, enum_ids());
    } else {
      WARD_RETURN_IF_ERROR(entity_body(out));
    }
    WARD_RETURN_IF_ERROR(tokens_.expect(";", "to end the declaration"));
    out.span = tokens_.span_from(begin);
    WARD_RETURN_IF_ERROR(charge(out.span, names, body));
    for (Name& name : names) {
      out.name = std::move(name.text);
      namespaces_[at].entity_types.push_back(out);
    }
    return {};
  }

  Result<std::vector<std::string>> enum_ids() {
    std::vector<std::string> out;
    WARD_RETURN_IF_ERROR(tokens_.expect("[", "and the ids of all entities of this type"));
    while (true) {
      WARD_TRY(std::string id,
               tokens_.expect_string(fmt::format("the id of an entity in quotes{}",
                                                 out.empty() ? "" : kNoTrailingComma)));
      out.push_back(std::move(id));
      WARD_TRY(const bool more, tokens_.accept(","));
      if (!more) break;
    }
    WARD_RETURN_IF_ERROR(tokens_.expect("]", "or `,` after the id"));
    return out;
  }

  Result<void> entity_body(EntityTypeDeclaration& out) {
    WARD_TRY(const bool has_parents, tokens_.accept_word("in"));
    if (has_parents) {
      WARD_TRY(out.parents, type_list());
    }
    WARD_TRY(const bool has_equals, tokens_.accept("="));
    if (tokens_.at_symbol("{")) {
      WARD_TRY(SchemaTypePtr shape, record());
      if (!shape->attributes.empty()) out.shape = std::move(shape);
    } else if (has_equals) {
      return tokens_.unexpected("`{` to open the attributes");
    }
    WARD_TRY(const bool has_tags, tokens_.accept_word("tags"));
    if (has_tags) {
      WARD_TRY(out.tags, type());
    }
    if (!tokens_.at_symbol(";")) {
      return tokens_.unexpected(has_tags ? "`;` to end the declaration"
                                         : "`in`, `{`, `tags`, `enum`, `,` or `;`");
    }
    return {};
  }

  Result<void> action(std::size_t at, std::uint32_t begin, std::vector<Annotation> annotations) {
    WARD_RETURN_IF_ERROR(tokens_.take());
    std::vector<Name> names;
    do {
      WARD_TRY(Name name, identifier_or_string("a name for the action"));
      WARD_RETURN_IF_ERROR(declare(declared_[at].actions, name, "action", at));
      names.push_back(std::move(name));
      WARD_TRY(const bool more, tokens_.accept(","));
      if (!more) break;
    } while (true);
    ActionDeclaration out;
    out.annotations = std::move(annotations);
    const std::uint32_t body = tokens_.here();
    WARD_TRY(const bool has_parents, tokens_.accept_word("in"));
    if (has_parents) {
      WARD_TRY(out.parents, action_list());
    }
    out.applies_to.emplace();
    WARD_TRY(const bool has_applies_to, tokens_.accept_word("appliesTo"));
    if (has_applies_to) {
      WARD_TRY(out.applies_to, applies_to());
    }
    WARD_RETURN_IF_ERROR(no_attributes());
    if (!tokens_.at_symbol(";")) {
      return tokens_.unexpected(has_applies_to ? "`;` to end the declaration"
                                               : "`in`, `appliesTo`, `,` or `;`");
    }
    WARD_RETURN_IF_ERROR(tokens_.take());
    out.span = tokens_.span_from(begin);
    WARD_RETURN_IF_ERROR(charge(out.span, names, body));
    for (Name& name : names) {
      out.id = std::move(name.text);
      namespaces_[at].actions.push_back(out);
    }
    return {};
  }

  // Names that share one declaration each get all of it but the list of names, so a short text may
  // stand for a long one.
  Result<void> charge(Span declaration, const std::vector<Name>& names, std::uint32_t body) {
    const std::size_t size =
        (names.front().span.begin - declaration.begin) + (declaration.end - body);
    copied_bytes_ += size * (names.size() - 1);
    if (copied_bytes_ <= limits_.max_bytes) return {};
    return make_error(ErrorCode::kResourceExhausted,
                      "{}: written out name by name, the declarations have more than {} bytes",
                      tokens_.source().place(declaration.begin), limits_.max_bytes);
  }

  // The grammar still has a place for attributes of actions, which must be empty.
  Result<void> no_attributes() {
    WARD_TRY(const bool has_attributes, tokens_.accept_word("attributes"));
    if (!has_attributes) return {};
    WARD_RETURN_IF_ERROR(tokens_.expect("{", "after `attributes`"));
    return tokens_.expect("}", "(actions have no attributes)");
  }

  Result<std::vector<ActionReference>> action_list() {
    std::vector<ActionReference> out;
    WARD_TRY(const bool is_list, tokens_.accept("["));
    while (true) {
      WARD_TRY(ActionReference next, action_reference(is_list && !out.empty()));
      out.push_back(std::move(next));
      if (!is_list) return out;
      WARD_TRY(const bool more, tokens_.accept(","));
      if (!more) break;
    }
    WARD_RETURN_IF_ERROR(tokens_.expect("]", "or `,` after the action"));
    return out;
  }

  Result<ActionReference> action_reference(bool after_comma) {
    const std::uint32_t begin = tokens_.here();
    const std::string what = fmt::format("an action: `name`, `\"name\"` or `Type::\"name\"`{}",
                                         after_comma ? kNoTrailingComma : "");
    WARD_TRY(Name first, identifier_or_string(what));
    if (!tokens_.at_symbol("::")) return ActionReference{{}, std::move(first.text), first.span};
    std::string type = std::move(first.text);
    while (true) {
      WARD_RETURN_IF_ERROR(tokens_.expect("::", "and the action's name in quotes"));
      if (tokens_.peek().kind == Token::Kind::kString) break;
      WARD_TRY(const std::string part, tokens_.expect_name("an identifier or a string after `::`"));
      type += "::" + part;
    }
    WARD_TRY(std::string id, tokens_.expect_string("the action's name in quotes"));
    return ActionReference{std::move(type), std::move(id), tokens_.span_from(begin)};
  }

  Result<AppliesTo> applies_to() {
    AppliesTo out;
    bool has_context = false;
    WARD_RETURN_IF_ERROR(tokens_.expect("{", "after `appliesTo`"));
    const std::uint32_t begin = tokens_.here();
    while (!tokens_.at_symbol("}")) {
      const Token part = tokens_.peek();
      if (part.is_word("principal")) {
        WARD_RETURN_IF_ERROR(applicable(out.principals));
      } else if (part.is_word("resource")) {
        WARD_RETURN_IF_ERROR(applicable(out.resources));
      } else if (part.is_word("context")) {
        if (has_context) return tokens_.fail(part.span, "`context` stands twice");
        has_context = true;
        WARD_TRY(out.context, context());
      } else {
        return tokens_.unexpected("`principal`, `resource`, `context` or `}`");
      }
      WARD_TRY(const bool more, tokens_.accept(","));
      if (!more) break;
    }
    if (!tokens_.at_symbol("}")) return tokens_.unexpected("`,` or `}`");
    for (const auto& [list, name] :
         {std::pair{&out.principals, "principal"}, {&out.resources, "resource"}}) {
      if (!list->empty()) continue;
      return tokens_.fail(tokens_.span_from(begin),
                          "`appliesTo` has no `{}`: name at least one entity type, or leave "
                          "`appliesTo` out for an action that is only a group",
                          name);
    }
    WARD_RETURN_IF_ERROR(tokens_.take());
    return out;
  }

  // `principal: [A, B]` or `resource: A`
  Result<void> applicable(std::vector<SchemaName>& out) {
    WARD_TRY(const Token word, tokens_.take());
    if (!out.empty()) return tokens_.fail(word.span, "`{}` stands twice", word.text);
    WARD_RETURN_IF_ERROR(tokens_.expect(":", fmt::format("after `{}`", word.text)));
    WARD_TRY(out, type_list());
    if (!out.empty()) return {};
    return tokens_.fail(word.span,
                        "`{}` has an empty list: name at least one entity type, or leave "
                        "`appliesTo` out for an action that is only a group",
                        word.text);
  }

  Result<SchemaTypePtr> context() {
    WARD_RETURN_IF_ERROR(tokens_.take());
    WARD_RETURN_IF_ERROR(tokens_.expect(":", "after `context`"));
    if (tokens_.at_symbol("{")) {
      WARD_TRY(SchemaTypePtr record, this->record());
      return record->attributes.empty() ? nullptr : record;
    }
    WARD_TRY(SchemaName name, path("`{` or the name of a common type"));
    SchemaType out;
    out.kind = SchemaType::Kind::kCommon;
    out.name = std::move(name.name);
    out.span = name.span;
    return std::make_shared<const SchemaType>(std::move(out));
  }

  // `A::B`, or `[A, B::C]`, which may be empty
  Result<std::vector<SchemaName>> type_list() {
    std::vector<SchemaName> out;
    WARD_TRY(const bool is_list, tokens_.accept("["));
    if (!is_list) {
      WARD_TRY(SchemaName only, path("an entity type or a list of them in `[` and `]`"));
      out.push_back(std::move(only));
      return out;
    }
    if (tokens_.at_symbol("]")) {
      WARD_RETURN_IF_ERROR(tokens_.take());
      return out;
    }
    while (true) {
      WARD_TRY(SchemaName next,
               path(fmt::format("an entity type{}", out.empty() ? "" : kNoTrailingComma)));
      out.push_back(std::move(next));
      WARD_TRY(const bool more, tokens_.accept(","));
      if (!more) break;
    }
    WARD_RETURN_IF_ERROR(tokens_.expect("]", "or `,` after the entity type"));
    return out;
  }

  Result<SchemaTypePtr> type() {
    SchemaType out;
    const std::uint32_t begin = tokens_.here();
    if (tokens_.at_symbol("{")) return record();
    WARD_TRY(SchemaName name, path("a type: a name, `Set<T>` or a record in `{` and `}`"));
    if (name.name == "Set" && tokens_.at_symbol("<")) {
      WARD_RETURN_IF_ERROR(deeper());
      WARD_RETURN_IF_ERROR(tokens_.take());
      out.kind = SchemaType::Kind::kSet;
      WARD_TRY(out.element, type());
      WARD_RETURN_IF_ERROR(tokens_.expect(">", "after the type of the elements"));
      --depth_;
    } else {
      out.kind = SchemaType::Kind::kEntityOrCommon;
      out.name = std::move(name.name);
    }
    out.span = tokens_.span_from(begin);
    return std::make_shared<const SchemaType>(std::move(out));
  }

  Result<void> deeper() {
    if (++depth_ <= kSchemaTypeDepthMax) return {};
    return make_error(ErrorCode::kResourceExhausted, "{}: types stand more than {} deep",
                      tokens_.source().place(tokens_.here()), kSchemaTypeDepthMax);
  }

  // `{ name: String, age?: Long, }`
  Result<SchemaTypePtr> record() {
    WARD_RETURN_IF_ERROR(deeper());
    const std::uint32_t begin = tokens_.here();
    WARD_RETURN_IF_ERROR(tokens_.take());
    SchemaType out;
    out.kind = SchemaType::Kind::kRecord;
    std::unordered_map<std::string, std::uint32_t> names;
    while (!tokens_.at_symbol("}")) {
      WARD_TRY(SchemaAttribute next, attribute(names));
      out.attributes.push_back(std::move(next));
      WARD_TRY(const bool more, tokens_.accept(","));
      if (!more) break;
    }
    if (!tokens_.at_symbol("}")) return tokens_.unexpected("`,` or `}` after the attribute");
    WARD_RETURN_IF_ERROR(tokens_.take());
    --depth_;
    out.span = tokens_.span_from(begin);
    return std::make_shared<const SchemaType>(std::move(out));
  }

  Result<SchemaAttribute> attribute(std::unordered_map<std::string, std::uint32_t>& names) {
    SchemaAttribute out;
    const std::uint32_t begin = tokens_.here();
    WARD_TRY(out.annotations, parse_annotations(tokens_));
    WARD_TRY(Name name, identifier_or_string("a name for the attribute, or `}`"));
    const auto [it, is_new] = names.try_emplace(name.text, name.span.begin);
    if (!is_new) {
      return tokens_.fail(name.span, "attribute `{}` stands twice, first at {}", name.text,
                          tokens_.source().place(it->second));
    }
    out.name = std::move(name.text);
    WARD_TRY(const bool is_optional, tokens_.accept("?"));
    out.is_required = !is_optional;
    WARD_RETURN_IF_ERROR(
        tokens_.expect(":", is_optional ? "and a type" : "and a type, or `?` for an optional one"));
    WARD_TRY(out.type, type());
    out.span = tokens_.span_from(begin);
    return out;
  }

  // `A::B`, and `__cedar::Long`
  Result<SchemaName> path(std::string_view what) {
    const std::uint32_t begin = tokens_.here();
    SchemaName out;
    if (tokens_.at_word("__cedar")) {
      WARD_RETURN_IF_ERROR(tokens_.take());
      out.name = "__cedar::";
      WARD_RETURN_IF_ERROR(tokens_.expect("::", "and a built-in type after `__cedar`"));
    }
    WARD_TRY(const std::string first, tokens_.expect_name(what));
    out.name += first;
    while (tokens_.at_symbol("::")) {
      WARD_RETURN_IF_ERROR(tokens_.take());
      WARD_TRY(const std::string part, tokens_.expect_name("an identifier after `::`"));
      out.name += "::" + part;
    }
    out.span = tokens_.span_from(begin);
    return out;
  }

  Result<Name> identifier(std::string_view what) {
    const Span span = tokens_.peek().span;
    WARD_TRY(std::string text, tokens_.expect_name(what));
    return Name{std::move(text), span};
  }

  Result<Name> identifier_or_string(std::string_view what) {
    if (tokens_.peek().kind != Token::Kind::kString) return identifier(what);
    const Span span = tokens_.peek().span;
    WARD_TRY(std::string text, tokens_.expect_string(what));
    return Name{std::move(text), span};
  }

  Result<void> allowed(const Result<void>& check, const Name& name) {
    if (check.ok()) return {};
    return tokens_.fail(name.span, "{}", check.error().message());
  }

  TokenStream& tokens_;
  const SchemaLimits& limits_;
  std::vector<SchemaNamespace> namespaces_;
  std::vector<Declared> declared_;  // by place in namespaces_
  std::unordered_map<std::string, std::size_t> index_;
  std::string where_;  // the declaration that is being read
  std::size_t declarations_ = 0;
  std::size_t copied_bytes_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

Result<SchemaFragment> parse_schema_text(std::string_view text, std::string source_name,
                                         const SchemaLimits& limits) {
  SchemaFragment out;
  out.source_name = source_name;
  WARD_TRY(out.source, admit_source(text, std::move(source_name), "schema", limits.max_bytes));
  WARD_TRY(TokenStream tokens, TokenStream::open(*out.source, Dialect::kSchema));
  WARD_TRY(out.namespaces, SchemaParser(tokens, limits).namespaces());
  return out;
}

}  // namespace ward::cedar
