// What whoever writes policies should look at again, though it is no error.
//
// Apart from Policies: the Unicode data that this needs are no part of a program that only decides.
#pragma once

#include <string>
#include <vector>

#include "decide/policies.h"

namespace ward::decide {

// `file:line:column: Kind: message` for what in the policies, but for the shipped ones, may not
// read as what it is (cedar/validate/text_warnings.h).
std::vector<std::string> warnings_about_text(const Policies& policies);

}  // namespace ward::decide
