// Methods of the extension types as formulas. Private to analyze/.
#pragma once

#include <vector>

#include "analyze/encoder.h"

namespace ward::analyze {

// `arguments` are of the types that strict validation asks for, the receiver first.
Encoded encode_method(Logic& logic, Domains& domains, cedar::ExtensionFunction method,
                      const std::vector<cvc::Term>& arguments);

}  // namespace ward::analyze
