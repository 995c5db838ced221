// The answer to a question.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ward::decide {

// Why a deny came about, for programs; `reasons` says it for people. The first that holds, in this
// order.
enum class Cause : std::uint8_t {
  kAllowed,
  kUnknownPrincipal,  // no such identity
  kUnknownResource,   // no such resource
  kStale,             // privileged, and the world is older than the bound
  kNoPolicies,        // no policy set is published, or it could not be read
  kErringForbid,      // a forbid that applies could not be evaluated
  kForbidden,         // a forbid was satisfied
  kNotPermitted,      // nothing permits it
  kNoEvidence,        // the record of the decision could not be written
};

const char* cause_name(Cause cause);  // `allowed`, `unknown-principal`, ...

struct Decision {
  bool allow = false;
  Cause cause = Cause::kNotPermitted;
  bool privileged = false;            // the action is in Action::"privileged"
  std::vector<std::string> policies;  // ids of the determining policies
  std::vector<std::string> reasons;   // for people: texts of @reason, or what stood in the way
  std::vector<std::string> errors;    // `policy id: what went wrong`
  std::uint64_t revision = 0;         // of the world it was made at
  std::chrono::nanoseconds took{0};
};

}  // namespace ward::decide
