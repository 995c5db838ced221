// The texts of policies/ that are always in force.
#pragma once

#include <string_view>

namespace ward::decide {

std::string_view shipped_guardrails();  // policies/guardrails.cedar
std::string_view shipped_actions();  // policies/actions.json: the catalogue of Ward's own actions

}  // namespace ward::decide
