// Policies and templates as JSON, and back: Cedar's external syntax tree (EST).
//
// Source: Cedar documentation, "JSON policy format"; est of SDK 4.12, and the array form of `has`
// that it reads. Text, JSON and text again is the same policy but for comments and parentheses that
// group nothing. Errors are kInvalidArgument and begin with source name and place,
// `p.json: `conditions[0].body.==.left`: ...`, or kResourceExhausted when a bound is passed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cedar/syntax/policy.h"
#include "codec/json.h"

namespace ward::cedar {

struct PolicyJsonLimits {
  std::size_t max_bytes = 256u << 20;
  std::size_t max_values = 20'000'000;
};

// Arrays and objects inside one another: about 1,000 operands of one `&&`, each of which is two
// levels of JSON.
inline constexpr std::size_t kPolicyJsonDepthMax = 2'048;

// {"effect", "principal", "action", "resource", "conditions", "annotations"?}. Unknown members are
// refused at every level. The tree is that of the policy's text (to_text), which is its source
// under the given name: what has a place in a JSON policy has one in that text.
Result<PolicyTreePtr> policy_from_json(const codec::Json& json, std::string source_name = {});
Result<PolicyTreePtr> parse_policy_json(std::string_view text, std::string source_name = {},
                                        const PolicyJsonLimits& limits = {});

// What policy_from_json reads back as the same policy. kResourceExhausted beyond
// kPolicyJsonDepthMax.
Result<codec::Json> policy_to_json(const PolicyTree& policy);

}  // namespace ward::cedar
