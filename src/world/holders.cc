#include "world/holders.h"

namespace ward::world {

Result<void> Holders::add(ViewId view) {
  if (names_of_.try_emplace(view).second) return {};
  return make_error(ErrorCode::kAlreadyExists, "view {} is known already", view);
}

void Holders::drop(ViewId view) {
  const auto found = names_of_.find(view);
  if (found == names_of_.end()) return;
  const std::set<Name> names = std::move(found->second);
  names_of_.erase(found);
  for (const Name& name : names) {
    const auto views = views_of_.find(name);
    views->second.erase(view);
    if (views->second.empty()) views_of_.erase(views);
  }
}

Result<void> Holders::hold(ViewId view, const Name& name) {
  const auto found = names_of_.find(view);
  if (found == names_of_.end()) return make_error(ErrorCode::kNotFound, "no view {}", view);
  if (name.kind == NameKind::kEverywhere || found->second.contains(name)) return {};
  if (found->second.size() >= names_per_view_max_) {
    return make_error(ErrorCode::kResourceExhausted, "view {} holds {} names, which is the bound",
                      view, names_per_view_max_);
  }
  found->second.insert(name);
  views_of_[name].insert(view);
  return {};
}

void Holders::release(ViewId view, const Name& name) {
  const auto found = names_of_.find(view);
  if (found == names_of_.end() || found->second.erase(name) == 0) return;
  const auto views = views_of_.find(name);
  views->second.erase(view);
  if (views->second.empty()) views_of_.erase(views);
}

bool Holders::holds(ViewId view, const Name& name) const {
  const auto found = names_of_.find(view);
  if (found == names_of_.end()) return false;
  return name.kind == NameKind::kEverywhere || found->second.contains(name);
}

std::vector<ViewId> Holders::holding(const std::vector<Name>& names) const {
  std::set<ViewId> views;
  for (const Name& name : names) {
    if (name.kind == NameKind::kEverywhere) {
      for (const auto& [view, held] : names_of_) views.insert(view);
    } else if (const auto found = views_of_.find(name); found != views_of_.end()) {
      views.insert(found->second.begin(), found->second.end());
    }
  }
  return {views.begin(), views.end()};
}

}  // namespace ward::world
