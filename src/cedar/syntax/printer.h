// Trees back to policy text.
//
// Parsing what is printed gives the same tree (same_expression, same_policy). One line an
// expression, only the parentheses that are needed; comments are gone. A formatter for people is
// another thing.
#pragma once

#include <string>

#include "cedar/syntax/expression.h"
#include "cedar/syntax/policy.h"

namespace ward::cedar {

std::string to_text(const Expr& expr);
void append_text(std::string& out, const Expr& expr);

// Annotations, effect and scope, and conditions, a line each; ends with `;`.
std::string to_text(const PolicyTree& policy);

}  // namespace ward::cedar
