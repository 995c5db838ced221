// Entities that are read keep the laws of a hierarchy: parents are ancestors, ancestors of parents
// are ancestors, and nothing is its own.
#include <cstdlib>

#include "base/bytes.h"
#include "cedar/entity/entities.h"
#include "codec/json.h"

namespace {

void check_hierarchy(const ward::cedar::Entities& entities, const ward::cedar::EntityUid& uid) {
  const ward::cedar::Entity* entity = entities.get(uid);
  if (entity == nullptr) return;
  const ward::cedar::EntityHandle handle = entities.find(uid);
  if (entities.has_ancestor(handle, uid)) std::abort();
  for (const auto& parent : entity->parents) {
    if (!entities.has_ancestor(handle, parent)) std::abort();
    for (const auto& ancestor : entities.ancestors(parent)) {
      if (!entities.has_ancestor(handle, ancestor)) std::abort();
    }
  }
  for (const auto& ancestor : entities.ancestors(uid)) {
    if (!entities.has_ancestor(handle, ancestor)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  const std::string_view text = as_text({data, size});
  const auto entities = cedar::Entities::from_json(text, {.max_ancestors = 100'000});
  if (!entities.ok()) return 0;
  const auto json =
      codec::parse_json(text, {.max_bytes = SIZE_MAX, .max_depth = 256, .max_values = SIZE_MAX});
  if (!json.ok()) std::abort();
  for (const codec::Json& each : *json->if_array()) {
    const codec::Json* uid = each.find("uid");
    if (const codec::Json* escaped = uid->find("__entity")) uid = escaped;
    const auto name =
        cedar::EntityUid::of(*uid->find("type")->if_string(), *uid->find("id")->if_string());
    if (!name.ok() || entities->get(*name) == nullptr) std::abort();
    check_hierarchy(*entities, *name);
  }
  return 0;
}
