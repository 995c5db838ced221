// Values and contexts from JSON by the type that a schema gives them: `__entity` and `__extn` may
// be left out where the type says what stands there.
//
// Source: Cedar documentation, "Cedar entities and context JSON format"; ValueParser in SDK 4.12.
// An entity is {"type", "id"}; a value of an extension type is the argument of its constructor
// ("10.0.0.1") or a call {"fn", "arg"}. Errors are kInvalidArgument and lead to the member at
// fault.
#pragma once

#include <string_view>

#include "base/result.h"
#include "cedar/schema/schema.h"
#include "cedar/value/value.h"
#include "codec/json.h"

namespace ward::cedar {

// Reads by the type and checks of it what must be known for that: records have the fields of theirs
// and sets are arrays. That the value is of the type is for check_value() to say.
Result<Value> value_from_json(const codec::Json& json, const Type& type);

// A context for an action of the schema. parse_context() reads at most kContextBytesMax.
Result<Record> context_from_json(const codec::Json& json, const Schema& schema,
                                 const EntityUid& action);
Result<Record> parse_context(std::string_view json, const Schema& schema, const EntityUid& action);

}  // namespace ward::cedar
