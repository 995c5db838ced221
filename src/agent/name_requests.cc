#include "agent/name_requests.h"

#include <utility>

#include "base/check.h"

namespace ward::agent {

void NameRequests::ask(const std::vector<world::Name>& names, Done done) {
  WARD_CHECK(!names.empty());
  const auto waiting = std::make_shared<Waiting>(
      Waiting{.done = std::move(done), .missing = names.size(), .error = {}});
  std::vector<world::Name> fresh;
  for (const world::Name& name : names) {
    const auto [place, is_fresh] = waiting_.try_emplace(name);
    place->second.push_back(waiting);
    if (is_fresh) fresh.push_back(name);
  }
  if (fresh.empty()) return;
  link_.ask(fresh, [this, fresh](Result<void> answered) { settle(fresh, answered); });
}

void NameRequests::settle(const std::vector<world::Name>& names, const Result<void>& answered) {
  std::vector<std::shared_ptr<Waiting>> complete;
  for (const world::Name& name : names) {
    auto settled = waiting_.extract(name);
    for (auto& waiting : settled.mapped()) {
      if (!answered.ok() && !waiting->error) waiting->error = answered.error();
      if (--waiting->missing == 0) complete.push_back(std::move(waiting));
    }
  }
  // May ask again at once, so after all that is settled has been put away.
  for (const auto& waiting : complete) {
    waiting->done(waiting->error ? Result<void>(*waiting->error) : Result<void>());
  }
}

}  // namespace ward::agent
