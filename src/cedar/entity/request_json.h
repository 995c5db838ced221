// Requests from JSON: {"principal", "action", "resource", "context"?}.
//
// Source: the request files of Cedar's command line (SDK 4.12). Entities are `User::"ann"` or
// {"type", "id"}; other members are refused. Errors are kInvalidArgument and lead to the member at
// fault, or kResourceExhausted when a bound is passed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/evaluate/request.h"
#include "cedar/schema/schema.h"
#include "codec/json.h"

namespace ward::cedar {

inline constexpr std::size_t kRequestsBytesMax = 64u << 20;
inline constexpr std::size_t kRequestsValuesMax = 5'000'000;
inline constexpr std::size_t kRequestsMax = 100'000;

// `User::"ann"` or {"type", "id"}, where people write entities.
Result<EntityUid> entity_reference_from_json(const codec::Json& json);

// `schema` may be null. With one, the context is read by it and the request must be what it allows.
Result<Request> request_from_json(const codec::Json& json, const Schema* schema);

// One request, or an array of them.
Result<std::vector<Request>> parse_requests(std::string_view text, std::string_view source_name,
                                            const Schema* schema);

}  // namespace ward::cedar
