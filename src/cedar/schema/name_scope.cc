#include "cedar/schema/name_scope.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "cedar/value/identifier.h"
#include "codec/nearest.h"

namespace ward::cedar {
namespace {

constexpr std::array<std::string_view, 7> kBuiltinTypes = {
    "Bool", "Long", "String", "decimal", "ipaddr", "datetime", "duration"};
constexpr std::string_view kAction = "Action";

// The names that one written in a namespace may stand for, the likeliest first.
std::vector<std::string> candidates(std::string_view name_space, std::string_view name) {
  if (name_space.empty() || name.find("::") != std::string_view::npos) return {std::string(name)};
  return {qualified(name_space, name), std::string(name)};
}

std::string_view basename_of(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string looked_for(const std::vector<std::string>& names) {
  return names.size() == 1 ? fmt::format("`{}`", names[0])
                           : fmt::format("neither `{}` nor `{}`", names[0], names[1]);
}

}  // namespace

std::string qualified(std::string_view name_space, std::string_view name) {
  return name_space.empty() ? std::string(name) : fmt::format("{}::{}", name_space, name);
}

std::string DeclaredAt::place() const {
  if (fragment->source != nullptr) return fragment->source->place(span.begin);
  return fragment->source_name.empty() ? "schema" : fragment->source_name;
}

Error DeclaredAt::fail(Span at, std::string_view message) const {
  DeclaredAt there = *this;
  if (at != Span{}) there.span = at;
  return invalid_argument("{}: {}: {}", there.place(), what, message);
}

Result<void> NameScope::add(Names& names, const std::string& name, DeclaredAt at) {
  const auto [it, is_new] = names.try_emplace(name, at);
  if (is_new) return {};
  return at.fail(fmt::format("it is declared already, at {}", it->second.place()));
}

Result<void> NameScope::add_common_type(const std::string& full_name, DeclaredAt at) {
  return add(common_types_, full_name, std::move(at));
}

Result<void> NameScope::add_entity_type(const std::string& full_name, DeclaredAt at) {
  return add(entity_types_, full_name, std::move(at));
}

Result<void> NameScope::add_action(const std::string& type, const std::string& id, DeclaredAt at) {
  return add(actions_[type], id, std::move(at));
}

// `outer` holds what may be hidden, by its names in the empty namespace.
Result<void> NameScope::check_shadowing(const Names& outer, const Names& inner) const {
  for (const auto& [name, at] : inner) {
    if (at.name_space.empty()) continue;
    const auto hidden = outer.find(std::string(basename_of(name)));
    if (hidden == outer.end()) continue;
    return at.fail(
        fmt::format("it hides the {} of the empty namespace, declared at {}: give one of "
                    "them another name",
                    hidden->second.what, hidden->second.place()));
  }
  return {};
}

Result<void> NameScope::close() {
  for (const Names* outer : {&entity_types_, &common_types_}) {
    for (const Names* inner : {&entity_types_, &common_types_}) {
      WARD_RETURN_IF_ERROR(check_shadowing(*outer, *inner));
    }
  }
  const auto outer = actions_.find(std::string(kAction));
  for (const auto& [type, actions] : actions_) {
    if (outer == actions_.end() || type == kAction) continue;
    for (const auto& [id, at] : actions) {
      const auto hidden = outer->second.find(id);
      if (hidden == outer->second.end()) continue;
      return at.fail(
          fmt::format("it hides the {} of the empty namespace, declared at {}: give one "
                      "of them another name",
                      hidden->second.what, hidden->second.place()));
    }
  }
  for (const std::string_view name : kBuiltinTypes) {
    builtin_.insert(fmt::format("__cedar::{}", name));
    const std::string bare(name);
    if (!common_types_.contains(bare) && !entity_types_.contains(bare)) builtin_.insert(bare);
  }
  return {};
}

bool NameScope::is_common(const std::string& name) const {
  return common_types_.contains(name) || builtin_.contains(name);
}

std::optional<NameScope::Target> NameScope::find(std::string_view name_space, std::string_view name,
                                                 Kind kind) const {
  for (const std::string& candidate : candidates(name_space, name)) {
    if (kind != Kind::kEntity && is_common(candidate)) return Target{true, candidate};
    if (kind == Kind::kCommon) continue;
    // Where there are actions there is their type.
    if (entity_types_.contains(candidate) || actions_.contains(candidate)) {
      return Target{false, candidate};
    }
  }
  return std::nullopt;
}

std::optional<std::pair<std::string, std::string>> NameScope::find_action(
    std::string_view name_space, const std::optional<std::string>& type,
    std::string_view id) const {
  for (const std::string& candidate :
       candidates(name_space, type ? std::string_view(*type) : kAction)) {
    const auto actions = actions_.find(candidate);
    if (actions == actions_.end() || !actions->second.contains(std::string(id))) continue;
    return std::pair(candidate, std::string(id));
  }
  return std::nullopt;
}

std::string NameScope::unknown(std::string_view name_space, std::string_view name,
                               Kind kind) const {
  std::vector<std::string_view> known;
  const auto gather = [&](const Names& names) {
    for (const auto& [full, at] : names) {
      known.push_back(full);
      // What stands in another namespace must be named in full.
      if (at.name_space == name_space) known.push_back(basename_of(full));
    }
  };
  if (kind != Kind::kEntity) {
    gather(common_types_);
    for (const std::string& each : builtin_) known.push_back(each);
  }
  if (kind != Kind::kCommon) gather(entity_types_);
  const std::string_view what = kind == Kind::kCommon   ? "a common type"
                                : kind == Kind::kEntity ? "an entity type"
                                                        : "a common or entity type";
  std::string hint;
  auto near = codec::nearest_name(name, known);
  // The JSON form has another word for it.
  if (name == "Boolean" && kind != Kind::kEntity) near = "Bool";
  if (near) hint = fmt::format("; did you mean `{}`?", *near);
  if (!near) {
    for (const std::string_view full : known) {
      if (basename_of(full) == basename_of(name)) hint = fmt::format("; there is `{}`", full);
    }
  }
  const auto names = candidates(name_space, name);
  return fmt::format("{} is {}declared as {}{}", looked_for(names), names.size() == 1 ? "not " : "",
                     what, hint);
}

std::string NameScope::unknown_action(std::string_view name_space,
                                      const ActionReference& reference) const {
  std::vector<std::string_view> known;
  std::vector<std::string> names =
      candidates(name_space, reference.type ? std::string_view(*reference.type) : kAction);
  for (std::string& name : names) {
    if (const auto actions = actions_.find(name); actions != actions_.end()) {
      for (const auto& [id, at] : actions->second) known.push_back(id);
    }
    name += "::" + quoted(reference.id);
  }
  const auto near = codec::nearest_name(reference.id, known);
  return fmt::format("{} is {}declared as an action{}", looked_for(names),
                     names.size() == 1 ? "not " : "",
                     near ? fmt::format("; did you mean {}?", quoted(*near)) : "");
}

}  // namespace ward::cedar
