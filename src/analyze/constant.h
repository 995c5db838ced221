// Values as terms of the solver and back. Private to analyze/.
#pragma once

#include "analyze/domain.h"
#include "cedar/value/value.h"

namespace ward::analyze {

// The value is of the domain's type. kUnimplemented for strings beyond the solver's alphabet,
// kInvalidArgument for an entity of an enumerated type that is not among its ids.
Result<cvc::Term> to_term(cvc::Solver& solver, const Domain& domain, const cedar::Value& value);

// `term` is a constant of the domain's sort, out of a model; kInternal when it is no constant.
Result<cedar::Value> to_value(const Domain& domain, const cvc::Term& term);

// Any value of the type, the same every time: where nothing depends on which.
cedar::Value some_value(const cedar::Type& type, const cedar::Schema& schema);

}  // namespace ward::analyze
