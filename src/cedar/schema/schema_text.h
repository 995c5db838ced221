// The text form of schemas (`.cedarschema`), read and written.
//
// Source: Cedar documentation, "Human-readable schema grammar"; where it leaves it open, the parser
// of SDK 4.12. Errors are kInvalidArgument, or kResourceExhausted when a bound is passed; they
// begin with `name:line:column` and end with the declaration they are in. The first fault is
// reported. No input can exhaust the stack.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cedar/schema/schema_fragment.h"

namespace ward::cedar {

Result<SchemaFragment> parse_schema_text(std::string_view text, std::string source_name = {},
                                         const SchemaLimits& limits = {});

// Text that parses to a fragment of the same meaning, two spaces a level, in the order of the
// fragment. kFailedPrecondition, naming the declaration, for what only JSON can say: attributes of
// an entity type that are a common type, an entity type that a common type of the same name hides,
// an action with principals and no resources or the other way round. kResourceExhausted when the
// text is longer than kSchemaTextBytesMax by more than one declaration.
inline constexpr std::size_t kSchemaTextBytesMax = 64u << 20;
Result<std::string> schema_to_text(const SchemaFragment& fragment);

}  // namespace ward::cedar
