// What is declared in all fragments of a schema, and what a name written in one place means there.
// Private to schema/.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/result.h"
#include "cedar/schema/schema_fragment.h"

namespace ward::cedar {

// A declaration and the file it is in, for messages.
struct DeclaredAt {
  const SchemaFragment* fragment = nullptr;
  std::string name_space;
  std::string what;  // `entity type `User` in namespace `A``
  Span span;

  // `file:line:column: entity type `User` in namespace `A`: <message>`
  Error fail(Span at, std::string_view message) const;
  Error fail(std::string_view message) const { return fail(span, message); }
  std::string place() const;
};

class NameScope {
 public:
  enum class Kind : std::uint8_t { kCommon, kEntity, kCommonOrEntity };

  struct Target {
    bool is_common;
    std::string name;  // in full
  };

  // kInvalidArgument when it is there already.
  Result<void> add_common_type(const std::string& full_name, DeclaredAt at);
  Result<void> add_entity_type(const std::string& full_name, DeclaredAt at);
  Result<void> add_action(const std::string& type, const std::string& id, DeclaredAt at);

  // After all were added: RFC 70's rule against hiding what the empty namespace declares, and then
  // the types that need no declaration.
  Result<void> close();

  // Nothing when it means nothing.
  std::optional<Target> find(std::string_view name_space, std::string_view name, Kind kind) const;
  // `Action::"id"` or `NS::Action::"id"` in full; nothing when there is no such action.
  std::optional<std::pair<std::string, std::string>> find_action(
      std::string_view name_space, const std::optional<std::string>& type,
      std::string_view id) const;

  // Why find() found nothing, with what may have been meant.
  std::string unknown(std::string_view name_space, std::string_view name, Kind kind) const;
  std::string unknown_action(std::string_view name_space, const ActionReference& reference) const;

 private:
  using Names =
      std::map<std::string, DeclaredAt>;  // in order, so that errors are the same every time

  static Result<void> add(Names& names, const std::string& name, DeclaredAt at);
  Result<void> check_shadowing(const Names& outer, const Names& inner) const;
  bool is_common(const std::string& name) const;

  Names common_types_;
  Names entity_types_;
  std::map<std::string, Names> actions_;     // by type, then by id
  std::unordered_set<std::string> builtin_;  // with and without `__cedar::`
};

// `A::B` and `C` give `A::B::C`; nothing before `C` gives `C`.
std::string qualified(std::string_view name_space, std::string_view name);

}  // namespace ward::cedar
