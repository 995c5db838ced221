#include "world/world.h"

#include <set>

#include "world/keys.h"

namespace ward::world {
namespace {

// The part of an index key after the last NUL.
std::string_view last_part(std::string_view key) {
  return key.substr(key.rfind('\0') + 1);
}

}  // namespace

const Resource* World::resource(std::string_view type, std::string_view id) const {
  return find(resources_, resource_name(type, id));
}

const Revocation* World::revocation(RevocationKind kind, std::string_view id) const {
  if (revocations_.empty()) return nullptr;
  return find(revocations_, revocation_key(kind, id));
}

bool World::flow_open(std::string_view from, std::string_view to, std::string_view action) const {
  return flows_.find(joined({from, to, action})) != nullptr;
}

std::vector<const Registration*> World::matching(std::string_view parent,
                                                 const std::vector<std::string>& selectors) const {
  const std::set<std::string_view> have(selectors.begin(), selectors.end());
  std::vector<const Registration*> found;
  for (const std::string_view selector : have) {
    registrations_by_selector_.scan_prefix(joined({parent, selector, ""}), [&](const Text& key) {
      const Registration* candidate = registration(last_part(key));
      const bool all = std::ranges::all_of(candidate->selectors,
                                           [&](const Text& s) { return have.contains(s.view()); });
      if (all) found.push_back(candidate);
      return true;
    });
  }
  std::ranges::sort(found, {}, [](const Registration* r) { return r->id.view(); });
  return found;
}

std::vector<const Registration*> World::list_registrations(const OrderedMap<Text>& index,
                                                           std::string_view of,
                                                           const PageRequest& page) const {
  std::vector<const Registration*> found;
  const std::string all = joined({of, page.prefix});
  const std::string after = joined({of, page.after});
  index.scan(std::max(all, after), [&](const Text& key) {
    if (found.size() >= page.limit || !key.view().starts_with(all)) return false;
    if (key != after) found.push_back(registration(last_part(key)));
    return true;
  });
  return found;
}

std::vector<const Registration*> World::registrations_of_parent(std::string_view parent,
                                                                const PageRequest& page) const {
  return list_registrations(registrations_by_parent_, parent, page);
}

std::vector<const Registration*> World::registrations_of_identity(std::string_view id,
                                                                  const PageRequest& page) const {
  return list_registrations(registrations_by_identity_, id, page);
}

std::vector<const Revocation*> World::revocations_of_identity(std::string_view id,
                                                              const PageRequest& page) const {
  std::vector<const Revocation*> found;
  const std::string all = joined({id, page.prefix});
  const std::string after = joined({id, page.after});
  revocations_by_identity_.scan(std::max(all, after), [&](const Text& key) {
    if (found.size() >= page.limit || !key.view().starts_with(all)) return false;
    if (key != after) found.push_back(revocation(RevocationKind::kCredential, last_part(key)));
    return true;
  });
  return found;
}

World::Counts World::counts() const {
  return {.identities = identities_.size(),
          .owners = owners_.size(),
          .registrations = registrations_.size(),
          .nodes = nodes_.size(),
          .join_tokens = join_tokens_.size(),
          .resources = resources_.size(),
          .segments = segments_.size(),
          .flows = flows_.size(),
          .policy_sets = policy_sets_.size(),
          .revocations = revocations_.size(),
          .key_slots = key_slots_.size()};
}

}  // namespace ward::world
