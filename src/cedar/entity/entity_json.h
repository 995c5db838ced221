// Entities to JSON, in the form that Entities::from_json reads without a schema.
#pragma once

#include "base/result.h"
#include "cedar/entity/entities.h"
#include "codec/json.h"

namespace ward::cedar {

// {"uid", "attrs", "parents", "tags"}. kInvalidArgument as of value_to_json().
Result<codec::Json> entity_to_json(const Entity& entity);

}  // namespace ward::cedar
