#include "server/admin_entities.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/admin_service.h"
#include "ward/admin/v1/admin.pb.h"
#include "world/view.h"

namespace ward::server {
namespace {

namespace wire = ward::admin::v1;

template <typename T>
std::vector<world::Entity> copied(const std::vector<const T*>& found) {
  std::vector<world::Entity> entities;
  entities.reserve(found.size());
  for (const T* entity : found) entities.emplace_back(*entity);
  return entities;
}

world::KeySlot without_sealed_key(world::KeySlot slot) {
  slot.sealed_private_key.clear();
  return slot;
}

std::vector<world::Entity> key_slots(const world::World& world, const world::PageRequest& page) {
  std::vector<world::Entity> entities;
  for (const world::KeySlot* slot : world.key_slots(page)) {
    entities.emplace_back(without_sealed_key(*slot));
  }
  return entities;
}

Result<std::vector<world::Entity>> page_of(const world::World& world, wire::EntityKind kind,
                                           const world::PageRequest& page) {
  switch (kind) {
    case wire::ENTITY_KIND_IDENTITY:
      return copied(world.identities(page));
    case wire::ENTITY_KIND_OWNER:
      return copied(world.owners(page));
    case wire::ENTITY_KIND_REGISTRATION:
      return copied(world.registrations(page));
    case wire::ENTITY_KIND_NODE:
      return copied(world.nodes(page));
    case wire::ENTITY_KIND_RESOURCE:
      return copied(world.resources(page));
    case wire::ENTITY_KIND_SEGMENT:
      return copied(world.segments(page));
    case wire::ENTITY_KIND_FLOW:
      return copied(world.flows(page));
    case wire::ENTITY_KIND_POLICY_SET:
      return copied(world.policy_sets(page));
    case wire::ENTITY_KIND_REVOCATION:
      return copied(world.revocations(page));
    case wire::ENTITY_KIND_KEY_SLOT:
      return key_slots(world, page);
    default:  // not an enumeration of ours: protobuf keeps numbers that it does not know
      return invalid_argument("{} is no kind of entity", static_cast<int>(kind));
  }
}

// What the world sorts an entity by, which the next page begins after.
struct SortKey {
  std::string operator()(const world::Resource& resource) const {
    return world::resource_name(resource.type.view(), resource.id.view());
  }
  std::string operator()(const world::Flow& flow) const {
    std::string key = flow.from.str();
    key.append(1, '\0').append(flow.to.view()).append(1, '\0').append(flow.action.view());
    return key;
  }
  std::string operator()(const world::Revocation& revocation) const {
    return fmt::format("{}:{}", world::name_of(revocation.kind), revocation.id.view());
  }
  std::string operator()(const auto& entity) const { return world::key_of(entity).str(); }
};

// Messages of entities are the room world's to make; a view entry carries any number of them.
Result<ward::fact::v1::ViewEntry> to_wire(const world::World& world,
                                          std::vector<world::Entity> entities) {
  WARD_TRY(const Bytes bytes,
           world::encode_view_entry(
               {.name = {}, .revision = world.revision(), .entities = std::move(entities)}));
  ward::fact::v1::ViewEntry entry;
  WARD_CHECK(entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  return entry;
}

}  // namespace

Result<wire::ListResponse> list_entities(const world::World& world,
                                         const wire::ListRequest& request) {
  if (request.page_size() > kPageSizeMax) {
    return invalid_argument("a page of {} entities; expected at most {}", request.page_size(),
                            kPageSizeMax);
  }
  const std::size_t size = request.page_size() == 0 ? kPageSizeDefault : request.page_size();
  WARD_TRY(auto entities,
           page_of(world, request.kind(),
                   {.prefix = request.prefix(), .after = request.page_token(), .limit = size + 1}));
  wire::ListResponse response;
  response.set_revision(world.revision());
  if (entities.size() > size) {
    entities.pop_back();
    response.set_next_page_token(std::visit(SortKey{}, entities.back()));
  }
  WARD_TRY(auto entry, to_wire(world, std::move(entities)));
  response.mutable_entities()->Swap(entry.mutable_entities());
  return response;
}

Result<wire::GetResponse> get_entity(const world::World& world, const wire::GetRequest& request) {
  WARD_TRY(auto entities,
           page_of(world, request.kind(), {.prefix = request.id(), .after = {}, .limit = 1}));
  // The first with this prefix is the one of this name, when there is one.
  if (entities.empty() || std::visit(SortKey{}, entities.front()) != request.id()) {
    return make_error(ErrorCode::kNotFound, "no such entity: `{}`", request.id());
  }
  wire::GetResponse response;
  response.set_revision(world.revision());
  WARD_TRY(auto entry, to_wire(world, std::move(entities)));
  response.mutable_entity()->Swap(entry.mutable_entities(0));
  return response;
}

}  // namespace ward::server
