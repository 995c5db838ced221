// Schema::resolve(): collects all declarations, then common types, entity types, actions.
#include <algorithm>
#include <array>
#include <deque>
#include <tuple>

#include "cedar/schema/closure.h"
#include "cedar/schema/name_scope.h"
#include "cedar/schema/schema.h"
#include "cedar/value/identifier.h"
#include "codec/nearest.h"

namespace ward::cedar {

class SchemaResolver {
 public:
  explicit SchemaResolver(std::span<const SchemaFragment> fragments) : fragments_(fragments) {}

  Result<Schema> run() {
    WARD_RETURN_IF_ERROR(collect());
    WARD_RETURN_IF_ERROR(scope_.close());
    WARD_RETURN_IF_ERROR(resolve_common_types());
    number();
    WARD_RETURN_IF_ERROR(resolve_entity_types());
    WARD_RETURN_IF_ERROR(resolve_actions());
    return std::move(schema_);
  }

 private:
  template <typename Declaration>
  struct Found {
    const Declaration* declaration;
    DeclaredAt at;
    std::string name;  // in full; of an action its type
  };
  struct Common {
    Found<CommonTypeDeclaration> found;
    std::vector<std::size_t> needs = {};  // places in common_
    std::vector<std::size_t> needed_by = {};
    std::size_t open = 0;  // of those it needs
    const Type* type = nullptr;
  };

  Result<void> collect() {
    for (const SchemaFragment& fragment : fragments_) {
      for (const SchemaNamespace& in : fragment.namespaces) {
        const auto at = [&](std::string_view what, const auto& declaration, std::string_view name) {
          return DeclaredAt{&fragment, in.name, declaration_text(what, name, in.name),
                            declaration.span};
        };
        for (const CommonTypeDeclaration& each : in.common_types) {
          Common common{{&each, at("common type", each, each.name), qualified(in.name, each.name)}};
          WARD_RETURN_IF_ERROR(scope_.add_common_type(common.found.name, common.found.at));
          common_index_.emplace(common.found.name, common_.size());
          common_.push_back(std::move(common));
        }
        for (const EntityTypeDeclaration& each : in.entity_types) {
          entity_.push_back(
              {&each, at("entity type", each, each.name), qualified(in.name, each.name)});
          WARD_RETURN_IF_ERROR(scope_.add_entity_type(entity_.back().name, entity_.back().at));
        }
        for (const ActionDeclaration& each : in.actions) {
          action_.push_back({&each, at("action", each, each.id), qualified(in.name, "Action")});
          WARD_RETURN_IF_ERROR(scope_.add_action(action_.back().name, each.id, action_.back().at));
        }
      }
    }
    return {};
  }

  // --- common types, those first that others need

  Result<void> resolve_common_types() {
    for (std::size_t i = 0; i < common_.size(); ++i) {
      const Common& common = common_[i];
      gather_needs(*common.found.declaration->type, common.found.at.name_space, i);
    }
    std::deque<std::size_t> ready;
    for (std::size_t i = 0; i < common_.size(); ++i) {
      std::ranges::sort(common_[i].needs);
      const auto rest = std::ranges::unique(common_[i].needs);
      common_[i].needs.erase(rest.begin(), rest.end());
      common_[i].open = common_[i].needs.size();
      for (const std::size_t each : common_[i].needs) common_[each].needed_by.push_back(i);
      if (common_[i].open == 0) ready.push_back(i);
    }
    std::size_t done = 0;
    for (; !ready.empty(); ++done) {
      Common& common = common_[ready.front()];
      ready.pop_front();
      WARD_TRY(common.type, type(*common.found.declaration->type, common.found.at));
      for (const std::size_t each : common.needed_by) {
        if (--common_[each].open == 0) ready.push_back(each);
      }
    }
    if (done < common_.size()) return common_cycle();
    return {};
  }

  void gather_needs(const SchemaType& type, std::string_view name_space, std::size_t of) {
    if (type.element) gather_needs(*type.element, name_space, of);
    for (const SchemaAttribute& each : type.attributes) gather_needs(*each.type, name_space, of);
    if (type.kind != SchemaType::Kind::kCommon && type.kind != SchemaType::Kind::kEntityOrCommon) {
      return;
    }
    const auto target = scope_.find(name_space, type.name, kind_of(type.kind));
    if (!target || !target->is_common) return;
    const auto it = common_index_.find(target->name);
    if (it != common_index_.end()) common_[of].needs.push_back(it->second);
  }

  // Some that are left need nothing but each other: following needs leads round.
  Error common_cycle() const {
    std::size_t at = 0;
    while (common_[at].open == 0) ++at;
    std::vector<std::size_t> path;
    while (std::ranges::find(path, at) == path.end()) {
      path.push_back(at);
      for (const std::size_t each : common_[at].needs) {
        if (common_[each].open > 0) at = each;
      }
    }
    constexpr std::size_t kShown = 8;
    const auto begin = std::ranges::find(path, at);
    std::string shown;
    for (auto it = begin; it != path.end(); ++it) {
      if (static_cast<std::size_t>(it - begin) == kShown) {
        shown += "... -> ";
        break;
      }
      shown += fmt::format("`{}` -> ", common_[*it].found.name);
    }
    return common_[at].found.at.fail(
        fmt::format("its definition leads back to itself: {}`{}`", shown, common_[at].found.name));
  }

  // --- types

  static NameScope::Kind kind_of(SchemaType::Kind kind) {
    if (kind == SchemaType::Kind::kEntity) return NameScope::Kind::kEntity;
    if (kind == SchemaType::Kind::kCommon) return NameScope::Kind::kCommon;
    return NameScope::Kind::kCommonOrEntity;
  }

  Result<const Type*> type(const SchemaType& written, const DeclaredAt& at) {
    TypeTable& types = schema_.types_;
    switch (written.kind) {
      case SchemaType::Kind::kBool:
        return types.boolean();
      case SchemaType::Kind::kLong:
        return types.long_integer();
      case SchemaType::Kind::kString:
        return types.string();
      case SchemaType::Kind::kExtension:
        return extension(written, at);
      case SchemaType::Kind::kEntity:
      case SchemaType::Kind::kCommon:
      case SchemaType::Kind::kEntityOrCommon:
        return named(written, at);
      case SchemaType::Kind::kSet: {
        WARD_TRY(const Type* element, type(*written.element, at));
        return bounded(types.set(element), written.span, at);
      }
      case SchemaType::Kind::kRecord: {
        std::vector<AttributeType> attributes;
        attributes.reserve(written.attributes.size());
        for (const SchemaAttribute& each : written.attributes) {
          WARD_TRY(const Type* of, type(*each.type, at));
          attributes.push_back({each.name, of, each.is_required});
        }
        return bounded(types.record(std::move(attributes)), written.span, at);
      }
    }
    WARD_UNREACHABLE();
  }

  static Result<const Type*> bounded(const Type* type, Span span, const DeclaredAt& at) {
    if (type->depth <= kSchemaTypeDepthMax) return type;
    return Error(ErrorCode::kResourceExhausted,
                 at.fail(span, fmt::format("with its common types put in, the type is more than {} "
                                           "sets and records deep",
                                           kSchemaTypeDepthMax))
                     .message());
  }

  Result<const Type*> extension(const SchemaType& written, const DeclaredAt& at) {
    if (const auto found = find_extension_type(written.name)) {
      return schema_.types_.extension(*found);
    }
    constexpr std::array<std::string_view, 4> kKnown = {"decimal", "ipaddr", "datetime",
                                                        "duration"};
    return at.fail(written.span, fmt::format("there is no extension type `{}`: expected {}",
                                             written.name, codec::list_names(kKnown)));
  }

  Result<const Type*> named(const SchemaType& written, const DeclaredAt& at) {
    const auto target = scope_.find(at.name_space, written.name, kind_of(written.kind));
    if (!target) {
      return at.fail(written.span,
                     scope_.unknown(at.name_space, written.name, kind_of(written.kind)));
    }
    if (!target->is_common) return schema_.types_.entity(EntityType::of(target->name));
    if (const auto it = common_index_.find(target->name); it != common_index_.end()) {
      // INVARIANT: what this one needs was resolved before it.
      return common_[it->second].type;
    }
    std::string_view name = target->name;
    constexpr std::string_view kBuiltin = "__cedar::";
    if (name.starts_with(kBuiltin)) name.remove_prefix(kBuiltin.size());
    if (name == "Bool") return schema_.types_.boolean();
    if (name == "Long") return schema_.types_.long_integer();
    if (name == "String") return schema_.types_.string();
    return schema_.types_.extension(find_extension_type(name).value());
  }

  // A record, or a common type that is one; the empty record for nothing.
  Result<const Type*> record(const SchemaTypePtr& written, std::string_view what,
                             const DeclaredAt& at) {
    if (!written) return schema_.types_.record({});
    WARD_TRY(const Type* out, type(*written, at));
    if (out->kind != Type::Kind::kRecord) {
      return at.fail(written->span,
                     fmt::format("{} must be a record, got `{}`", what, to_text(*out)));
    }
    return out;
  }

  // --- entity types and actions

  // Numbers go by name, whatever the order of declarations.
  void number() {
    std::ranges::sort(entity_, {},
                      [](const auto& found) -> const std::string& { return found.name; });
    for (const auto& found : entity_) {
      schema_.entity_type_index_.emplace(found.name, schema_.entity_types_.size());
      schema_.entity_types_.push_back({.name = EntityType::of(found.name)});
    }
    std::ranges::sort(
        action_, {}, [](const auto& found) { return std::tie(found.name, found.declaration->id); });
    for (const auto& found : action_) {
      EntityUid uid(EntityType::of(found.name), found.declaration->id);
      schema_.action_types_.emplace(found.name, true);
      schema_.action_index_.emplace(uid, schema_.actions_.size());
      schema_.actions_.push_back({.uid = std::move(uid)});
    }
  }

  Result<std::vector<std::uint32_t>> entity_list(const std::vector<SchemaName>& names,
                                                 const DeclaredAt& at, std::string_view what) {
    std::vector<std::uint32_t> out;
    out.reserve(names.size());
    for (const SchemaName& each : names) {
      const auto target = scope_.find(at.name_space, each.name, NameScope::Kind::kEntity);
      if (!target) {
        return at.fail(each.span, fmt::format("{}: {}", what,
                                              scope_.unknown(at.name_space, each.name,
                                                             NameScope::Kind::kEntity)));
      }
      const auto it = schema_.entity_type_index_.find(target->name);
      if (it == schema_.entity_type_index_.end()) {
        return at.fail(each.span, fmt::format("{}: `{}` is the type of actions, which cannot stand "
                                              "here",
                                              what, target->name));
      }
      out.push_back(it->second);
    }
    return ascending(std::move(out));
  }

  static std::vector<std::uint32_t> ascending(std::vector<std::uint32_t> list) {
    std::ranges::sort(list);
    const auto rest = std::ranges::unique(list);
    list.erase(rest.begin(), rest.end());
    return list;
  }

  Result<void> resolve_entity_types() {
    Adjacency parents;
    for (std::size_t i = 0; i < entity_.size(); ++i) {
      const EntityTypeDeclaration& declaration = *entity_[i].declaration;
      const DeclaredAt& at = entity_[i].at;
      EntityTypeInfo& info = schema_.entity_types_[i];
      info.annotations = declaration.annotations;
      info.enum_ids = declaration.enum_ids;
      std::ranges::sort(info.enum_ids);
      const auto rest = std::ranges::unique(info.enum_ids);
      info.enum_ids.erase(rest.begin(), rest.end());
      WARD_TRY(std::vector<std::uint32_t> in,
               entity_list(declaration.parents, at, "the types it may be in"));
      parents.push_back(std::move(in));
      WARD_TRY(info.attributes, record(declaration.shape, "the attributes", at));
      if (declaration.tags) {
        WARD_TRY(info.tags, type(*declaration.tags, at));
      }
    }
    WARD_TRY(Adjacency ancestors, ancestors_of(parents));
    Adjacency descendants = inverse_of(ancestors);
    for (std::size_t i = 0; i < entity_.size(); ++i) {
      schema_.entity_types_[i].ancestors = std::move(ancestors[i]);
      schema_.entity_types_[i].descendants = std::move(descendants[i]);
    }
    return {};
  }

  Result<void> resolve_actions() {
    Adjacency parents;
    for (std::size_t i = 0; i < action_.size(); ++i) {
      const ActionDeclaration& declaration = *action_[i].declaration;
      const DeclaredAt& at = action_[i].at;
      ActionInfo& info = schema_.actions_[i];
      info.annotations = declaration.annotations;
      info.context = schema_.types_.record({});
      if (declaration.applies_to) {
        const AppliesTo& applies_to = *declaration.applies_to;
        WARD_TRY(info.principals, entity_list(applies_to.principals, at, "principals"));
        WARD_TRY(info.resources, entity_list(applies_to.resources, at, "resources"));
        WARD_TRY(info.context, record(applies_to.context, "the context", at));
      }
      if (declaration.parents) {
        WARD_TRY(info.parents, action_list(*declaration.parents, at));
      }
      parents.push_back(info.parents);
    }
    WARD_TRY(Adjacency ancestors, ancestors_of(parents));
    Adjacency descendants = inverse_of(ancestors);
    for (std::uint32_t i = 0; i < action_.size(); ++i) {
      if (std::ranges::binary_search(ancestors[i], i)) {
        return action_[i].at.fail("the action is in itself, over its groups");
      }
      schema_.actions_[i].ancestors = std::move(ancestors[i]);
      schema_.actions_[i].descendants = std::move(descendants[i]);
    }
    return {};
  }

  Result<std::vector<std::uint32_t>> action_list(const std::vector<ActionReference>& references,
                                                 const DeclaredAt& at) {
    std::vector<std::uint32_t> out;
    out.reserve(references.size());
    for (const ActionReference& each : references) {
      const auto found = scope_.find_action(at.name_space, each.type, each.id);
      if (!found) return at.fail(each.span, scope_.unknown_action(at.name_space, each));
      out.push_back(
          schema_.action_index_.at(EntityUid(EntityType::of(found->first), found->second)));
    }
    return ascending(std::move(out));
  }

  std::span<const SchemaFragment> fragments_;
  NameScope scope_;
  std::vector<Common> common_;
  std::unordered_map<std::string, std::size_t> common_index_;
  std::vector<Found<EntityTypeDeclaration>> entity_;
  std::vector<Found<ActionDeclaration>> action_;
  Schema schema_;
};

Result<Schema> Schema::resolve(std::span<const SchemaFragment> fragments) {
  return SchemaResolver(fragments).run();
}

}  // namespace ward::cedar
