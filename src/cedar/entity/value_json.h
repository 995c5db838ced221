// Cedar values, entity names and contexts from JSON and back, in the forms that need no schema.
//
// Source: Cedar documentation, "Cedar entities and context JSON format"; CedarValueJson in SDK
// 4.12. Errors are kInvalidArgument and lead to the member at fault.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "cedar/value/value.h"
#include "codec/json.h"

namespace ward::cedar {

inline constexpr std::size_t kContextBytesMax = 1u << 20;
// Arrays and objects inside one another, in contexts and in entities: no value can be deeper than
// kValueDepthMax.
inline constexpr std::size_t kEntityJsonDepthMax = kValueDepthMax;

// Booleans, integers that fit a long, strings, arrays (sets), objects (records), and the escapes
// {"__entity": {"type", "id"}} and {"__extn": {"fn", "arg"|"args"}}. null, fractions and the
// withdrawn escape {"__expr"} are errors. Recursion follows the depth of `json`.
Result<Value> value_from_json(const codec::Json& json);

// The members of an object as a record; unlike a value, it is never an escape.
Result<Record> fields_from_json(const codec::Json& json);

// {"type", "id"} or {"__entity": {"type", "id"}}, where nothing but an entity can stand.
Result<EntityUid> uid_from_json(const codec::Json& json);
codec::Json uid_to_json(const EntityUid& uid);  // {"type", "id"}

// The context of a request: an object. parse_context() reads at most kContextBytesMax.
Result<Record> context_from_json(const codec::Json& json);
Result<Record> parse_context(std::string_view json);
// The JSON of it, not yet read.
Result<codec::Json> parse_context_json(std::string_view json);

// What value_from_json reads back as an equal value. kInvalidArgument for a record with a field
// named like an escape, which JSON cannot tell from one.
Result<codec::Json> value_to_json(const Value& value);

}  // namespace ward::cedar
