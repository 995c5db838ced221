// One policy inside a JSON document. Private to policy_json/.
#pragma once

#include <string>

#include "cedar/policy_json/json_place.h"
#include "cedar/policy_json/policy_json.h"

namespace ward::cedar {

// Errors have the place, and no source name.
Result<PolicyTreePtr> policy_from_json(const codec::Json& json, JsonPlace& place,
                                       std::string source_name);

// The document as JSON; its errors have the name.
Result<codec::Json> parse_policy_document(std::string_view text, const std::string& source_name,
                                          const PolicyJsonLimits& limits);

// `name: message`, or the error itself without a name.
Error with_source(const Error& error, const std::string& source_name);

}  // namespace ward::cedar
