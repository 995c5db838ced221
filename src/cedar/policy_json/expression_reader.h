// Expressions and entities from their JSON form. Private to policy_json/.
#pragma once

#include "cedar/policy_json/json_place.h"
#include "cedar/syntax/expression.h"

namespace ward::cedar {

// `place` is where the JSON stands, and is there again unless there is an error. Trees have no
// spans. Recursion is bounded by kExprDepthMax; passing it is kResourceExhausted.
Result<ExprPtr> expression_from_json(const codec::Json& json, JsonPlace& place);

// {"type", "id"} or {"__entity": {"type", "id"}}.
Result<EntityUid> entity_from_json(const codec::Json& json, JsonPlace& place);

// A member with the name of an entity type, in the normal form of RFC 9.
Result<EntityType> entity_type_member(const codec::JsonObject& object, std::string_view name,
                                      JsonPlace& place);

}  // namespace ward::cedar
