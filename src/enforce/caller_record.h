// What a caller says, as a Cedar record. Private to the room.
#pragma once

#include "base/result.h"
#include "cedar/value/value.h"
#include "codec/json_document.h"

namespace ward::enforce {

// Booleans, integers that fit a long, strings, arrays (sets) and objects (records). A number with a
// fraction is a decimal if it has at most four digits of it; a member that is null is left out.
// Objects are data: Cedar's JSON escapes mean nothing here, so nobody puts entities into policies'
// hands. kInvalidArgument names the member. Recursion follows the depth of `object`.
Result<cedar::Record> caller_record(codec::JsonView object);

}  // namespace ward::enforce
