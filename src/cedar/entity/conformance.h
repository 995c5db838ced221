// Whether values, entities and requests are what a schema says.
//
// Source: Cedar documentation, "Schema" and "Request validation"; EntitySchemaConformanceChecker
// and RequestSchema in SDK 4.12. Errors are kInvalidArgument; they name the entity and the
// attribute, what the schema expects and what was got.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/entity/entities.h"
#include "cedar/evaluate/request.h"
#include "cedar/schema/schema.h"

namespace ward::cedar {

// The value is of the type: no field missing or too many, every element of the type of its set,
// entities of enumerated types among the declared ones, actions declared.
Result<void> check_value(const Value& value, const Type& type, const Schema& schema);

// An entity that is no action: its type is declared, attributes and tags are as declared, parents
// of types that it may be in.
Result<void> check_entity(const Entity& entity, const Schema& schema);
// The same of what is known of one: null for attributes and tags that are not.
Result<void> check_entity_parts(const EntityUid& uid, const Record* attributes,
                                std::span<const EntityUid> parents, const Record* tags,
                                const Schema& schema);

// An entity that may be the principal or resource of a request: of a declared type, of an
// enumerated one among its ids. `role` stands before the message.
Result<void> check_role(const EntityUid& uid, std::string_view role, const Schema& schema);

// The types of principal and resource are declared, the action is and applies to them, and the
// context is of the action's type.
Result<void> check_request(const Request& request, const Schema& schema);
// The same without the context.
Result<void> check_environment(const EntityUid& principal, const EntityUid& action,
                               const EntityUid& resource, const Schema& schema);

// The actions as entities, without attributes and in their groups.
std::vector<Entity> action_entities(const Schema& schema);

}  // namespace ward::cedar
