// The JSON form of schemas, read and written.
//
// Source: Cedar documentation, "JSON schema format"; where it leaves it open, SDK 4.12. Unknown
// members are errors. Open records (`additionalAttributes`) and attributes of actions, which no
// stable Cedar has, are refused. Errors are kInvalidArgument, or kResourceExhausted when a bound is
// passed; what is no JSON is reported with line and column, the rest with namespace, declaration
// and member.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cedar/schema/schema_fragment.h"
#include "codec/json.h"

namespace ward::cedar {

Result<SchemaFragment> parse_schema_json(std::string_view text, std::string source_name = {},
                                         const SchemaLimits& limits = {});
Result<SchemaFragment> schema_from_json(const codec::Json& json, std::string source_name = {},
                                        const SchemaLimits& limits = {});

// JSON that reads to a fragment of the same meaning; what is empty is left out, as the reference
// does. kResourceExhausted when it has more than kSchemaJsonTypesMax types.
inline constexpr std::size_t kSchemaJsonTypesMax = 1'000'000;
Result<codec::Json> schema_to_json(const SchemaFragment& fragment);

}  // namespace ward::cedar
