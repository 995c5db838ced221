// schema_to_text(): a fragment in the text form.
#include <unordered_set>

#include "cedar/schema/schema_text.h"
#include "cedar/value/identifier.h"

namespace ward::cedar {
namespace {

using Kind = SchemaType::Kind;

std::string_view basename_of(std::string_view path) {
  const std::size_t colon = path.rfind(':');
  return colon == std::string_view::npos ? path : path.substr(colon + 1);
}

// What an entity reference (of JSON) would be read as in text, were it hidden.
class HiddenTypes {
 public:
  explicit HiddenTypes(const SchemaNamespace& in) {
    std::unordered_set<std::string_view> common;
    for (const CommonTypeDeclaration& each : in.common_types) common.insert(each.name);
    for (const EntityTypeDeclaration& each : in.entity_types) {
      if (common.contains(each.name)) names_.insert(each.name);
    }
  }
  bool contains(std::string_view name) const { return names_.contains(name); }

 private:
  std::unordered_set<std::string_view> names_;
};

class Printer {
 public:
  explicit Printer(const SchemaFragment& fragment) : fragment_(fragment) {
    for (const SchemaNamespace& each : fragment.namespaces) hidden_.emplace_back(each);
  }

  Result<std::string> print() {
    for (const SchemaNamespace& each : fragment_.namespaces) {
      const bool is_named = !each.name.empty();
      const bool is_empty =
          each.common_types.empty() && each.entity_types.empty() && each.actions.empty();
      if (!is_named && is_empty) continue;
      if (!out_.empty()) out_ += '\n';
      if (is_named) {
        annotations(each.annotations, 0);
        out_ += "namespace " + each.name + " {\n";
      }
      WARD_RETURN_IF_ERROR(declarations(each, is_named ? 1 : 0));
      if (is_named) out_ += "}\n";
    }
    return std::move(out_);
  }

 private:
  Result<void> declarations(const SchemaNamespace& in, std::size_t level) {
    bool is_first = true;
    const auto begin = [&](std::string_view what, std::string_view name, const auto& declaration) {
      if (!is_first) out_ += '\n';
      is_first = false;
      where_ = declaration_text(what, name, in.name);
      annotations(declaration.annotations, level);
      indent(level);
    };
    for (const CommonTypeDeclaration& each : in.common_types) {
      begin("common type", each.name, each);
      out_ += "type " + each.name + " = ";
      WARD_RETURN_IF_ERROR(type(*each.type, level));
      out_ += ";\n";
    }
    for (const EntityTypeDeclaration& each : in.entity_types) {
      begin("entity type", each.name, each);
      WARD_RETURN_IF_ERROR(bounded());
      WARD_RETURN_IF_ERROR(entity_type(each, level));
    }
    for (const ActionDeclaration& each : in.actions) {
      begin("action", each.id, each);
      WARD_RETURN_IF_ERROR(bounded());
      WARD_RETURN_IF_ERROR(action(each, level));
    }
    return {};
  }

  Result<void> entity_type(const EntityTypeDeclaration& declaration, std::size_t level) {
    out_ += "entity " + declaration.name;
    if (declaration.is_enum()) {
      out_ += " enum [";
      for (const std::string& id : declaration.enum_ids) {
        if (&id != &declaration.enum_ids.front()) out_ += ", ";
        append_quoted(out_, id);
      }
      out_ += "];\n";
      return {};
    }
    if (!declaration.parents.empty()) {
      out_ += " in ";
      names(declaration.parents);
    }
    if (declaration.shape) {
      if (declaration.shape->kind != Kind::kRecord) {
        return fail("its attributes are a common type, and the text form wants a record");
      }
      out_ += " = ";
      WARD_RETURN_IF_ERROR(type(*declaration.shape, level));
    }
    if (declaration.tags) {
      out_ += " tags ";
      WARD_RETURN_IF_ERROR(type(*declaration.tags, level));
    }
    out_ += ";\n";
    return {};
  }

  Result<void> action(const ActionDeclaration& declaration, std::size_t level) {
    out_ += "action ";
    name(declaration.id);
    if (declaration.parents && !declaration.parents->empty()) {
      out_ += " in [";
      for (const ActionReference& each : *declaration.parents) {
        if (&each != &declaration.parents->front()) out_ += ", ";
        if (each.type) {
          out_ += *each.type + "::";
          append_quoted(out_, each.id);
        } else {
          name(each.id);
        }
      }
      out_ += ']';
    }
    if (declaration.applies_to) {
      WARD_RETURN_IF_ERROR(applies_to(*declaration.applies_to, level));
    }
    out_ += ";\n";
    return {};
  }

  Result<void> applies_to(const AppliesTo& applies, std::size_t level) {
    if (applies.principals.empty() && applies.resources.empty() && !applies.context) return {};
    if (applies.principals.empty() || applies.resources.empty()) {
      return fail("the text form has no `appliesTo` without principals or without resources");
    }
    out_ += " appliesTo {\n";
    indent(level + 1);
    out_ += "principal: ";
    names(applies.principals);
    out_ += ",\n";
    indent(level + 1);
    out_ += "resource: ";
    names(applies.resources);
    if (applies.context) {
      if (applies.context->kind != Kind::kRecord && applies.context->kind != Kind::kCommon &&
          applies.context->kind != Kind::kEntityOrCommon) {
        return fail("its context is neither a record nor a common type");
      }
      out_ += ",\n";
      indent(level + 1);
      out_ += "context: ";
      WARD_RETURN_IF_ERROR(type(*applies.context, level + 1));
    }
    out_ += '\n';
    indent(level);
    out_ += '}';
    return {};
  }

  Result<void> type(const SchemaType& type, std::size_t level) {
    switch (type.kind) {
      // In full: a declaration may have taken the short name.
      case Kind::kBool:
        out_ += "__cedar::Bool";
        return {};
      case Kind::kLong:
        out_ += "__cedar::Long";
        return {};
      case Kind::kString:
        out_ += "__cedar::String";
        return {};
      case Kind::kExtension:
        out_ += "__cedar::" + type.name;
        return {};
      case Kind::kEntity:
        for (const HiddenTypes& hidden : hidden_) {
          if (!hidden.contains(basename_of(type.name))) continue;
          return fail(
              fmt::format("it names entity type `{}`, which in the text form would be the "
                          "common type of that name",
                          type.name));
        }
        out_ += type.name;
        return {};
      case Kind::kCommon:
      case Kind::kEntityOrCommon:
        out_ += type.name;
        return {};
      case Kind::kSet: {
        out_ += "Set<";
        WARD_RETURN_IF_ERROR(this->type(*type.element, level));
        out_ += '>';
        return {};
      }
      case Kind::kRecord:
        return record(type, level);
    }
    WARD_UNREACHABLE();
  }

  Result<void> record(const SchemaType& type, std::size_t level) {
    out_ += '{';
    for (const SchemaAttribute& each : type.attributes) {
      out_ += &each == &type.attributes.front() ? "\n" : ",\n";
      annotations(each.annotations, level + 1);
      indent(level + 1);
      name(each.name);
      out_ += each.is_required ? ": " : "?: ";
      WARD_RETURN_IF_ERROR(this->type(*each.type, level + 1));
    }
    if (!type.attributes.empty()) {
      out_ += '\n';
      indent(level);
    }
    out_ += '}';
    return {};
  }

  void annotations(const std::vector<Annotation>& annotations, std::size_t level) {
    for (const Annotation& each : annotations) {
      indent(level);
      out_ += '@' + each.key;
      if (each.value && !each.value->empty()) out_ += '(' + quoted(*each.value) + ')';
      out_ += '\n';
    }
  }

  void names(const std::vector<SchemaName>& names) {
    out_ += '[';
    for (const SchemaName& each : names) {
      if (&each != &names.front()) out_ += ", ";
      out_ += each.name;
    }
    out_ += ']';
  }

  // As an identifier where it is one.
  void name(std::string_view name) {
    if (is_identifier(name) && !is_reserved_word(name)) {
      out_ += name;
    } else {
      append_quoted(out_, name);
    }
  }

  // Many names that share one declaration are written out, each with all of it.
  Result<void> bounded() const {
    if (out_.size() <= kSchemaTextBytesMax) return {};
    return make_error(ErrorCode::kResourceExhausted,
                      "the text of the schema has more than {} bytes", kSchemaTextBytesMax);
  }

  void indent(std::size_t level) { out_.append(2 * level, ' '); }

  Error fail(std::string_view why) const {
    return make_error(ErrorCode::kFailedPrecondition, "{} cannot be written as text: {}", where_,
                      why);
  }

  const SchemaFragment& fragment_;
  std::vector<HiddenTypes> hidden_;
  std::string where_;
  std::string out_;
};

}  // namespace

Result<std::string> schema_to_text(const SchemaFragment& fragment) {
  return Printer(fragment).print();
}

}  // namespace ward::cedar
