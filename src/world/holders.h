// Which views hold which names: where a fact is to be pushed, and whom a revocation waits for.
//
// Every view holds kEverywhere without saying so. One thread (the control thread of the server).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "base/result.h"
#include "world/fact.h"

namespace ward::world {

using ViewId = std::uint64_t;  // the caller's; one for each connected view

class Holders {
 public:
  // `names_per_view_max` bounds what one view can make the server remember.
  explicit Holders(std::size_t names_per_view_max) : names_per_view_max_(names_per_view_max) {}

  // Error kAlreadyExists when it was added.
  Result<void> add(ViewId view);

  // Forgets the view and all it holds.
  void drop(ViewId view);

  // Errors: kNotFound for a view that was not added; kResourceExhausted at the bound. Holding twice
  // is holding once.
  Result<void> hold(ViewId view, const Name& name);
  void release(ViewId view, const Name& name);

  bool holds(ViewId view, const Name& name) const;

  // The views that hold any of the names, each once, in order.
  std::vector<ViewId> holding(const std::vector<Name>& names) const;

  std::size_t views() const { return names_of_.size(); }
  std::size_t names() const { return views_of_.size(); }

 private:
  std::size_t names_per_view_max_;
  std::map<ViewId, std::set<Name>> names_of_;
  std::map<Name, std::set<ViewId>> views_of_;
};

}  // namespace ward::world
