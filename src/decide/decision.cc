#include "decide/decision.h"

#include "base/check.h"

namespace ward::decide {

const char* cause_name(Cause cause) {
  switch (cause) {
    case Cause::kAllowed:
      return "allowed";
    case Cause::kUnknownPrincipal:
      return "unknown-principal";
    case Cause::kUnknownResource:
      return "unknown-resource";
    case Cause::kStale:
      return "stale";
    case Cause::kNoPolicies:
      return "no-policies";
    case Cause::kErringForbid:
      return "erring-forbid";
    case Cause::kForbidden:
      return "forbidden";
    case Cause::kNotPermitted:
      return "not-permitted";
    case Cause::kNoEvidence:
      return "no-evidence";
  }
  WARD_UNREACHABLE();
}

}  // namespace ward::decide
