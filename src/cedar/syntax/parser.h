// Policy text to trees.
//
// Source: the Cedar policy grammar, language 4.5; where the grammar leaves it open, the parser of
// SDK 4.12. Space and comments may stand between any two tokens, those of `A::B::"id"` too (RFC 9
// refuses them where a name is given as a string, which is EntityUid::parse).
//
// Errors are kInvalidArgument, or kResourceExhausted when a bound is passed, and begin with
// `name:line:column`. The first fault is reported. No input can exhaust the stack.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/syntax/policy.h"

namespace ward::cedar {

struct PolicyLimits {
  std::size_t max_bytes = 64u << 20;
  std::size_t max_policies = 1'000'000;
};

// The policies and templates of a text in their order.
Result<std::vector<PolicyTreePtr>> parse_policy_trees(std::string_view text,
                                                      std::string source_name = {},
                                                      const PolicyLimits& limits = {});

// One expression and nothing after it.
Result<ExprPtr> parse_expression(std::string_view text, std::string source_name = {},
                                 const PolicyLimits& limits = {});

}  // namespace ward::cedar
