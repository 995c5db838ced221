// The texts of policies/ that are part of the program.
#pragma once

#include <string_view>

namespace ward::decide {

// Always in force.
std::string_view shipped_guardrails();  // policies/guardrails.cedar
std::string_view shipped_actions();  // policies/actions.json: the catalogue of Ward's own actions

// policies/default.cedar, `default.cedar` of the policy set that a server publishes at its first
// start. Not in force by itself.
std::string_view shipped_default_policies();

}  // namespace ward::decide
