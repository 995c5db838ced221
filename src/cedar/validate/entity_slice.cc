#include "cedar/validate/entity_slice.h"

#include <unordered_set>
#include <vector>

namespace ward::cedar {
namespace {

using Uids = std::unordered_set<EntityUid>;

// Values are no deeper than kValueDepthMax.
void add_entities(Uids& out, const Value& value);

void add_entities(Uids& out, const Record& record) {
  for (const Field& field : record.fields()) add_entities(out, field.value);
}

void add_entities(Uids& out, const Value& value) {
  if (const EntityUid* uid = value.if_entity()) out.insert(*uid);
  if (const Record* record = value.if_record()) add_entities(out, *record);
  if (const Set* set = value.if_set()) {
    for (const Value& element : set->elements()) add_entities(out, element);
  }
}

}  // namespace

Result<Entities> slice_at_level(const Entities& entities, const Request& request,
                                std::uint32_t level, const EntitiesLimits& limits) {
  Uids reached;
  std::vector<Entity> slice;
  Uids next{request.principal, request.action, request.resource};
  add_entities(next, request.context);
  for (std::uint32_t step = 0; step < level && !next.empty(); ++step) {
    Uids after;
    for (const EntityUid& uid : next) {
      const Entity* entity = entities.get(uid);
      if (entity == nullptr || !reached.insert(uid).second) continue;
      const auto ancestors = entities.ancestors(uid);
      slice.push_back(
          {uid, entity->attributes, {ancestors.begin(), ancestors.end()}, entity->tags});
      add_entities(after, entity->attributes);
      add_entities(after, entity->tags);
    }
    next = std::move(after);
  }
  return Entities::build(std::move(slice), limits);
}

}  // namespace ward::cedar
