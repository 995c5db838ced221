// A request of which part is not known.
#pragma once

#include <optional>
#include <string>

#include "cedar/value/entity_uid.h"
#include "cedar/value/value.h"

namespace ward::cedar {

// Of an entity the type is always known.
struct PartialUid {
  EntityType type;
  std::optional<EntityUid> uid = {};  // of that type; nothing: any entity of the type

  static PartialUid any(EntityType type) { return {std::move(type), std::nullopt}; }
  static PartialUid known(const EntityUid& uid) { return {uid.type(), uid}; }
};

struct PartialRequest {
  PartialUid principal;
  EntityUid action;
  PartialUid resource;
  std::optional<Record> context = {};  // nothing: any that the action allows
};

}  // namespace ward::cedar
